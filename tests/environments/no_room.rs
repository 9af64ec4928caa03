//! No room for what is written for environments: nothing runs as if there were none.

use std::fs;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;

use super::Land;
use crate::support::pintle;

impl Land {
    /// The environment that shells are told of, if what it means is there too.
    fn told(&self) -> Option<String> {
        let folder = self.sandbox().path("run/pintle/shell");
        let text = fs::read_to_string(folder.join("default")).ok()?;
        let (hash, name) = text.lines().next()?.split_once(' ')?;
        let meaning = fs::read_to_string(folder.join(format!("env/{hash}.sh"))).ok()?;
        meaning.contains(&format!("PINTLE_ENV '{name}'")).then(|| name.to_owned())
    }
}

/// Shells are told nothing new and nothing half; commands are resolved right when they run; the next change that finds room is told.
#[test]
fn shells_cannot_be_told() {
    let land = Land::new();
    // The shell's disregard for the signal is inherited: what is left is the error.
    land.sandbox().stop();
    let start = "trap '' XFSZ; exec \"$0\" daemon start";
    land.sandbox().run("sh", &["-c", start, pintle().to_str().expect("UTF-8")]).ok();
    let limit = |bytes: Option<u64>| {
        let daemon = Pid::from_raw(land.sandbox().daemon().cast_signed());
        prlimit(daemon, Resource::Fsize, Rlimit { current: bytes, maximum: None }).expect("a limit for our own daemon");
    };
    land.cmd(json!({"cmd": "set_env", "value": "dev"}));
    assert_eq!(land.told().as_deref(), Some("dev"));
    limit(Some(0));
    land.cmd(json!({"cmd": "set_env", "value": "prod"}));
    assert_eq!(land.told().as_deref(), Some("dev"), "a file is the old one or the new one");
    let said = land.run(&["tool"]).ok();
    assert!(said.contains("--account=0042") && said.contains("ENV=prod"), "{said}");
    land.run(&["tool-boom"]).fails(77);
    limit(None);
    // Any change does it, also one that has nothing to do with this environment.
    land.cmd(json!({"cmd": "register_prefix", "command": "other", "wrapper": "nice"}));
    assert_eq!(land.told().as_deref(), Some("prod"));
}

/// The file that names the cluster cannot be written: without it the user's own would, and that may be any.
#[test]
fn the_cluster_cannot_be_named() {
    let land = Land::with("envs: {shop: {kube: {context: prod}}, plain: {}}", "");
    let folder = land.sandbox().path("run/pintle/kube");
    // A file in its place: root could write into any folder.
    fs::remove_dir(&folder).expect("an empty folder");
    fs::write(&folder, "").expect("a file");
    land.cmd(json!({"cmd": "set_env", "value": "shop"}));
    let path = folder.to_str().expect("UTF-8");
    let request = json!({"cmd": "apply_prefixes", "command": ["kubectl", "get", "pods"], "context": {}});
    assert!(land.refused(request, "CONFIG_ERROR").contains(path));
    let refused = || {
        let said = land.run(&["sh", "-c", "echo ran"]).finish();
        assert_eq!((said.status.code(), said.stdout.as_str()), (Some(125), ""), "{said}");
        assert!(said.stderr.contains(path) && said.stderr.contains("PINTLE_BYPASS=1"), "{said}");
    };
    refused();
    // In shells KUBECONFIG begins with a folder, over which kubectl stops.
    let shell = land.sandbox().path("run/pintle/shell");
    let default = fs::read_to_string(shell.join("default")).expect("what shells read");
    let hash = default.split(' ').next().expect("a word");
    let meaning = fs::read_to_string(shell.join(format!("env/{hash}.sh"))).expect("what it means");
    let runtime = land.sandbox().path("run/pintle");
    assert!(meaning.contains(&format!("__pintle_kube '{}'\n", runtime.display())), "{meaning}");
    assert_eq!(land.run(&["--env", "plain", "echo", "ran"]).ok(), "ran\n", "others do not need it");
    land.sandbox().stop();
    refused();
    fs::remove_file(&folder).expect("our own file");
    assert_eq!(land.run(&["echo", "ran"]).ok(), "ran\n");
}
