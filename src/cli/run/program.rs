//! Finding a program as a shell does, but past our own shims, and becoming it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Refusal;

/// Not found, as shells have it.
const NOT_FOUND: i32 = 127;
/// Found, and cannot be run.
const NOT_RUN: i32 = 126;
/// Names the command to which its rules have been applied already, behind the pid of the wrapper that is to run it: `4711/kubectl`. When
/// the wrapper runs the command, it meets our shim.
const APPLIED: &str = "PINTLE_APPLIED";

/// Whether a wrapper of ours runs a command now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// No.
    No,
    /// It does: it is this process, or the one that has started it.
    Now,
    /// Something that it has started in turn calls the command (an editor's shell, a script), or the variable was set by hand. The rules are
    /// not for this call, but neither was what the guard has let pass.
    Within,
}

/// Whether a wrapper of ours runs this command now.
pub fn applied(command: &OsStr) -> Applied {
    let Some(value) = std::env::var_os(APPLIED) else { return Applied::No };
    if Path::new(&value).file_name() != Path::new(command).file_name() {
        return Applied::No;
    }
    let wrapper = Path::new(&value).parent().and_then(|pid| pid.to_str()?.parse::<u32>().ok());
    let parent = std::os::unix::process::parent_id();
    match wrapper == Some(std::process::id()) || wrapper == Some(parent) && !runs(parent, command) {
        true => Applied::Now,
        false => Applied::Within,
    }
}

/// Whether a process runs this command by now: a wrapper that has become it (`nice make`) wraps nothing any more, and what it starts is
/// its own. Without our shims on PATH it became it without us.
fn runs(pid: u32, command: &OsStr) -> bool {
    // As long as the kernel remembers a name.
    const LENGTH: usize = 15;
    let name = Path::new(command).file_name().unwrap_or(command).as_bytes();
    let said = std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    said.trim_ascii_end() == &name[..name.len().min(LENGTH)]
}

/// Becomes the program. Returns only if that is not possible.
pub fn exec(
    argv: &[OsString],
    command: &OsStr,
    vars: &[(String, OsString)],
    unset: &[String],
    shims: &Path,
    wrapped: Option<&Path>,
) -> Refusal {
    let name = &argv[0];
    let path = vars.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
    let path = path.or_else(|| std::env::var_os("PATH")).unwrap_or_default();
    let program = match find(name, &path, shims) {
        Ok(program) => program,
        Err(refusal) => return refusal,
    };
    let mut process = Command::new(&program);
    process.arg0(name).args(&argv[1..]).envs(vars.iter().map(|(name, value)| (name, value)));
    for name in unset {
        process.env_remove(name);
    }
    match wrapped {
        Some(wrapped) => {
            let name = wrapped.file_name().unwrap_or(command);
            process.env(APPLIED, Path::new(&std::process::id().to_string()).join(name))
        }
        None => process.env_remove(APPLIED),
    };
    let error = process.exec();
    if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) {
        // A script without a first line that says by what: a shell runs it itself.
        let mut script = Command::new("/bin/sh");
        script.arg(&program).args(&argv[1..]).envs(process.get_envs().filter_map(|(name, value)| Some((name, value?))));
        for (name, value) in process.get_envs() {
            if value.is_none() {
                script.env_remove(name);
            }
        }
        return refusal(name, &script.exec());
    }
    refusal(name, &error)
}

fn refusal(name: &OsStr, error: &io::Error) -> Refusal {
    let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN };
    Refusal { code, message: format!("{}: {}", name.to_string_lossy(), reason(error)), hint: None }
}

/// Without the number that std puts behind it.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "not found".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// The file that a shell would run, past links that lead to ourselves. A name with a `/` is that file.
fn find(name: &OsStr, path: &OsStr, shims: &Path) -> Result<PathBuf, Refusal> {
    let refused =
        |code, what: &str| Err(Refusal { code, message: format!("{}: {what}", name.to_string_lossy()), hint: None });
    if name.is_empty() {
        return refused(NOT_FOUND, "command not found");
    }
    if name.as_bytes().contains(&b'/') {
        return Ok(PathBuf::from(name));
    }
    let own = std::env::current_exe().and_then(|own| own.canonicalize()).ok();
    let mut denied = false;
    for folder in path.as_bytes().split(|byte| *byte == b':') {
        // An empty place is the working folder.
        let folder = if folder.is_empty() { Path::new(".") } else { Path::new(OsStr::from_bytes(folder)) };
        if folder == shims {
            continue;
        }
        let candidate = folder.join(name);
        let Ok(meta) = std::fs::metadata(&candidate) else { continue };
        if !meta.is_file() {
            continue;
        }
        if meta.permissions().mode() & 0o111 == 0 {
            denied = true;
            continue;
        }
        // The folder of shims under another name, or a second one.
        if candidate.is_symlink() && own.is_some() && candidate.canonicalize().ok() == own {
            continue;
        }
        return Ok(candidate);
    }
    if denied { refused(NOT_RUN, "permission denied") } else { refused(NOT_FOUND, "command not found") }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn the_first_on_path_that_can_run_and_is_not_ours() {
        let temp = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = temp.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            folder
        };
        let (shims, other, plain, real) = (folder("shims"), folder("other"), folder("plain"), folder("real"));
        let own = std::env::current_exe().unwrap();
        for shim in [&shims, &other] {
            std::os::unix::fs::symlink(&own, shim.join("tool")).unwrap();
        }
        std::fs::write(plain.join("tool"), "").unwrap();
        let path = |folders: &[&PathBuf]| {
            let folders: Vec<&[u8]> = folders.iter().map(|folder| folder.as_os_str().as_bytes()).collect();
            OsString::from_vec(folders.join(&b':'))
        };
        let found = |folders: &[&PathBuf]| find(OsStr::new("tool"), &path(folders), &shims);
        assert_eq!(found(&[&shims, &other, &shims]).unwrap_err().code, 127);
        assert_eq!(found(&[&shims, &plain]).unwrap_err().code, 126);
        std::fs::write(real.join("tool"), "").unwrap();
        std::fs::set_permissions(real.join("tool"), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(found(&[&shims, &other, &plain, &real, &shims]).unwrap(), real.join("tool"));
        assert_eq!(find(OsStr::new("./x"), &path(&[&real]), &shims).unwrap(), Path::new("./x"));
    }
}
