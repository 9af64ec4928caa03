//! Beside direnv, which has a hook of its own and changes variables too.

use std::fs;

use super::{ALL, Shell, Stage};

#[test]
fn each_has_its_own_variables() {
    for kind in ALL {
        for first in [true, false] {
            let stage = Stage::new();
            let folder = stage.sandbox.path("home/folder");
            fs::create_dir(&folder).expect("a folder");
            fs::write(folder.join(".envrc"), "export FROM_DIRENV=1\nexport AWS_PROFILE=direnv\n").expect("a file");
            stage.sandbox.run("direnv", &["allow", "folder"]).ok();
            stage.pane("bb dev");
            let hook = format!("direnv hook {}", kind.name());
            let hook =
                kind.pick(format!("eval \"$({hook})\""), format!("eval \"$({hook})\""), format!("{hook} | source"));
            let (before, after) = if first { (hook.as_str(), "") } else { ("", hook.as_str()) };
            let mut shell = Shell::with(&stage, kind, before, after);
            shell.line("cd folder");
            shell.line("");
            assert_eq!(shell.variable("FROM_DIRENV"), "1", "{shell}");
            assert_eq!(shell.variable("PINTLE_ENV"), "dev", "{shell}");
            assert_eq!(shell.variable("AWS_PROFILE"), "direnv", "it came later: {shell}");
            shell.line(kind.pick("(exit 3)", "(exit 3)", "sh -c 'exit 3'"));
            assert_eq!(shell.status, "3", "{shell}");
            shell.line("cd ..");
            shell.line("");
            assert_eq!(shell.variable("FROM_DIRENV"), "(unset)", "{shell}");
            assert_eq!(shell.variable("AWS_PROFILE"), "dev", "{shell}");
            stage.no_pane();
            shell.line("");
            assert_eq!(shell.variable("AWS_PROFILE"), "(unset)", "{shell}");
        }
    }
}
