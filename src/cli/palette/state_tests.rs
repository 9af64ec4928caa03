use super::super::entry::{Kept, worktree};
use super::*;
use crate::cli::agents::sample;
use crate::protocol::typed::reply::{Activity, Agent};

fn report(agents: Vec<Agent>) -> StatusReport {
    StatusReport { agents, ..StatusReport::default() }
}

fn agents() -> Vec<Agent> {
    vec![
        sample("ag-aaaa1111", "worker", Activity::Working),
        sample("ag-bbbb2222", "asker", Activity::Blocked),
        sample("ag-cccc3333", "sleeper", Activity::Suspended),
    ]
}

fn state() -> State {
    let mut agents = agents();
    agents[2].suspended = true;
    let mut state = State::new("/p".to_owned(), Some(report(agents)), (80, 24));
    state.update(Event::Kinds(config(&["claude", "codex"])));
    state.begin();
    state
}

fn config(kinds: &[&str]) -> ConfigReport {
    let agents = kinds.iter().map(|kind| {
        let config = crate::protocol::typed::reply::AgentConfig {
            name: (*kind).to_owned(),
            command: (*kind).to_owned(),
            prompt_flag: None,
            interactive: true,
            launch_args: None,
            resolved_launch_args: Vec::new(),
        };
        ((*kind).to_owned(), config)
    });
    ConfigReport { default_agent: "codex".to_owned(), agents: agents.collect(), warnings: Vec::new() }
}

fn chosen(state: &State) -> &str {
    state.entry().map_or("nothing", |entry| &entry.name)
}

fn type_in(state: &mut State, text: &str) -> Vec<Action> {
    text.chars().flat_map(|c| state.update(Event::Key(Key::Char(c)))).collect()
}

fn press(state: &mut State, key: Key) -> Vec<Action> {
    state.update(Event::Key(key))
}

#[test]
fn begins_with_who_wants_an_answer() {
    let mut state = State::new("/p".to_owned(), Some(report(agents())), (80, 24));
    assert_eq!(chosen(&state), "asker");
    assert_eq!(state.begin(), [Action::Follow, Action::Look("ag-bbbb2222".to_owned())]);
    assert_eq!(press(&mut state, Key::Enter), [Action::Leave(Outcome::Attach("ag-bbbb2222".to_owned()))]);
}

#[test]
fn moves_round_and_by_pages() {
    fn check(keys: &[Key], expected: &str) {
        let mut state = state();
        keys.iter().for_each(|key| _ = press(&mut state, *key));
        assert_eq!(chosen(&state), expected, "{keys:?}");
    }
    check(&[], "asker");
    check(&[Key::Down], "worker");
    check(&[Key::Ctrl('n'), Key::Ctrl('n'), Key::Ctrl('p')], "worker");
    check(&[Key::Up], "reload settings");
    check(&[Key::Up, Key::Down], "asker");
    check(&[Key::PageDown], "reload settings");
    check(&[Key::End, Key::PageUp], "asker");
    check(&[Key::End, Key::Home], "asker");
}

#[test]
fn a_search_begins_at_the_best_and_looks_at_it() {
    let mut state = state();
    press(&mut state, Key::Down);
    let actions = type_in(&mut state, "slp");
    assert_eq!(chosen(&state), "sleeper");
    assert_eq!(actions.last(), Some(&Action::Look("ag-cccc3333".to_owned())));
    type_in(&mut state, "zzz");
    assert_eq!((chosen(&state), state.found().len()), ("nothing", 0));
    assert_eq!(press(&mut state, Key::Enter), []);
    assert_eq!(press(&mut state, Key::Ctrl('k')), []);
    press(&mut state, Key::Ctrl('u'));
    assert_eq!(chosen(&state), "asker");
}

#[test]
fn who_is_chosen_stays_chosen_when_the_list_changes() {
    let mut state = state();
    press(&mut state, Key::Down);
    let mut changed = agents();
    changed[0].activity = Activity::Done;
    changed.push(sample("ag-dddd4444", "another", Activity::Blocked));
    let actions = state.update(Event::Status(report(changed)));
    assert_eq!(chosen(&state), "worker");
    // Its screen may be another now.
    assert_eq!(actions, [Action::Look("ag-aaaa1111".to_owned())]);
    state.update(Event::Status(report(Vec::new())));
    assert!(state.is_empty());
    // Its place, or what is left of the list: who kills one after the other need not begin from the top each time.
    assert_eq!(chosen(&state), "reload settings");
}

