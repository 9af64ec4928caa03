//! Tests of files.

use super::*;

#[test]
fn replaces_whole_keeps_the_mode_and_leaves_nothing_beside() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("file");
    write_atomic(&path, b"one", 0o600).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    write_atomic(&path, b"two", 0o600).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn what_root_writes_for_somebody_is_theirs() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("file");
    let owner = || std::fs::metadata(&path).unwrap().uid();
    write_atomic(&path, b"one", 0o600).unwrap();
    assert_eq!(owner(), rustix::process::geteuid().as_raw());
    // Nobody else can try it.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(temp.path(), Some(4711), Some(4712)).unwrap();
        write_volatile(&path, b"two", 0o600).unwrap();
        assert_eq!(owner(), 4711);
        let deep = temp.path().join("a/b/file");
        write_volatile(&deep, b"", 0o600).unwrap();
        assert!(deep.ancestors().take(4).all(|path| std::fs::metadata(path).unwrap().uid() == 4711));
    }
}

#[test]
fn writes_through_a_link() {
    let temp = tempfile::tempdir().unwrap();
    let (real, link) = (temp.path().join("real"), temp.path().join("link"));
    std::fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write_atomic(&link, b"new", 0o600).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read(&real).unwrap(), b"new");
}

#[test]
fn nobody_is_waited_for() {
    let temp = tempfile::tempdir().unwrap();
    let pipe = temp.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let error = read_if_there(&pipe).unwrap_err().to_string();
    assert_eq!(error, format!("{}: this is no file but a pipe, a socket or a disk", pipe.display()));
    assert!(read_if_there(temp.path()).unwrap_err().to_string().contains("directory"));
    assert_eq!(read_if_there(Path::new("/dev/null")).unwrap(), Some(Vec::new()));
    assert_eq!(read_if_there(Path::new("/dev/zero")).unwrap().unwrap().len(), 1 << 20);
    assert_eq!(read_if_there(&temp.path().join("none")).unwrap(), None);
}

#[test]
fn a_file_that_is_not_there_was_taken_away_or_never_was() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("a/b");
    std::fs::create_dir_all(&folder).unwrap();
    let link = temp.path().join("link");
    std::os::unix::fs::symlink("a/b/file", &link).unwrap();
    // Folders, each with the second in which something was changed in it.
    let changed = |at: [u64; 3]| {
        for (folder, at) in [temp.path(), &temp.path().join("a"), &folder].into_iter().zip(at) {
            let time = std::time::UNIX_EPOCH + Duration::from_secs(at);
            if let Ok(folder) = File::open(folder) {
                folder.set_modified(time).unwrap();
            }
        }
    };
    let clock = Clock::fixed(Timestamp::from_second(1000).unwrap());
    let read = |path: &Path| read_settled(path, || None, &clock).unwrap();
    let (taken, gone) = (Content::Taken, Content::Settled(None));
    changed([0, 0, 1000]);
    assert_eq!((read(&folder.join("file")), read(&link)), (taken.clone(), taken.clone()));
    changed([0, 1000, 990]);
    assert_eq!((read(&folder.join("file")), read(&link)), (gone.clone(), gone), "long ago");
    std::fs::remove_dir(&folder).unwrap();
    changed([0, 1000, 0]);
    assert_eq!((read(&folder.join("file")), read(&link)), (taken.clone(), taken), "with its folder");
}

#[test]
fn a_file_that_is_being_written_is_half_of_what_it_was() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("file");
    let clock = Clock::fixed(Timestamp::from_second(1000).unwrap());
    let check = |before: Option<&str>, now: &str, at: u64, expected: bool| {
        std::fs::write(&path, now).unwrap();
        let time = std::time::UNIX_EPOCH + Duration::from_secs(at);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let read = read_settled(&path, || before.map(|before| before.as_bytes().to_vec()), &clock).unwrap();
        assert_eq!(read == Content::Cut, expected, "{before:?} {now:?} {at}");
    };
    let whole = "a: 1\nb: 2\n";
    check(Some(whole), "", 1000, true);
    check(None, "", 1000, true);
    check(Some(whole), "a: 1\n", 1000, true);
    check(Some(whole), "a: 1\n", 990, false);
    check(Some(whole), "a: 3\nb:", 1000, true);
    check(Some(whole), "a: 3\n", 1000, false);
    check(Some(whole), whole, 1000, false);
    check(Some(whole), "a: 1\nb: 2\nc", 1000, false);
    check(None, "a: 1", 1000, false);
    check(Some("a: 1"), "b: 1", 1000, false);
}

#[test]
fn a_stamp_tells_the_text_written_from_every_other() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("file");
    let written = write_atomic(&path, b"one", 0o600).unwrap();
    assert_eq!(Stamp::of(&path).unwrap(), Some(written));
    std::fs::write(&path, "two and more").unwrap();
    assert_ne!(Stamp::of(&path).unwrap(), Some(written));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(Stamp::of(&path).unwrap(), None);
    assert_eq!(Stamp::of(&temp.path().join("no/such")).unwrap(), None);
}

#[test]
fn a_link_takes_the_place_of_whatever_was_there() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("link");
    for target in ["/nonexistent", "/bin/sh"] {
        link_atomic(Path::new(target), &path).unwrap();
        assert_eq!(std::fs::read_link(&path).unwrap(), Path::new(target));
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "a file").unwrap();
    link_atomic(Path::new("/bin/sh"), &path).unwrap();
    assert_eq!(std::fs::read_link(&path).unwrap(), Path::new("/bin/sh"));
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
    let error = link_atomic(Path::new("/bin/sh"), Path::new("/nonexistent/x")).unwrap_err();
    assert!(error.to_string().starts_with("/nonexistent/x: "), "{error}");
}

#[test]
fn an_error_names_the_path() {
    let error = write_atomic(Path::new("/nonexistent/x"), b"", 0o600).unwrap_err();
    assert!(error.to_string().starts_with("/nonexistent/x: "), "{error}");
}

#[test]
fn a_lock_has_one_holder() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("lock");
    let held = try_lock(&path).unwrap();
    assert!(held.is_some());
    assert!(try_lock(&path).unwrap().is_none());
    assert!(held.as_ref().unwrap().is_at(&path));
    for text in ["somebody", "me"] {
        held.as_ref().unwrap().write(text).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    drop(held);
    let held = try_lock(&path).unwrap().unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(!held.is_at(&path));
}
