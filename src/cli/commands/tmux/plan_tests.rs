use super::*;

fn written(plan: &Plan) -> Vec<String> {
    plan.commands.iter().map(|words| words.join(&OsString::from(" ")).into_string().unwrap()).collect()
}

fn stock() -> Seen {
    let options =
        [("status-right", "x;"), ("status-right-length", "40"), ("status-left", ""), ("status-left-length", "10")];
    Seen { options: options.map(|(name, value)| (name.to_owned(), value.into())).into(), ..Seen::default() }
}

#[test]
fn what_is_remembered_is_written_before_what_it_is_about() {
    let written = written(&install(&stock(), Caller("pintle")));
    let at = |begin: &str| {
        let found = written.iter().position(|line| line.starts_with(begin));
        found.unwrap_or_else(|| panic!("{begin}: {written:#?}"))
    };
    let saved = at("set-option -g -- @pintle_saved_status_right ");
    assert_eq!(written[saved], r"set-option -g -- @pintle_saved_status_right x\;");
    let line = at("set-option -g -- status-right ");
    assert_eq!(
        written[line],
        format!(r"set-option -g -- status-right {}x\;", crate::cli::commands::tmux::place::PIECE)
    );
    assert!(saved < line && at("set-option -g -- @pintle_wrote_status_right ") < line, "{written:#?}");
    assert!(at("set-option -g -- @pintle_bound_right ") < at("bind-key -N New agent on the right "), "{written:#?}");
    assert!(!written.iter().any(|line| line.contains("status-left")), "{written:#?}");
}

#[test]
fn a_tmux_without_us_is_left_as_it_is() {
    assert_eq!(written(&uninstall(&stock())), [""; 0]);
}

#[test]
fn panes_forget_what_they_were_told() {
    let lines = forget_panes(["%1", "%2"]);
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0], ["set-option", "-pqu", "-t", "%1", "@pintle_hud"]);
}

#[test]
fn hooks_of_the_daemon_are_known_by_what_they_do() {
    let listed = r##"after-new-window
client-detached[0] set-option -g @theirs "refresh-client -S"
client-detached[78] if-shell -F "…" "…" "run-shell -Cb \\"refresh-client -A \\\\\\"#{pane_id}:pause\\\\\\" -t client-7\\""
pane-died[77] run-shell -Cb "refresh-client -A \\"#{pane_id}:pause\\" -t client-7"
pane-died[79] refresh-client -S -t client-7
"##;
    let taken: Vec<_> = forget_hooks(listed).into_iter().map(|words| words.join(&OsString::from(" "))).collect();
    assert_eq!(taken, ["set-hook -gu client-detached[78]", "set-hook -gu pane-died[77]"]);
}