#[test]
fn a_kill_asks_and_only_yes_is_yes() {
    fn check(key: Key, killed: bool) {
        let mut state = state();
        assert_eq!(press(&mut state, Key::Ctrl('k')), []);
        let Mode::Confirm(question, _) = state.mode() else { panic!("no question: {:?}", state.mode()) };
        assert_eq!(question, "kill asker (blocked) and all that it has started?");
        // What happens meanwhile changes nothing about whom it means.
        state.update(Event::Status(report(vec![sample("ag-eeee5555", "wrong", Activity::Blocked)])));
        let expected = [Action::Do(Deed::Kill("ag-bbbb2222".to_owned()))];
        assert_eq!(press(&mut state, key), expected[usize::from(!killed)..], "{key:?}");
        assert_eq!(state.mode(), &Mode::Choose);
    }
    check(Key::Char('y'), true);
    check(Key::Char('Y'), true);
    check(Key::Char('n'), false);
    check(Key::Enter, false);
    check(Key::Escape, false);
    check(Key::Ctrl('c'), false);
    check(Key::Ctrl('k'), false);
}

#[test]
fn keys_on_agents() {
    fn check(keys: &[Key], text: &str, expected: Deed) {
        let mut state = state();
        let mut actions: Vec<Action> = keys.iter().flat_map(|key| press(&mut state, *key)).collect();
        actions.extend(type_in(&mut state, text));
        if !text.is_empty() {
            actions.extend(press(&mut state, Key::Enter));
        }
        actions.retain(|action| !matches!(action, Action::Look(_)));
        assert_eq!(actions, [Action::Do(expected)], "{keys:?} {text}");
    }
    let id = || "ag-bbbb2222".to_owned();
    let sleeper = || "ag-cccc3333".to_owned();
    check(&[Key::Ctrl('o')], "", Deed::Split(id()));
    check(&[Key::Ctrl('z')], "", Deed::Suspend(id()));
    check(&[Key::Down, Key::Down, Key::Ctrl('z')], "", Deed::Resume(sleeper()));
    check(&[Key::Ctrl('s')], " now the docs ", Deed::Send(id(), "now the docs".to_owned()));
    check(&[Key::Ctrl('r')], "-2", Deed::Rename(id(), "asker-2".to_owned()));
}

#[test]
fn a_question_can_be_left_and_wants_an_answer() {
    let mut state = state();
    press(&mut state, Key::Ctrl('s'));
    assert_eq!(press(&mut state, Key::Enter), []);
    assert!(matches!(state.mode(), Mode::Ask(Question::Send(..), _)));
    type_in(&mut state, "x");
    assert_eq!(press(&mut state, Key::Escape), []);
    assert_eq!(state.mode(), &Mode::Choose);
    assert_eq!(press(&mut state, Key::Escape), [Action::Leave(Outcome::Left)]);
}

#[test]
fn all_rest_and_all_go_on() {
    for (words, deed) in [("suspend all", Deed::SuspendAll), ("resume all", Deed::ResumeAll)] {
        let mut state = state();
        type_in(&mut state, words);
        assert_eq!(press(&mut state, Key::Enter), []);
        assert_eq!(press(&mut state, Key::Char('y')), [Action::Do(deed)]);
    }
    let mut state = State::new("/p".to_owned(), Some(report(agents())), (80, 24));
    type_in(&mut state, "resume all");
    assert_eq!(press(&mut state, Key::Enter), [], "nobody is suspended");
}

#[test]
fn starting_an_agent_shows_it() {
    let mut state = state();
    type_in(&mut state, "start claude");
    press(&mut state, Key::Enter);
    type_in(&mut state, "fix it");
    let spawn = Deed::Spawn("claude".to_owned(), None, "fix it".to_owned());
    assert_eq!(press(&mut state, Key::Enter), [Action::Do(spawn)]);
    let leave = Action::Leave(Outcome::Attach("ag-ffff6666".to_owned()));
    assert!(state.update(Event::Done(Ok(Told::Spawned("ag-ffff6666".to_owned())))).contains(&leave));
}

