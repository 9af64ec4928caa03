//! temp
use pintle::{
    base::{clock::Clock, paths::Places},
    keeper,
};
fn main() {
    let mut args = std::env::args_os().skip(1);
    let code = match args.next().as_deref().and_then(|a| a.to_str()) {
        Some("__exec") => keeper::exec::run(args),
        Some("__daemon") => pintle::daemon::run::run(),
        _ => {
            let o = keeper::run::Options { places: Places::from_env().unwrap(), detached: false, managed: false };
            match keeper::run::run(&o, &Clock::System) {
                Ok(o) => {
                    eprintln!("{o:?}");
                    0
                }
                Err(e) => {
                    eprintln!("{e}");
                    1
                }
            }
        }
    };
    std::process::exit(code)
}
