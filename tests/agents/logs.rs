//! `logs`: the last bytes of what an agent printed.

use serde_json::json;

use super::project::{Project, check_lines, unhex};

#[test]
fn the_tail_is_counted_in_bytes() {
    let project = Project::new();
    let id = project.spawn(&["lines", "100", "then", "print", "end"]);
    project.attach(&id).read_to_exit();
    let all = project.logs(&id);
    assert_eq!(check_lines(&all), 100);
    assert!(all.ends_with("end\r\n"));
    let tail = |request: serde_json::Value| {
        let mut request = request;
        (request["type"], request["agent_id"]) = ("logs".into(), id.as_str().into());
        unhex(project.ask(request, "logs_result")["data"].as_str().expect("hex"))
    };
    assert_eq!(tail(json!({})), all.as_bytes()[all.len() - 500..]);
    assert_eq!(tail(json!({"tail": 7})), all.as_bytes()[all.len() - 7..]);
    assert_eq!(tail(json!({"tail": 0})), b"");
    project.refused(json!({"type": "logs", "agent_id": "ag-00000000"}), "AGENT_NOT_FOUND");
}