#[test]
fn one_thing_at_a_time() {
    let mut state = state();
    press(&mut state, Key::Ctrl('z'));
    press(&mut state, Key::Ctrl('s'));
    type_in(&mut state, "x");
    assert_eq!(press(&mut state, Key::Enter), []);
    assert!(state.notice().is_some_and(|notice| notice.bad));
    // The text is still there, and goes once the first is done.
    let actions = state.update(Event::Done(Ok(Told::Words("done".to_owned()))));
    assert_eq!(actions, [Action::Look("ag-bbbb2222".to_owned())]);
    let send = Deed::Send("ag-bbbb2222".to_owned(), "x".to_owned());
    assert_eq!(press(&mut state, Key::Enter), [Action::Do(send)]);
    state.update(Event::Done(Err("it has ended".to_owned())));
    assert_eq!(state.notice(), Some(&Notice { text: "it has ended".to_owned(), bad: true }));
    press(&mut state, Key::Down);
    assert_eq!(state.notice(), None);
}

#[test]
fn a_folder_that_is_no_project_can_become_one() {
    let mut state = State::new("/here".to_owned(), None, (80, 24));
    assert_eq!(state.begin(), []);
    assert!(state.entry().unwrap().because.contains("/here is no project yet"));
    assert_eq!(press(&mut state, Key::Enter), [Action::Do(Deed::Init)]);
    assert_eq!(state.update(Event::Done(Ok(Told::Initialised))), [Action::Follow]);
    state.update(Event::Kinds(config(&["codex"])));
    // Nobody has chosen anything yet, so that it is the first that is offered.
    assert_eq!(chosen(&state), "start codex");
    press(&mut state, Key::End);
    state.update(Event::Kinds(config(&["codex", "claude"])));
    assert_eq!(chosen(&state), "reload settings");
}

#[test]
fn a_screen_is_asked_for_only_where_it_is_shown() {
    let look = |state: &mut State, event| {
        let actions = state.update(event);
        actions.iter().any(|action| matches!(action, Action::Look(_)))
    };
    let mut state = state();
    assert!(look(&mut state, Event::Key(Key::Down)));
    assert!(!look(&mut state, Event::Resized(40, 10)));
    assert!(!look(&mut state, Event::Status(report(agents()))));
    assert!(look(&mut state, Event::Resized(80, 24)));
    assert!(!look(&mut state, Event::Resized(120, 30)));
    assert!(!look(&mut state, Event::Key(Key::Ctrl('v'))));
    assert!(look(&mut state, Event::Key(Key::Ctrl('v'))));
    assert!(look(&mut state, Event::Key(Key::Ctrl('l'))));
}

#[test]
fn only_the_chosen_agents_screen_is_shown() {
    let mut state = state();
    state.update(Event::Screen("ag-aaaa1111".to_owned(), Ok("late".to_owned())));
    assert_eq!(state.picture(), None);
    state.update(Event::Screen("ag-bbbb2222".to_owned(), Ok("a\nb".to_owned())));
    assert_eq!(state.picture().unwrap().len(), 2);
}

#[test]
fn without_news_it_listens_again_when_somebody_is_there() {
    let mut state = state();
    let deaf = || Event::Deaf("no daemon".to_owned());
    assert_eq!(state.update(deaf()), []);
    assert_eq!(state.notice().map(|notice| (notice.text.as_str(), notice.bad)), Some(("no daemon", true)));
    state.update(Event::Resized(80, 25));
    assert!(state.notice().is_some(), "nobody has done anything");
    assert!(press(&mut state, Key::Down).contains(&Action::Follow));
    assert!(!press(&mut state, Key::Down).contains(&Action::Follow), "it is listened for already");
    // What is asked of the daemon starts one; that it is listened to before would only hide that it is being done.
    state.update(deaf());
    press(&mut state, Key::Ctrl('u'));
    state.update(deaf());
    assert!(matches!(press(&mut state, Key::Ctrl('z')).as_slice(), [Action::Do(_)]));
    assert!(state.update(Event::Done(Ok(Told::Words("suspended".to_owned())))).contains(&Action::Follow));
}

