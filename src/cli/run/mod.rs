//! `pintle run CMD ARGS…`: a command in the environment that holds here, with its rules, past its guard.
//!
//! It is what stands between a person, a script or an agent and every command with rules, so it is answered before clap is built and
//! without a runtime: one round trip, then `exec`. The process, its terminal, its signals and its exit code are the command's own.
//! Without a daemon the same is worked out here from the same files ([`local`]).

mod ask;
pub mod explain;
mod gone;
mod inherited;
mod local;
mod program;
mod question;

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::base::paths::Places;
use crate::base::undo;
use crate::environment::told::Asker;
use crate::protocol::cmd::reply::ApplyPrefixes;
use crate::protocol::cmd::request::Context;
use inherited::Inherited;
use program::Applied;

/// A guard does not let it run.
const GUARDED: i32 = 77;
/// Nobody knows what it would have to become.
const UNKNOWN: i32 = 125;

/// Says to whatever a command starts which environment was named for it, and where: `PLACE ENV`. A script that is run with `--env` is one
/// thing, and its commands that have a shim would go to the pane's environment otherwise. Somewhere else, in another pane, it says nothing.
const RUN_ENV: &str = "PINTLE_RUN_ENV";

/// A command to be run, and what was said about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// `--env`.
    pub env: Option<String>,
    /// `--explain`: say what would run, and run nothing.
    pub explain: bool,
    /// `--json`.
    pub json: bool,
    /// Its words.
    pub argv: Vec<OsString>,
}

/// Why it does not run, and the code to end with.
#[derive(Debug)]
pub struct Refusal {
    /// Exit code.
    pub code: i32,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Refusal {
    fn unknown(message: impl Into<String>, command: &OsStr) -> Self {
        let shims = Places::from_env().map(|places| places.shims());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let hint = as_it_is(&command.to_string_lossy(), &path, shims.as_deref().ok());
        Self { code: UNKNOWN, message: message.into(), hint: Some(hint) }
    }
}

/// How a command goes round us. `command` passes over the functions of a shell, and finds our shims where they stand on `PATH`.
fn as_it_is(command: &str, path: &OsStr, shims: Option<&Path>) -> String {
    match std::env::split_paths(path).any(|folder| Some(folder.as_path()) == shims) {
        true => format!("to run it as it is: `PINTLE_BYPASS=1 {command} …`"),
        false => format!("to run it as it is: `command {command} …` or `PINTLE_BYPASS=1`"),
    }
}

/// Runs what the words behind `run` say. `None` leaves it to clap: `--help`, and what is written wrongly. Otherwise it returns only where
/// the command does not run, or was only to be explained: with the exit code.
pub fn hot(words: impl Iterator<Item = OsString>) -> Option<i32> {
    Some(carry_out(&parse(words)?))
}

/// Runs a command that was called by the name of its shim.
pub fn shim(argv: Vec<OsString>) -> i32 {
    carry_out(&Wish { argv, ..Wish::default() })
}

/// The command that this program was called as, if by the name of a shim: anything that does not begin with our own name.
pub fn called_as(program: Option<&OsStr>) -> Option<OsString> {
    let name = program?.as_bytes().rsplit(|byte| *byte == b'/').next().filter(|name| !name.is_empty())?;
    (!name.starts_with(b"pintle")).then(|| OsStr::from_bytes(name).to_owned())
}

fn parse(words: impl Iterator<Item = OsString>) -> Option<Wish> {
    let mut wish = Wish::default();
    let mut words = words.peekable();
    while let Some(word) = words.next_if(|word| word.as_bytes().starts_with(b"-")) {
        match word.to_str()? {
            "--" => break,
            "--explain" => wish.explain = true,
            "--json" => wish.json = true,
            "--env" => wish.env = Some(words.next()?.into_string().ok()?),
            word => wish.env = Some(word.strip_prefix("--env=")?.to_owned()),
        }
    }
    wish.argv = words.collect();
    (!wish.argv.is_empty()).then_some(wish)
}

/// Runs or explains it; returns the exit code of what was not run.
pub fn carry_out(wish: &Wish) -> i32 {
    let done = match wish.explain {
        true => explain::print(wish),
        false => run(wish).map(|never| match never {}),
    };
    match done {
        Ok(()) => 0,
        Err(refusal) => {
            // Nobody is there to be told.
            let _ = say(&refusal, wish);
            refusal.code
        }
    }
}

fn say(refusal: &Refusal, wish: &Wish) -> std::io::Result<()> {
    if wish.json {
        let error = serde_json::json!({"type": "error", "code": code(refusal.code), "message": refusal.message, "hint": refusal.hint});
        return writeln!(std::io::stdout(), "{error}");
    }
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "pintle: {}", refusal.message)?;
    match &refusal.hint {
        Some(hint) => writeln!(stderr, "  hint: {hint}"),
        None => Ok(()),
    }
}

