//! Definitions as the daemon uses them: where a project's are, and what an agent is to be by its def or template.

pub mod around;

use std::collections::BTreeMap;

use crate::base::yaml::suggestion;
use crate::definition::agent_def::AgentDef;
use crate::definition::template::{self, Template};
use crate::definition::{DefinitionError, Folders, Scope, Store};
use crate::project::registry::Project;
use crate::protocol::typed::request::Spawn;
use crate::protocol::{Code, WireError};

use super::services::Services;

/// Where a project's definitions are.
pub fn folders(services: &Services, project: &Project) -> Folders {
    Folders { local: project.folder.clone(), global: services.places.config.clone() }
}

/// The scope that a request names.
pub fn scope_of(word: &str) -> Result<Scope, WireError> {
    Scope::of(word).ok_or_else(|| {
        let known = suggestion(word, Scope::ALL.into_iter().map(Scope::as_str));
        WireError::new(Code::InvalidArgument, format!("unknown scope `{word}`; {known}"))
    })
}

/// A prompt in which placeholders are to be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// What it is, for whoever has to be told that something is missing in it: ``template `review` ``.
    pub of: String,
}

/// What a def and the template it names say together. The template wins over the def's own prompt, the def over all else that the
/// template says.
pub fn of_agent_def(folders: &Folders, def: AgentDef) -> Result<(AgentDef, Prompt), WireError> {
    let name = def.name.clone();
    prompt_of(folders, def).map_err(|error| {
        let error = WireError::from(error);
        WireError { message: format!("the agent def `{name}` needs its template: {}", error.message), ..error }
    })
}

fn prompt_of(folders: &Folders, def: AgentDef) -> Result<(AgentDef, Prompt), DefinitionError> {
    let Some(name) = def.template.clone() else {
        let of = format!("agent def `{}`", def.name);
        return Ok((def.clone(), Prompt { text: def.inline_prompt.unwrap_or_default(), of }));
    };
    let template = Store::<Template>::new(folders).get(&name)?.definition;
    let def = AgentDef { command: def.command.or(template.command), ..def };
    Ok((def, Prompt { text: template.body, of: format!("template `{name}`") }))
}

/// The error about variables that were not given, all of them in one.
pub fn missing(of: &str, names: &[String]) -> WireError {
    let needs = if names.len() == 1 { "a value" } else { "values" };
    let error = WireError::new(Code::InvalidArgument, format!("the {of} needs {needs} for: {}", names.join(", ")));
    let words: Vec<String> = names.iter().map(|name| format!("--var {name}=…")).collect();
    error.with_hint(format!("give them as `vars`: {}", words.join(" ")))
}

/// A request to spawn with what its agent def and its template say filled in; what it says itself wins. One that names neither stays as
/// it is.
///
/// Of its `vars` those that the prompt has placeholders for are filled in there, and are no variables of the agent: a `{{PATH}}` in a
/// prompt must not cost it its programs.
pub fn filled_in(services: &Services, project: &Project, mut request: Spawn) -> Result<Spawn, WireError> {
    let (def, template) = (request.agent_def.take(), request.template.take());
    if def.is_none() && template.is_none() {
        return Ok(request);
    }
    let folders = folders(services, project);
    if template.is_some() && !request.prompt.is_empty() {
        let text = "a prompt and a `template` are two prompts: leave out either";
        return Err(WireError::new(Code::InvalidArgument, text));
    }
    let mut def = match def {
        Some(name) => Store::<AgentDef>::new(&folders).get(&name)?.definition,
        None => AgentDef::default(),
    };
    let mut kind = Some(def.agent_type.clone()).filter(|kind| !kind.is_empty());
    if let Some(name) = template {
        let found = Store::<Template>::new(&folders).get(&name)?.definition;
        kind = kind.or(Some(found.agent).filter(|kind| !kind.is_empty()));
        def.template = Some(name);
    }
    if !request.prompt.is_empty() {
        // Its own prompt: nothing of the def's is needed, and nothing that it lacks is missed.
        (def.template, def.inline_prompt) = (None, None);
    }
    let (def, prompt) = of_agent_def(&folders, def)?;
    if request.prompt.is_empty() {
        let names = template::variables(&prompt.text);
        let value = |name: &String| Some((name.clone(), request.vars.get(name)?.clone()?));
        let values: BTreeMap<String, String> = names.iter().filter_map(value).collect();
        let filled = template::fill(&prompt.text, &values).map_err(|names| missing(&prompt.of, &names))?;
        // The newline that editors put at the end is no part of what is asked.
        filled.trim_end_matches(['\n', '\r']).clone_into(&mut request.prompt);
        request.vars.retain(|name, _| !names.contains(name));
    }
    request.agent = request.agent.or(kind);
    request.command = request.command.or(def.command);
    request.env = request.env.or(def.env);
    Ok(request)
}
