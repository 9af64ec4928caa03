//! A small file system of its own, so that a disk can be full.

use std::path::Path;

use super::Sandbox;

/// A tmpfs over a folder, until it is dropped.
pub struct Mount(String);

impl Mount {
    /// Mounts one of this size (`64k`). `None` where that is not allowed, which takes root; it is said.
    pub fn over(sandbox: &Sandbox, folder: &Path, size: &str) -> Option<Self> {
        let folder = folder.to_str().expect("a sandbox has a name in UTF-8");
        let options = format!("size={size},mode=755");
        let mounted = sandbox.run("mount", &["-t", "tmpfs", "-o", &options, "tmpfs", folder]).finish();
        if !mounted.success() {
            println!("skipped: a file system cannot be mounted here, which takes root\n{mounted}");
            return None;
        }
        Some(Self(folder.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let done = std::process::Command::new("umount").args(["--lazy", &self.0]).status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.0);
        }
    }
}
