//! An agent whose terminal went with its keeper is told apart from one that nobody knows.

use serde_json::json;

use super::project::Project;

#[test]
fn its_terminal_is_gone_and_the_error_says_so() {
    let project = Project::new();
    let id = project.spawn(&["listen"]);
    project.sandbox.stop();
    project.sandbox.start();
    for request in ["logs", "attach", "capture", "explain"] {
        let message = project.refused(json!({"type": request, "agent_id": id}), "INVALID_STATE");
        assert!(message.contains("no terminal any more"), "{request}: {message}");
        project.refused(json!({"type": request, "agent_id": "ag-nobody00"}), "AGENT_NOT_FOUND");
    }
}
