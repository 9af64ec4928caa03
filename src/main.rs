//! The program: argv to one of its lives, and the only place that ends the process.
//!
//! `__exec`, `__alone`, `__bound`, `__keeper` and `__daemon` are words that pintle says to itself. They are looked at before clap is built,
//! since `__exec` stands in the way of every agent's first instruction; no help names them. All else is the command line.

use pintle::base::bound;
use pintle::cli;

#[expect(clippy::disallowed_methods, reason = "the only place that ends the process")]
fn main() {
    // `exit` skips destructors, and none are left here: each life has returned.
    std::process::exit(live());
}

fn live() -> i32 {
    let mut words = std::env::args_os();
    if let Some(command) = cli::run::called_as(words.next().as_deref()) {
        return cli::run::shim([command].into_iter().chain(words).collect());
    }
    match words.next().as_deref().and_then(|word| word.to_str()) {
        Some(cli::shell::alone::WORD) => cli::shell::alone::become_alone(words),
        Some(bound::WORD) => bound::become_bound(words),
        Some("__exec") => pintle::keeper::exec::run(words),
        Some("__keeper") => cli::keeper(),
        Some("__daemon") => pintle::daemon::run::run(),
        Some("run") => cli::run::hot(words).unwrap_or_else(cli::main),
        Some("hud") => cli::hot::hud(words).unwrap_or_else(cli::main),
        _ => cli::main(),
    }
}