#[test]
fn what_is_kept_is_asked_for_its_placeholders() {
    let mut state = State::new("/p".to_owned(), Some(report(Vec::new())), (80, 24));
    let start = |what, variables: &[&str]| Start {
        what,
        name: "x".to_owned(),
        variables: variables.iter().map(|name| (*name).to_owned()).collect(),
    };
    let template = start(What::Template, &["A", "B"]);
    let kept = |start: &Start| Kept { start: start.clone(), about: String::new(), error: None };
    state.update(Event::Definitions(vec![kept(&template)]));
    let press = |state: &mut State, keys: &[Key]| {
        keys.iter().flat_map(|key| state.update(Event::Key(*key))).collect::<Vec<_>>()
    };
    assert_eq!(press(&mut state, &[Key::Enter, Key::Char('1'), Key::Enter, Key::Char('2')]), []);
    let given = vec![("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())];
    assert_eq!(press(&mut state, &[Key::Enter]), [Action::Do(Deed::Start(template, given))]);
    state.update(Event::Done(Err("no".to_owned())));
    let swarm = start(What::Swarm, &[]);
    state.update(Event::Definitions(vec![kept(&swarm)]));
    assert_eq!(press(&mut state, &[Key::Enter, Key::Enter]), [], "many agents are asked for twice");
    assert_eq!(press(&mut state, &[Key::Enter, Key::Char('y')]), [Action::Do(Deed::Start(swarm.clone(), Vec::new()))]);
    state.update(Event::Done(Err("no".to_owned())));
    state.update(Event::Definitions(vec![Kept { error: Some("line 2: no".to_owned()), ..kept(&swarm) }]));
    type_in(&mut state, "swarm");
    assert_eq!(press(&mut state, &[Key::Enter]), []);
    assert_eq!(state.notice().map(|notice| (&*notice.text, notice.bad)), Some(("line 2: no", true)));
}

#[test]
fn a_worktree_is_gone_into_and_left_again() {
    let report = |names: &[&str]| {
        let worktrees = names.iter().map(|name| worktree(name)).collect();
        StatusReport { agents: agents(), worktrees, ..StatusReport::default() }
    };
    let mut state = State::new("/p".to_owned(), Some(report(&["work-0", "work-1"])), (80, 24));
    state.update(Event::Kinds(config(&["claude", "codex"])));
    type_in(&mut state, "work-1");
    assert_eq!(chosen(&state), "worktree work-1");
    assert_eq!(press(&mut state, Key::Enter), []);
    assert_eq!((chosen(&state), state.line().text(), state.total()), ("start codex", "", 4));
    // Back again: what was searched for is searched for still.
    assert_eq!(press(&mut state, Key::Escape), []);
    assert_eq!((chosen(&state), state.line().text()), ("worktree work-1", "work-1"));
    press(&mut state, Key::Enter);
    press(&mut state, Key::Enter);
    type_in(&mut state, "fix it");
    let spawn = Deed::Spawn("codex".to_owned(), Some("wt-work-1".to_owned()), "fix it".to_owned());
    assert_eq!(press(&mut state, Key::Enter), [Action::Do(spawn)]);
    state.update(Event::Done(Err("no".to_owned())));
    type_in(&mut state, "shell");
    assert_eq!(press(&mut state, Key::Enter), [Action::Do(Deed::Shell("/p/work-1".to_owned()))]);
    state.update(Event::Done(Err("no".to_owned())));
    press(&mut state, Key::Ctrl('u'));
    type_in(&mut state, "diff");
    assert_eq!(press(&mut state, Key::Enter), [Action::Leave(Outcome::Diff("wt-work-1".to_owned()))]);
    // Deleted by somebody else.
    state.update(Event::Status(report(&["work-0"])));
    assert!(state.within().is_none() && state.notice().is_some_and(|notice| notice.bad));
    press(&mut state, Key::Ctrl('u'));
    assert_eq!(press(&mut state, Key::Escape), [Action::Leave(Outcome::Left)]);
}
