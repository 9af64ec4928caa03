//! Folder 0700, socket 0600, whatever the umask.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::Sandbox;

fn mode(path: &Path) -> u32 {
    let meta = std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    meta.permissions().mode() & 0o777
}

#[test]
fn socket_and_folder_are_the_owners_alone() {
    for umask in ["000", "022", "077"] {
        let sandbox = Sandbox::new();
        let pintle = crate::support::pintle().to_str().expect("UTF-8");
        sandbox.run("sh", &["-c", "umask $0 && exec \"$1\" daemon start", umask, pintle]).ok();
        assert_eq!(format!("{:o}", mode(&sandbox.path("run/pintle"))), "700", "umask {umask}");
        assert_eq!(format!("{:o}", mode(&sandbox.socket())), "600", "umask {umask}");
    }
}

#[test]
fn a_folder_that_was_too_open_is_closed() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("run/pintle");
    std::fs::create_dir(&folder).expect("a new folder");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    sandbox.start();
    assert_eq!(format!("{:o}", mode(&folder)), "700");
}
