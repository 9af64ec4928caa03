//! Three hundred agents at once.

mod heavy {
    use serde_json::json;

    use crate::agents::project::Project;
    use crate::support::process;

    const AGENTS: usize = 300;

    fn memory(pids: [u32; 2]) -> u64 {
        pids.iter().map(|&pid| process::private_memory(pid).expect("it lives")).sum()
    }

    #[test]
    fn all_of_three_hundred_answer() {
        let project = Project::new();
        let keeper = project.sandbox.keeper().expect("a keeper");
        let daemon = project.sandbox.daemon();
        // The first ones fill what is kept for reuse.
        (0..10).for_each(|_| drop(project.spawn(&["listen"])));
        project.ask(json!({"type": "kill", "target": "all"}), "kill_result");
        let before = memory([keeper, daemon]);
        let ids: Vec<String> = (0..AGENTS).map(|_| project.spawn(&["listen"])).collect();
        assert_eq!(project.agents().iter().filter(|agent| agent["pid"].is_u64()).count(), AGENTS);
        let each = memory([keeper, daemon]).saturating_sub(before) / AGENTS as u64;
        println!("{each} bytes of memory for each quiet agent");
        assert!(each <= 64 << 10, "{each} bytes of memory for each quiet agent");
        assert_eq!(process::threads(keeper), Some(1), "the keeper's one thread");
        let threads = process::threads(daemon).expect("it lives");
        assert!(threads <= 9, "{threads} threads in the daemon");
        let mut client = project.client();
        for (number, id) in ids.iter().enumerate() {
            let data = super::super::project::hex(format!("print number {number}\r"));
            client.send(&json!({"type": "input", "agent_id": id, "data": data}));
        }
        for _ in &ids {
            assert_eq!(client.recv()["type"], "ok", "{client}");
        }
        for (number, id) in ids.iter().enumerate() {
            let until = json!({"match": format!("^number {number}$")});
            let request = json!({"type": "wait", "agent_id": id, "until": until, "timeout_seconds": 20});
            assert_eq!(client.ask(request, "wait_result")["reached"], true, "{id}");
        }
        let files = process::open_files(daemon).expect("it lives");
        // A successor has all of them too.
        let daemon = project.crash();
        assert_eq!(project.agents().iter().filter(|agent| agent["pid"].is_u64()).count(), AGENTS);
        let result = project.ask(json!({"type": "kill", "target": "all", "exclude": &ids[..2]}), "kill_result");
        assert_eq!(result["killed"].as_array().map(Vec::len), Some(AGENTS - 2));
        assert!(process::open_files(daemon).expect("it lives") <= files + 16);
        project.is_consistent();
    }
}
