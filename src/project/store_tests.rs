//! Tests of `store.rs`, on real files.

use super::*;
use jiff::Timestamp;

fn store(folder: &Path) -> Arc<Store> {
    Arc::new(Store::open_or_create(folder, "/p", Clock::fixed(Timestamp::UNIX_EPOCH)).unwrap().0)
}

#[tokio::test]
async fn changes_made_at_once_are_all_there() {
    let temp = tempfile::tempdir().unwrap();
    let store = store(temp.path());
    let changes = (0..50).map(|index| {
        let store = store.clone();
        tokio::spawn(async move { store.change(move |m| m.extra.insert(format!("k{index}"), index.into())).await })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.unwrap().unwrap();
    }
    let on_disk = parse(Path::new("m"), &std::fs::read(temp.path().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(on_disk.extra.len(), 50);
    assert_eq!(on_disk, *store.read());
}

#[tokio::test]
async fn a_change_made_soon_is_seen_at_once_survives_other_writes_and_reaches_the_disk() {
    let temp = tempfile::tempdir().unwrap();
    let store = store(temp.path());
    let others = (0..20).map(|index| {
        let store = store.clone();
        tokio::spawn(async move { store.change(move |m| m.extra.insert(format!("k{index}"), index.into())).await })
    });
    let others: Vec<_> = others.collect();
    for index in 0..20 {
        let key = format!("soon{index}");
        store.change_soon(move |m| drop(m.extra.insert(key.clone(), 1.into()))).await.unwrap();
        assert!(store.read().extra.contains_key(&format!("soon{index}")));
        tokio::task::yield_now().await;
    }
    for other in others {
        other.await.unwrap().unwrap();
    }
    // A durable change that comes after is written with or after all of them.
    store.change(|m| drop(m.extra.insert("last".into(), 1.into()))).await.unwrap();
    let on_disk = parse(Path::new("m"), &std::fs::read(temp.path().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(on_disk.extra.len(), 41);
}

#[tokio::test]
async fn a_change_that_cannot_be_written_was_not_made() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("p");
    let store = store(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    let error = store.change(|m| m.version = 7).await.unwrap_err();
    assert!(matches!(error, StoreError::NotInitialized(_)), "{error}");
    assert_eq!(store.read().version, 1);
}

#[tokio::test]
async fn what_somebody_else_wrote_is_taken_in_and_what_is_broken_is_left() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("manifest.json");
    let store = store(temp.path());
    store.note(|m| drop(m.extra.insert("ours".into(), 1.into())));
    store.change(|_| ()).await.unwrap();
    let mut text: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    text["theirs"] = "kept".into();
    std::fs::write(&path, text.to_string()).unwrap();
    store.change(|m| drop(m.extra.insert("more".into(), 1.into()))).await.unwrap();
    let keys = || store.read().extra.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(), ["ours", "theirs", "more"]);

    std::fs::write(&path, "{ broken").unwrap();
    assert!(matches!(store.refresh(), Err(StoreError::Damaged { .. })));
    let error = store.change(|m| m.extra.clear()).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    let error = store.change_soon(|m| m.extra.clear()).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    store.note(|m| m.project_root = "/noted".into());
    assert_eq!(std::fs::read(&path).unwrap(), b"{ broken");
    // Repaired, it is written again, with what could not be written before.
    std::fs::write(&path, text.to_string()).unwrap();
    store.change(|_| ()).await.unwrap();
    let on_disk = parse(&path, &std::fs::read(&path).unwrap()).unwrap();
    assert_eq!((on_disk.project_root.as_str(), keys()), ("/noted", vec!["ours".to_owned(), "theirs".to_owned()]));
}

#[tokio::test]
async fn a_file_that_was_taken_away_is_not_made_again_unasked() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("p");
    let store = store(&folder);
    for whole in [true, false] {
        match whole {
            true => std::fs::remove_dir_all(&folder).unwrap(),
            false => std::fs::remove_file(folder.join("manifest.json")).unwrap(),
        }
        assert!(matches!(store.refresh(), Err(StoreError::NotInitialized(_))));
        assert!(matches!(store.change(|_| ()).await, Err(StoreError::NotInitialized(_))));
        store.create_anew().unwrap();
        store.change(|_| ()).await.unwrap();
        assert!(matches!(Store::open(&folder, Clock::System), Err(StoreError::Locked(_))), "one writer");
    }
}

#[test]
fn a_damaged_manifest_is_named_copied_and_left() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("manifest.json");
    std::fs::write(&path, "{\n \"version\": x}").unwrap();
    let Err(error) = Store::open(temp.path(), Clock::System) else { panic!("opened") };
    assert!(matches!(error, StoreError::Damaged { line: 2, .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("json.damaged")).unwrap());
}

#[test]
fn another_version_is_named_and_left() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("manifest.json"), r#"{"version": 2, "agents": []}"#).unwrap();
    let Err(error) = Store::open(temp.path(), Clock::System) else { panic!("opened") };
    assert!(matches!(error, StoreError::Version { version: 2, .. }), "{error}");
}

#[test]
fn one_writer() {
    let temp = tempfile::tempdir().unwrap();
    let _store = store(temp.path());
    assert!(matches!(Store::open(temp.path(), Clock::System), Err(StoreError::Locked(_))));
}
