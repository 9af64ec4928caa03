//! Agents in a table.

use super::output::{one_line, short_time};
use super::style::{Paint, activity as activity_style};
use super::table::{Cell, Column, render};
use crate::protocol::typed::reply::{Activity, Agent, Status, Worktree};

/// From this width on there is room for both words of a status; below, the finer one is enough: it implies the other.
const ROOMY: u16 = 110;

const COLUMNS: [Column; 8] = [
    Column::fixed("ID"),
    // Those of a swarm begin alike and end with their numbers.
    Column::yielding("NAME", 13).with_its_end(),
    Column::fixed("STATUS"),
    Column::fixed("KIND"),
    Column::fixed("IDLE"),
    Column::yielding("WORKTREE", 10).with_its_end(),
    Column::yielding("BECAUSE", 12),
    Column::yielding("PROMPT", 11),
];

/// The agents, one a line, in `width` columns. `worktrees` are those of their project.
pub fn table(agents: &[Agent], worktrees: &[Worktree], width: Option<u16>, paint: Paint) -> String {
    let roomy = width.is_none_or(|width| width >= ROOMY);
    let rows: Vec<Vec<Cell>> = agents.iter().map(|agent| row(agent, worktrees, roomy)).collect();
    render(&COLUMNS, &rows, width, paint)
}

fn row(agent: &Agent, worktrees: &[Worktree], roomy: bool) -> Vec<Cell> {
    let worktree = worktrees.iter().find(|worktree| agent.worktree_id.as_ref() == Some(&worktree.id));
    let activity = word(agent.activity);
    let status = if roomy { format!("{}·{activity}", status_word(agent.status)) } else { activity.to_owned() };
    vec![
        agent.id.as_str().into(),
        one_line(&agent.name).into(),
        Cell::styled(status, activity_style(agent.activity)),
        one_line(&agent.agent_type).into(),
        agent.idle_seconds.map(short_time).unwrap_or_default().into(),
        worktree.map(|worktree| one_line(&worktree.name)).unwrap_or_default().into(),
        one_line(&agent.because).into(),
        one_line(agent.prompt.as_deref().unwrap_or_default()).into(),
    ]
}

/// The word for an activity, as on the wire.
pub fn word(activity: Activity) -> &'static str {
    match activity {
        Activity::Starting => "starting",
        Activity::Working => "working",
        Activity::Blocked => "blocked",
        Activity::Idle => "idle",
        Activity::Stuck => "stuck",
        Activity::Done => "done",
        Activity::Failed => "failed",
        Activity::Suspended => "suspended",
    }
}

/// The word for a status, as on the wire.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Streaming => "streaming",
        Status::Waiting => "waiting",
        Status::Broken => "broken",
    }
}

/// How soon a person is wanted: the smallest first.
pub fn urgency(activity: Activity) -> u8 {
    match activity {
        Activity::Blocked => 0,
        Activity::Stuck => 1,
        Activity::Failed => 2,
        Activity::Idle => 3,
        Activity::Done => 4,
        Activity::Working => 5,
        Activity::Starting => 6,
        Activity::Suspended => 7,
    }
}

#[cfg(test)]
pub use tests::sample;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::style::Choice;

    /// An agent for tests.
    pub fn sample(id: &str, name: &str, activity: Activity) -> Agent {
        let status = match activity {
            Activity::Starting | Activity::Working | Activity::Stuck => Status::Streaming,
            Activity::Blocked | Activity::Idle | Activity::Suspended => Status::Waiting,
            Activity::Done | Activity::Failed => Status::Broken,
        };
        Agent {
            id: id.to_owned(),
            name: name.to_owned(),
            agent_type: "claude".to_owned(),
            status,
            pid: None,
            exit_code: None,
            idle_seconds: Some(42),
            worktree_id: None,
            started_at: jiff::Timestamp::UNIX_EPOCH,
            session_id: None,
            prompt: None,
            suspended: false,
            trigger_name: None,
            trigger_seq_index: None,
            trigger_state: None,
            trigger_total: None,
            env: None,
            activity,
            because: "its screen moves".to_owned(),
            pane: None,
            attached: 0,
            swarm_run: None,
        }
    }

    fn agents() -> Vec<Agent> {
        let mut first = sample("ag-aaaa1111", "quiet-rudder", Activity::Working);
        first.prompt = Some("Fix the race in the registry,\nthen write a test for it".to_owned());
        let mut second = sample("ag-bbbb2222", "日本語の名前でとても長い", Activity::Blocked);
        second.because = "its screen shows a question that wants an answer".to_owned();
        second.prompt = Some("\x1b[31mred".to_owned());
        let mut third = sample("ag-cccc3333", "c", Activity::Suspended);
        third.idle_seconds = None;
        vec![first, second, third]
    }

    fn plain() -> Paint {
        Paint::of(Choice::Never, &std::io::stdout())
    }

    #[test]
    fn fits_eighty_columns() {
        insta::assert_snapshot!(table(&agents(), &[], Some(80), plain()), @r#"
        ID           NAME           STATUS     KIND    IDLE  BECAUSE        PROMPT
        ag-aaaa1111  quiet-rudder   working    claude  42s   its screen m…  Fix the rac…
        ag-bbbb2222  日本語…も長い  blocked    claude  42s   its screen s…  [31mred
        ag-cccc3333  c              suspended  claude        its screen m…
        "#);
    }

    #[test]
    fn leaves_columns_out_of_a_narrow_pane() {
        insta::assert_snapshot!(table(&agents(), &[], Some(40), plain()), @r#"
        ID           NAME              STATUS
        ag-aaaa1111  quiet-rudder      working
        ag-bbbb2222  日本語の…も長い   blocked
        ag-cccc3333  c                 suspended
        "#);
    }

    #[test]
    fn has_room_where_there_is_some() {
        insta::assert_snapshot!(table(&agents(), &[], None, plain()), @r#"
        ID           NAME                      STATUS             KIND    IDLE  BECAUSE                                           PROMPT
        ag-aaaa1111  quiet-rudder              streaming·working  claude  42s   its screen moves                                  Fix the race in the registry, then write a test for it
        ag-bbbb2222  日本語の名前でとても長い  waiting·blocked    claude  42s   its screen shows a question that wants an answer  [31mred
        ag-cccc3333  c                         waiting·suspended  claude        its screen moves
        "#);
    }

    #[test]
    fn columns_without_content_are_left_out_and_colours_take_no_room() {
        let mut agents = agents();
        for agent in &mut agents {
            agent.prompt = None;
            agent.idle_seconds = None;
        }
        let colored = table(&agents, &[], Some(80), Paint::of(Choice::Always, &std::io::stdout()));
        insta::assert_snapshot!(colored.replace('\x1b', "^"), @r#"
        ^[2mID           NAME                     STATUS     KIND    BECAUSE^[0m
        ag-aaaa1111  quiet-rudder             ^[32mworking^[0m    claude  its screen moves
        ag-bbbb2222  日本語の名…とても長い    ^[33;1mblocked^[0m    claude  its screen shows a que…
        ag-cccc3333  c                        ^[2msuspended^[0m  claude  its screen moves
        "#);
    }
}