fn code(exit: i32) -> &'static str {
    match exit {
        GUARDED => "PERMISSION_DENIED",
        UNKNOWN => "CONFIG_ERROR",
        _ => "NOT_FOUND",
    }
}

/// Where this process stands.
pub struct Here {
    /// Where things are.
    pub places: Places,
    /// What the daemon is told.
    pub context: Context,
    /// What files are asked.
    pub asker: Asker,
    /// `KUBECONFIG`, the user's own.
    pub kubeconfig: Option<OsString>,
    /// What an environment has set for this process.
    inherited: Inherited,
    /// The pane, else the agent.
    place: String,
}

impl Here {
    /// Looks at the process's own surroundings.
    pub fn look(env: Option<String>, command: &OsStr) -> Result<Self, Refusal> {
        let places = Places::from_env().map_err(|error| Refusal::unknown(error.to_string(), command))?;
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (tmux, pane) = (variable("TMUX"), variable("TMUX_PANE"));
        // One that was removed under us is no folder any more, but where it was still says which project this is.
        let was = || std::env::var_os("PWD").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let cwd = std::env::current_dir().ok().or_else(was);
        let inherited = Inherited::look(&places.kube());
        let kubeconfig = inherited.kubeconfig(cwd.as_deref());
        let key = tmux.as_deref().zip(pane.as_deref()).and_then(|(tmux, pane)| Asker::pane_key(tmux, pane));
        let agent = variable("PINTLE_AGENT_ID");
        let place = key.as_ref().or(agent.as_ref()).map_or("-", String::as_str).to_owned();
        let named = || variable(RUN_ENV)?.strip_prefix(&place)?.strip_prefix(' ').map(str::to_owned);
        let env = env.or_else(named);
        let session = tmux.as_deref().filter(|_| pane.is_none()).and_then(Asker::session_key);
        Ok(Self {
            places,
            context: Context {
                env,
                agent_id: agent.clone(),
                // A pane without its server would be a guess.
                pane: pane.filter(|_| tmux.is_some()),
                // The whole of it: another server at that socket has other panes.
                tmux,
                // The wire takes text. Which project it is in, the nearest folder that is text says as well.
                cwd: cwd.as_ref().and_then(|cwd| cwd.ancestors().find_map(Path::to_str)).map(str::to_owned),
                kubeconfig: kubeconfig.as_ref().and_then(|value| Some(value.to_str()?.to_owned())),
            },
            asker: Asker { agent, pane: key, session, cwd },
            kubeconfig,
            inherited,
            place,
        })
    }
}

/// What the command becomes, asked of the daemon or worked out here.
pub fn resolve(here: &Here, argv: &[OsString]) -> Result<Resolution, Refusal> {
    let mut resolution = resolve_here(here, argv)?;
    here.inherited.complete(&mut resolution);
    Ok(resolution)
}

fn resolve_here(here: &Here, argv: &[OsString]) -> Result<Resolution, Refusal> {
    let words = Words::of(argv);
    let answer = match ask::apply_prefixes(here, &words) {
        ask::Answer::Resolved(answer) => *answer,
        ask::Answer::Refused(error) => return Err(Refusal::unknown(error, &argv[0])),
        ask::Answer::Nobody => return local::resolve(here, argv),
    };
    let argv = answer.command.iter().map(|word| words.back(word)).collect();
    Ok(Resolution {
        argv,
        vars: answer.env_vars.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
        answer,
        told: OsString::new(),
    })
}

/// What a command becomes.
pub struct Resolution {
    /// Its words, byte for byte.
    pub argv: Vec<OsString>,
    /// Variables that are set for it.
    pub vars: Vec<(String, OsString)>,
    /// Everything else.
    pub answer: ApplyPrefixes,
    /// What tells its children which variables are not the user's own.
    pub told: OsString,
}

/// Words on their way over the wire, which takes text: what is none goes as near as it can, with a mark behind it that says which word
/// it was.
struct Words<'a> {
    argv: &'a [OsString],
    text: Vec<String>,
}

/// A letter that no word begins or ends with by chance: of the private use area.
const MARK: char = '\u{f8f7}';

impl<'a> Words<'a> {
    fn of(argv: &'a [OsString]) -> Self {
        // A word that has the mark in it is marked too: then no two of them look the same.
        let text = |(at, word): (usize, &OsString)| match word.to_str().filter(|word| !word.contains(MARK)) {
            Some(word) => word.to_owned(),
            None => format!("{}{MARK}{at}", word.to_string_lossy()),
        };
        Self { argv, text: argv.iter().enumerate().map(text).collect() }
    }

