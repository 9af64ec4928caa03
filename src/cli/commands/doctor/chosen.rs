//! Whether what holds somewhere is described: where it is not, commands are refused.

use super::verdict::Verdict;
use crate::base::files::read_if_there;
use crate::cli::context::Context;
use crate::cli::output::one_line;
use crate::environment::envs::{Envs, UNREAD};
use crate::environment::told::everywhere;

/// Every environment that shells are told to hold somewhere and that `envs.yaml` does not have. Nothing where that file cannot be read:
/// then there is another trouble, which is told with the files.
pub fn all(context: &Context) -> Vec<Verdict> {
    let file = context.places.envs_file();
    let Ok(bytes) = read_if_there(&file) else { return Vec::new() };
    let Ok(envs) = Envs::parse(&file, &bytes.unwrap_or_default()) else { return Vec::new() };
    let told = match everywhere(&context.places.shell()) {
        Ok(told) => told,
        Err(error) => return vec![Verdict::fail("environment", error.to_string(), "`pintle daemon restart`")],
    };
    let unknown = told.iter().filter(|(_, name)| envs.get(name).is_none());
    let verdict = |(place, name): &(String, String)| {
        if name == UNREAD {
            let seen = format!("which one holds {} is not known: its config.yaml could never be read", one_line(place));
            let advice = "commands are refused there until it is corrected: `pintle config check` there says where";
            return Verdict::fail("environment", seen, advice);
        }
        let seen =
            format!("`{}` holds {}, and {} has none of that name", one_line(name), one_line(place), file.display());
        let advice = "commands are refused there: describe it again, or choose another with `pintle env set`";
        Verdict::fail("environment", seen, advice)
    };
    unknown.map(verdict).collect()
}
