//! Projects that have some of `.pintle` in git, on purpose or by mistake: what a checkout brings along makes no project of it.

use std::fs;

use serde_json::{Value, json};

use super::{Repository, path};

#[test]
fn a_checkout_belongs_to_the_project_that_made_it() {
    let repository = Repository::new();
    let template = repository.project.file("templates/review.md");
    fs::create_dir_all(template.parent().expect("a folder")).expect("a folder");
    fs::write(&template, "Look.\n").expect("a file");
    repository.git(&["add", "--force", ".pintle/templates", ".pintle/manifest.json"]);
    repository.git(&["commit", "--quiet", "--message", "shared"]);
    let made = repository.create("work");
    let inside = |words: &[&str]| {
        let pintle = repository.project.sandbox.pintle(words).current_dir(path(&made));
        serde_json::from_str::<Value>(&pintle.ok()).expect("JSON")
    };
    assert!(path(&made).join(".pintle/manifest.json").exists());
    let spawned = inside(&["spawn", "--json", "--root", "--name", "here", "--command", "exec sleep 100"]);
    assert_eq!(repository.project.agent(spawned["agent_id"].as_str().expect("an id"))["name"], "here");
    assert_eq!(inside(&["status", "--json"])["worktrees"][0]["name"], "work");
    inside(&["init", "--json"]);
    // A client of another kind, that takes the checkout for the project.
    let root = path(&made);
    let report = repository.project.client().call(json!({"type": "status", "project_root": root.to_str()}));
    assert_eq!(report["agents"][0]["name"], "here", "{report}");
    let health = repository.project.client().call(json!({"type": "health"}));
    assert_eq!(health["projects"], json!([repository.root().to_str()]), "{health}");
}

/// Worktrees on another disk, as a link or a mount has it: the path says nothing of their project.
#[test]
fn worktrees_behind_a_link() {
    let repository = Repository::new();
    let elsewhere = repository.project.sandbox.path("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    std::os::unix::fs::symlink(&elsewhere, repository.project.file("worktrees")).expect("a link");
    repository.git(&["add", "--force", ".pintle/manifest.json"]);
    repository.git(&["commit", "--quiet", "--message", "by mistake"]);
    let made = repository.create("work");
    let checkout = path(&made).canonicalize().expect("a folder");
    assert!(checkout.starts_with(&elsewhere) && checkout.join(".pintle/manifest.json").exists());
    let inside = repository.project.sandbox.pintle(&["worktree", "list", "--json"]).current_dir(&checkout).ok();
    assert!(inside.contains(r#""name":"work""#), "{inside}");
    let health = repository.project.client().call(json!({"type": "health"}));
    assert_eq!(health["projects"], json!([repository.root().to_str()]), "{health}");
}

#[test]
fn a_link_is_kept_out_of_git_too() {
    let repository = Repository::new();
    let (kept, moved) = (repository.root().join(".pintle"), repository.project.sandbox.path("moved"));
    fs::rename(&kept, &moved).expect("a folder");
    std::os::unix::fs::symlink(&moved, &kept).expect("a link");
    repository.create("work");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

/// A project first, and then a repository, as the message for who wants a worktree says.
#[test]
fn what_is_made_a_repository_later_is_kept_out_too() {
    let repository = Repository::new();
    let exclude = repository.root().join(".git/info/exclude");
    fs::remove_file(&exclude).expect("a file");
    assert_eq!(repository.git(&["status", "--porcelain"]), "?? .pintle/");
    repository.create("one");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    // By `init` as well, and once.
    fs::write(&exclude, "# mine").expect("a file");
    for _ in 0..2 {
        repository.project.sandbox.pintle(&["init"]).current_dir(repository.root()).ok();
    }
    assert_eq!(fs::read_to_string(&exclude).expect("a file"), "# mine\n.pintle/\n");
    // Whoever shares the rest ignores what is nobody else's, and is left alone.
    fs::write(&exclude, "").expect("a file");
    repository.write(".gitignore", "/.pintle/*\n!/.pintle/templates/\n");
    repository.create("two");
    assert_eq!(fs::read_to_string(&exclude).expect("a file"), "");
}
