//! `pintle … edit`

use std::fs;

use super::{Desk, write};

#[test]
fn an_edit_counts_when_it_can_be_used() {
    let desk = Desk::new();
    let edit = |script: &str| desk.edit(&["agent", "edit", "a"], script);
    let (file, draft) = (desk.file("agents/a.yaml"), desk.file("agents/.edit-a.yaml"));
    assert_eq!(edit("true").ok(), "nothing was changed\n");
    assert!(!file.exists() && !draft.exists());
    let said = edit("exit 3").fails(1);
    assert!(said.contains("failed") && said.contains(&format!("or write {} yourself", file.display())), "{said}");
    assert!(!file.exists() && !draft.exists());
    edit("sed -i s/claude/codex/ \"$1\"").ok();
    let before = fs::read_to_string(&file).expect("its file");
    assert!(before.contains("name: a\nagent_type: codex\n# One of these two"), "{before}");
    let finished = edit("echo 'tags: {a: b}' >> \"$1\"").finish();
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stdout.contains("tags: this is a map") && finished.stdout.contains("kept in"), "{finished}");
    assert_eq!(fs::read_to_string(&file).expect("its file"), before, "as it was");
    assert_eq!(desk.json(&["agent", "list"])["agent_defs"].as_array().map(Vec::len), Some(1), "a draft is none");
    // It goes on with what was kept.
    edit("sed -i 's/{a: b}/[a, b]/' \"$1\"").ok();
    assert!(fs::read_to_string(&file).expect("its file").ends_with("tags: [a, b]\n"));
    assert!(!draft.exists());
    // What somebody else has written meanwhile stays, and so does the draft.
    let line = "# by somebody else";
    let meanwhile = format!("echo '{line}' >> '{}'; echo '# mine' >> \"$1\"", file.display());
    assert!(edit(&meanwhile).fails(1).contains("was changed meanwhile"));
    assert!(fs::read_to_string(&file).expect("its file").ends_with(&format!("{line}\n")));
    assert!(fs::read_to_string(&draft).expect("the draft").ends_with("# mine\n"));
    // The next time does not take it away either, until somebody has put both together.
    let said = edit("true").fails(1);
    assert!(said.contains("was changed since") && said.contains("remove the draft"), "{said}");
    assert!(fs::read_to_string(&file).expect("its file").ends_with(&format!("{line}\n")));
    fs::write(&draft, format!("{before}{line}\n# mine\n")).expect("both");
    edit("echo '# and more' >> \"$1\"").ok();
    assert!(fs::read_to_string(&file).expect("its file").ends_with(&format!("{line}\n# mine\n# and more\n")));
    // Nor where the editor fails, or what it left cannot be used.
    for (what, ending) in [("# x", "; exit 3"), ("[", "")] {
        edit(&format!("echo '{line}' >> '{}'; echo '{what}' >> \"$1\"{ending}", file.display())).fails(1);
        assert!(edit("true").fails(1).contains("was changed since"));
        fs::remove_file(&draft).expect("the draft");
    }
    let said = edit("exit 3").fails(1);
    assert!(said.contains(&format!("or edit {} yourself", file.display())), "{said}");
    let edited = desk.edit(&["agent", "edit", "my own", "--scope", "global"], "echo '[' >> \"$1\"").finish();
    assert!(edited.stdout.contains("`pintle agent edit 'my own' --scope global` goes on with it"), "{edited}");
    assert!(desk.edit(&["agent", "edit", "../x"], "true").fails(2).contains("`../x`"));
}

#[test]
fn an_edit_takes_no_name_from_another_file() {
    let desk = Desk::new();
    let others = [
        ("agent", "agents/b.yaml", "agent_type: claude\n"),
        ("template", "templates/b.md", "x\n"),
        ("swarm", "swarms/b.yaml", "worktree_count: 1\n"),
        (
            "schedule",
            "schedules/b.yaml",
            "recurrence: daily\nstart_at: 2099-01-01T00:00:00Z\ntrigger: {type: send, agent_id: x, text: y}\n",
        ),
        ("trigger", "triggers/b.yaml", "on: pre_push\nsequence: [{inject: x}]\n"),
    ];
    for (word, file, text) in others {
        let taken = write(&desk.0, file, text);
        // A new one, and one that is there.
        for _ in 0..2 {
            let edited = desk.edit(&[word, "edit", "ed"], "sed -i 's/^name: ed$/name: b/' \"$1\"").finish();
            assert_eq!(edited.status.code(), Some(1), "{word}: {edited}");
            let said = format!("error: name: `b` is also that of {}\n", taken.display());
            assert!(edited.stdout.contains(&said) && edited.stdout.contains("kept in"), "{word}: {edited}");
            let listed = desk.pintle(&[word, "list"]).ok();
            assert!(!listed.contains("cannot be used"), "{listed}");
            let draft = taken.with_file_name(taken.file_name().unwrap().to_str().unwrap().replace("b.", ".edit-ed."));
            assert!(fs::read_to_string(&draft).expect("the draft").contains("name: b\n"));
            desk.edit(&[word, "edit", "ed"], "sed -i 's/^name: b$/name: ed/' \"$1\"; echo >> \"$1\"").ok();
        }
        // The name of a file that cannot be used is taken as well.
        fs::write(&taken, "---\nname: [\n---\n").expect("a file");
        desk.edit(&[word, "edit", "ed"], "sed -i 's/^name: ed$/name: b/' \"$1\"").fails(1);
    }
    // Without a name in it a file has its own.
    let own = write(&desk.0, "agents/own.yaml", "name: rev\nagent_type: claude\n");
    desk.edit(&["agent", "edit", "rev"], "sed -i '/^name/d' \"$1\"").ok();
    assert_eq!(fs::read_to_string(&own).expect("its file"), "agent_type: claude\n");
    write(&desk.0, "agents/rev.yaml", "name: own2\nagent_type: claude\n");
    desk.edit(&["agent", "edit", "own2"], "sed -i 's/own2/own/' \"$1\"").fails(1);
    fs::remove_file(desk.file("agents/.edit-rev.yaml")).expect("the draft");
    // Of two with one name, the one whose file is called so has it, and can be edited.
    write(&desk.0, "agents/rev.yaml", "name: own\nagent_type: claude\n");
    desk.edit(&["agent", "edit", "own"], "echo 'icon: x' >> \"$1\"").ok();
    desk.edit(&["agent", "edit", "rev"], "echo 'icon: x' >> \"$1\"").fails(1);
}
