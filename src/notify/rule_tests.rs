//! Tests of `rule.rs`: what one agent does, and what is told of it.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::base::clock::Clock;
use crate::notify::queue::{Notification, Queue};

const AGENT: Change<'static> = Change {
    agent: "ag-1",
    name: "quiet-rudder",
    activity: "working",
    because: "its hook says so",
    looked_at: false,
    on_purpose: false,
};

/// As it would be queued.
fn kept(spec: NotificationSpec) -> Notification {
    Queue::default().push(Timestamp::UNIX_EPOCH, spec)
}

fn told_now(verdict: Verdict) -> Option<NotificationSpec> {
    match verdict {
        Verdict::Tell(spec) => Some(spec),
        Verdict::Nothing | Verdict::Later(_) => None,
    }
}

/// What is told of an agent that does this, each at so many seconds.
fn told(steps: &[(f64, Change<'static>)]) -> Vec<(f64, String)> {
    let (mut rule, start) = (Rule::default(), Clock::default().instant());
    let tell = |(at, change): &(f64, Change<'static>)| {
        let now = start + Duration::from_secs_f64(*at);
        let would = rule.would_tell(now, change.agent, change.activity);
        let spec = told_now(rule.changed(now, change));
        // Whoever was not worth the question is not told of, whatever the answer had been.
        assert_eq!(would && !change.looked_at && !change.on_purpose, spec.is_some(), "{change:?}");
        Some((*at, kept(spec?).title))
    };
    steps.iter().filter_map(tell).collect()
}

#[track_caller]
fn check(steps: &[(f64, &'static str)], expected: &[(f64, &str)]) {
    let steps: Vec<_> = steps.iter().map(|(at, activity)| (*at, Change { activity, ..AGENT })).collect();
    let expected: Vec<_> = expected.iter().map(|(at, words)| (*at, format!("quiet-rudder {words}"))).collect();
    assert_eq!(told(&steps), expected);
}

#[test]
fn three_turns_are_told() {
    check(
        &[(0.0, "starting"), (1.0, "working"), (2.0, "blocked"), (3.0, "working"), (4.0, "done"), (5.0, "failed")],
        &[(2.0, "wants an answer"), (4.0, "is done"), (5.0, "has failed")],
    );
    check(&[(0.0, "idle"), (1.0, "stuck"), (2.0, "suspended"), (3.0, "something new")], &[]);
    // An agent that fails at its start was never heard of before.
    check(&[(0.0, "failed")], &[(0.0, "has failed")]);
}

#[test]
fn what_stays_so_is_told_once() {
    check(&[(0.0, "blocked"), (1.0, "blocked"), (60.0, "blocked")], &[(0.0, "wants an answer")]);
    // It says it is done, and then ends.
    check(&[(0.0, "done"), (90.0, "done")], &[(0.0, "is done")]);
}

#[test]
fn what_flips_is_told_once() {
    check(
        &[(0.0, "blocked"), (1.0, "working"), (2.0, "blocked"), (3.0, "working"), (4.9, "blocked")],
        &[(0.0, "wants an answer")],
    );
    check(
        &[(0.0, "blocked"), (1.0, "working"), (5.0, "blocked")],
        &[(0.0, "wants an answer"), (5.0, "wants an answer")],
    );
    // Somebody answers after a minute, and the next question comes at once: that one is news.
    check(
        &[(0.0, "blocked"), (60.0, "working"), (62.0, "blocked")],
        &[(0.0, "wants an answer"), (62.0, "wants an answer")],
    );
}

#[test]
fn a_second_question_is_told_when_it_is_still_open() {
    let (mut rule, start) = (Rule::default(), Clock::default().instant());
    let at = |seconds| start + Duration::from_secs(seconds);
    let blocked = Change { activity: "blocked", ..AGENT };
    assert!(told_now(rule.changed(at(0), &blocked)).is_some());
    assert_eq!(rule.changed(at(1), &AGENT), Verdict::Nothing);
    assert_eq!(rule.changed(at(2), &blocked), Verdict::Later(at(5)));
    assert!(rule.would_tell(at(5), "ag-1", "blocked"));
    assert!(told_now(rule.changed(at(5), &blocked)).is_some());
    assert_eq!(rule.changed(at(6), &blocked), Verdict::Nothing, "and only once");
}

#[test]
fn who_looks_at_it_has_seen_it() {
    let blocked = Change { activity: "blocked", ..AGENT };
    let seen = Change { looked_at: true, ..blocked };
    assert_eq!(told(&[(0.0, seen)]), []);
    // Looking away makes no news of it; blocking again does.
    assert_eq!(told(&[(0.0, seen), (9.0, blocked)]), []);
    assert_eq!(told(&[(0.0, seen), (1.0, AGENT), (2.0, blocked)]).len(), 1);
}

#[test]
fn an_agent_that_was_ended_did_not_fail() {
    let failed = Change { activity: "failed", on_purpose: true, ..AGENT };
    assert_eq!(told(&[(0.0, AGENT), (1.0, failed)]), []);
}

#[test]
fn a_new_daemon_tells_nothing_again() {
    let (mut rule, now) = (Rule::default(), Clock::default().instant());
    let blocked = Change { activity: "blocked", ..AGENT };
    rule.adopt("ag-1", "blocked");
    assert_eq!(rule.changed(now, &blocked), Verdict::Nothing);
    rule.forget("ag-1");
    let notification = kept(told_now(rule.changed(now, &blocked)).unwrap());
    assert_eq!(notification.title, "quiet-rudder wants an answer");
    assert_eq!(notification.message, "its hook says so");
    assert_eq!((notification.level, notification.source.as_str()), (Level::Warning, "pintle"));
    assert_eq!(notification.agent.as_deref(), Some("ag-1"));
}

#[test]
fn a_question_holds_until_the_agent_goes_on() {
    let turn = |activity: &'static str| {
        let told = Rule::default().changed(Clock::default().instant(), &Change { activity, ..AGENT });
        kept(told_now(told).unwrap())
    };
    let check = |notification: &Notification, activity: Option<&str>, expected: bool| {
        assert_eq!(holds(notification, activity), expected, "{notification:?} {activity:?}");
    };
    let asks = turn("blocked");
    check(&asks, Some("blocked"), true);
    check(&asks, Some("working"), false);
    check(&asks, None, false);
    check(&turn("failed"), None, true);
    check(&turn("done"), Some("working"), true);
    let warning = NotificationSpec::new("disk", "nearly full", Level::Warning, "client").unwrap();
    check(&kept(warning.about_agent("ag-1")), Some("working"), true);
}

#[test]
fn agents_do_not_silence_each_other() {
    let (mut rule, now) = (Rule::default(), Clock::default().instant());
    for agent in ["ag-1", "ag-2"] {
        assert!(told_now(rule.changed(now, &Change { agent, activity: "blocked", ..AGENT })).is_some());
    }
}

proptest! {
    /// However an agent flips: a kind of turn is never told twice within five seconds, and only when it is what the agent does.
    #[test]
    fn never_twice_within_five_seconds(steps in prop::collection::vec((0..3000_u64, 0..5_usize, any::<bool>()), 0..60)) {
        let words = ["working", "blocked", "done", "failed", "idle"];
        let (mut rule, mut now) = (Rule::default(), Clock::default().instant());
        let mut told: Vec<(Instant, usize)> = Vec::new();
        for (pause, word, looked_at) in steps {
            now += Duration::from_millis(pause);
            if told_now(rule.changed(now, &Change { activity: words[word], looked_at, ..AGENT })).is_some() {
                prop_assert!((1..=3).contains(&word) && !looked_at);
                let recent = told.iter().filter(|(at, kind)| *kind == word && now - *at < DEBOUNCE);
                prop_assert_eq!(recent.count(), 0);
                told.push((now, word));
            }
        }
    }
}
