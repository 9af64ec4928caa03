//! What `/proc` says about a process that is well known: this one, and a child of it.

use crate::support::process;

#[test]
fn tells_about_processes() {
    let own = std::process::id();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep");
    let pid = child.id();
    assert!(process::alive(pid));
    assert!(process::children(own).contains(&pid));
    assert!(process::descendants(own).contains(&pid));
    assert!(process::start_time(pid) >= process::start_time(own));
    assert!(process::private_memory(own).is_some_and(|bytes| bytes > 100_000));
    assert!(process::voluntary_switches(own).is_some());
    assert!(process::open_files(own).is_some_and(|files| files >= 3));
    assert!(process::threads(own).is_some_and(|threads| threads >= 1));
    assert!(process::command_line(pid).ends_with("sleep 60"));
    process::kill(pid);
    crate::support::eventually("a zombie is not alive", crate::support::PATIENCE, || {
        (!process::alive(pid)).then_some(())
    });
    assert_eq!(process::stat(pid).map(|stat| stat.state), Some('Z'));
    child.wait().expect("our own child");
    assert!(process::stat(pid).is_none());
}
