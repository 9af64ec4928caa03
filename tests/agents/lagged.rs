//! A reader that is behind: it has every byte as long as it reads at all. One that stops reading is told what it missed, and
//! nobody else notices.

mod heavy {
    use serde_json::json;

    use crate::agents::project::Project;
    use crate::support::sandbox::Sandbox;
    use crate::support::{PATIENCE, eventually, pattern, process};

    const MIB: u64 = 1 << 20;
    const ECHO: &[u8] = b"flood 1\r\n";

    /// A project whose daemon waits so long for a reader that takes nothing.
    fn with_patience(millis: u32) -> Project {
        Project::within(Sandbox::with(&[("PINTLE_TEST_READER_MS", &millis.to_string())]))
    }

    /// Memory of all output rings together.
    fn ring_memory(project: &Project) -> u64 {
        process::file_memory(project.sandbox.daemon(), "memfd:pintle-ring").expect("the daemon lives")
    }

    #[test]
    fn a_reader_that_is_slow_has_every_byte_and_then_the_memory_is_given_back() {
        let project = with_patience(600_000);
        let id = project.spawn(&["listen"]);
        let mut slow = project.attach(&id);
        let mut quick = project.attach(&id);
        project.types(&id, "flood 40\r");
        quick.read_to_offset(quick.next + ECHO.len() as u64 + 1 + 40 * MIB);
        assert!(ring_memory(&project) > 36 * MIB, "{} bytes held", ring_memory(&project));
        slow.read_to_offset(quick.next);
        for reader in [&slow, &quick] {
            assert_eq!(reader.lagged, 0);
            let flood = reader.bytes.strip_prefix(b"flood 40\r\n").expect("what was typed");
            pattern::check(flood, 0).unwrap_or_else(|why| panic!("{why}"));
        }
        // Without another byte of output.
        eventually("the memory is given back", PATIENCE, || (ring_memory(&project) < 6 * MIB).then_some(()));
        // What a newcomer gets and what the log tells is the usual window, however much there was.
        let late = project.client().attach_with(json!({"type": "attach", "agent_id": id, "replay": "all"}));
        assert_eq!(late.buffered, 4 * MIB);
    }

    #[test]
    fn a_daemon_that_dies_leaves_no_memory_held_for_its_readers() {
        let project = with_patience(600_000);
        let id = project.spawn(&["listen"]);
        let slow = project.attach(&id);
        let mut quick = project.attach(&id);
        project.types(&id, "flood 20\r");
        quick.read_to_offset(quick.next + ECHO.len() as u64 + 1 + 20 * MIB);
        let before = project.sandbox.daemon();
        project.crash();
        drop(slow);
        assert_ne!(project.sandbox.daemon(), before);
        assert!(ring_memory(&project) < 6 * MIB, "{} bytes held", ring_memory(&project));
    }

    #[test]
    fn a_reader_that_stops_is_told_and_slows_nobody() {
        let project = with_patience(20);
        let id = project.spawn(&["listen"]);
        let daemon = project.sandbox.daemon();
        let mut good = project.attach(&id);
        let mut stuck = project.attach(&id);
        let before = process::private_memory(daemon).expect("the daemon lives");
        // Twelve times as much as fits on the way to a reader that takes nothing; the ring holds four.
        for round in 0..12 {
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
        let project = with_patience(20);
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
        eventually("64 MiB were printed", PATIENCE, || (printed() > 64 * MIB).then_some(()));
        let after = process::private_memory(daemon).expect("the daemon lives");
        assert!(after < before + 12 * MIB, "the daemon's memory went from {before} to {after} bytes");
        assert!(ring_memory(&project) < 8 * MIB, "{} bytes held for nobody", ring_memory(&project));
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