    fn back(&self, word: &str) -> OsString {
        let at = word.rsplit_once(MARK).and_then(|(_, at)| at.parse::<usize>().ok());
        let sent = at.filter(|at| self.text.get(*at).is_some_and(|sent| sent == word));
        sent.map_or_else(|| word.into(), |at| self.argv[at].clone())
    }
}

fn run(wish: &Wish) -> Result<std::convert::Infallible, Refusal> {
    let command = &wish.argv[0];
    let bypassed = std::env::var_os("PINTLE_BYPASS").is_some_and(|value| value == "1");
    let places = Places::from_env().map_err(|error| Refusal::unknown(error.to_string(), command))?;
    let shims = places.shims();
    if bypassed && let Ok(here) = Here::look(wish.env.clone(), command) {
        question::gone_round(&here, &wish.argv);
    }
    if bypassed || program::applied(command) == Applied::Now {
        return Err(program::exec(&wish.argv, command, &[], &[], &shims, None));
    }
    let here = Here::look(wish.env.clone(), command)?;
    let resolution = resolve(&here, &wish.argv)?;
    question::pass(&here, &resolution, &wish.argv)?;
    let Resolution { argv, mut vars, answer, told } = resolution;
    let mut unset = answer.unset;
    match told.is_empty() {
        true => unset.push(undo::VARIABLE.to_owned()),
        false => vars.push((undo::VARIABLE.to_owned(), told)),
    }
    vars.extend(here.context.env.as_ref().map(|env| (RUN_ENV.to_owned(), format!("{} {env}", here.place).into())));
    if program::applied(command) == Applied::Within {
        return Err(program::exec(&wish.argv, command, &vars, &unset, &shims, None));
    }
    let wrapped = (argv[0] != *command).then(|| PathBuf::from(command));
    Err(program::exec(&argv, command, &vars, &unset, &shims, wrapped.as_deref()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn parsed(words: &[&str]) -> Option<Wish> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn what_stands_before_the_command_is_ours_and_nothing_behind_it() {
        let argv = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let wish = Wish { argv: argv(&["kubectl", "--env", "x", "--json"]), ..Wish::default() };
        assert_eq!(parsed(&["kubectl", "--env", "x", "--json"]), Some(wish));
        let wish = Wish { env: Some("dev".into()), explain: true, json: true, argv: argv(&["-x", "--"]) };
        assert_eq!(parsed(&["--env", "dev", "--explain", "--json", "--", "-x", "--"]), Some(wish));
        let wish = Wish { env: Some("a=b".into()), argv: argv(&["k"]), ..Wish::default() };
        assert_eq!(parsed(&["--env=a=b", "k"]), Some(wish));
        for wrong in [&["--help"][..], &["-h"], &[], &["--"], &["--env"], &["--env", "x"], &["--unknown", "k"]] {
            assert_eq!(parsed(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn how_to_go_round_us_is_what_works_there() {
        let hint = |path: &str| as_it_is("kubectl", OsStr::new(path), Some(Path::new("/run/shims")));
        assert_eq!(hint("/usr/bin:/bin"), "to run it as it is: `command kubectl …` or `PINTLE_BYPASS=1`");
        assert_eq!(hint("/usr/bin:/run/shims/:/bin"), "to run it as it is: `PINTLE_BYPASS=1 kubectl …`");
    }

    #[test]
    fn by_which_name() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(called_as(Some(OsStr::new(word))).as_deref(), expected.map(OsStr::new), "{word}");
        };
        check("pintle", None);
        check("/usr/bin/pintle", None);
        check("target/debug/pintle-1.2", None);
        check("kubectl", Some("kubectl"));
        check("/run/user/0/pintle/shims/kubectl", Some("kubectl"));
        check("", None);
        assert_eq!(called_as(None), None);
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        let argv = vec![
            OsString::from("k"),
            OsString::from_vec(b"a\xff".to_vec()),
            "x".into(),
            OsString::from_vec(vec![0xfe]),
            format!("x{MARK}0").into(),
            format!("a\u{fffd}{MARK}1").into(),
        ];
        let words = Words::of(&argv);
        assert_eq!(words.text.iter().map(|word| words.back(word)).collect::<Vec<_>>(), argv);
        // Somebody's own word that looks like one of ours is left alone.
        let odd = format!("x{MARK}1");
        assert_eq!(words.back(&odd), OsString::from(odd));
    }
}
