//! A reader that stops reading: it is told what it missed, and nobody else notices.

mod heavy {
    use serde_json::json;

    use crate::agents::project::Project;
    use crate::support::{pattern, process};

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_reader_that_stops_is_told_and_slows_nobody() {
        let project = Project::new();
        let id = project.spawn(&["listen"]);
        let daemon = project.sandbox.daemon();
        let mut good = project.attach(&id);
        let mut stuck = project.attach(&id);
        let before = process::private_memory(daemon).expect("the daemon lives");
        // Twelve times as much as fits on the way to a reader that takes nothing; the ring holds four.
        for round in 0..12 {
            const ECHO: &[u8] = b"flood 1\r\n";
            project.types(&id, "flood 1\r");
            good.read_to_offset(good.next + ECHO.len() as u64 + MIB);
            assert_eq!(good.lagged, 0, "round {round}");
            let flood = good.bytes.strip_prefix(ECHO).expect("what was typed");
            pattern::check(flood, 0).unwrap_or_else(|why| panic!("round {round}: {why}"));
            good.bytes.clear();
        }
        let after = process::private_memory(daemon).expect("the daemon lives");
        assert!(after < before + 6 * MIB, "the daemon's memory went from {before} to {after} bytes");
        // Only now does it read on: what was on its way, then how much it missed, then what is new.
        stuck.read_to_offset(good.next);
        assert_eq!(stuck.lagged, 1, "told once");
        assert!(stuck.skipped > 6 * MIB, "{} bytes given up", stuck.skipped);
        project.types(&id, "print live\r");
        stuck.read_text("\r\nlive\r\n");
        good.read_text("\r\nlive\r\n");
        assert_eq!(good.lagged, 0);
        // Whoever comes later gets what is still kept, and is told from where.
        let late = project.client().attach_with(json!({"type": "attach", "agent_id": id, "from": 0}));
        assert!(late.start > 0 || late.buffered <= 4 * MIB, "{} from {}", late.buffered, late.start);
    }

    #[test]
    fn an_agent_that_prints_without_end_does_not_wait_for_readers() {
        let project = Project::new();
        let id = project.spawn(&["fill"]);
        // Attached, and never read.
        let mut stuck = project.attach(&id);
        let daemon = project.sandbox.daemon();
        let printed = || {
            let explained = project.ask(json!({"type": "explain", "agent_id": id}), "explain_result");
            let facts = explained["facts"].as_array().expect("facts").clone();
            let output = facts.iter().find(|fact| fact["name"] == "output").expect("how much").clone();
            let count = output["value"].as_str().and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
            count.unwrap_or_else(|| panic!("{output}"))
        };
        let before = process::private_memory(daemon).expect("the daemon lives");
        // More than every buffer on the way could hold.
        crate::support::eventually("64 MiB were printed", crate::support::PATIENCE, || {
            (printed() > 64 * MIB).then_some(())
        });
        let after = process::private_memory(daemon).expect("the daemon lives");
        assert!(after < before + 12 * MIB, "the daemon's memory went from {before} to {after} bytes");
        // Meanwhile everything else works.
        let other = project.spawn(&["listen"]);
        project.types(&other, "print here\r");
        project.says(&other, "\r\nhere\r\n");
        let seen = stuck.next;
        stuck.read_until("the loss", |bytes| bytes.len() as u64 > MIB);
        assert!(stuck.next > seen && stuck.lagged > 0, "it was told");
        assert_eq!(project.kill(&id)["exit_codes"][&id], 143);
    }
}
