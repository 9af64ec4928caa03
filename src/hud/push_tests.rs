//! Tests of `push.rs`, against a model of what tmux keeps.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::base::clock::Clock;

fn wanted(global: &str, panes: &[(u8, &str)]) -> Wanted<u8> {
    let panes = panes.iter().map(|(pane, text)| (*pane, Arc::from(*text))).collect();
    Wanted { global: Some(Arc::from(global)), panes }
}

fn set(target: Target<u8>, text: &str) -> Write<u8> {
    Write { target, text: Some(Arc::from(text)) }
}

const fn unset(target: Target<u8>) -> Write<u8> {
    Write { target, text: None }
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn only_what_differs_is_written() {
    let (mut push, now) = (Push::default(), Clock::default().instant());
    let first = push.changed(now, wanted("a", &[(1, "a"), (2, "b")]));
    assert_eq!(first, [set(Target::Global, "a"), set(Target::Pane(2), "b")]);
    assert_eq!(push.changed(now + ms(900), wanted("a", &[(1, "a"), (2, "b")])), []);
    assert_eq!(push.next_deadline(now + ms(900)), None);
    // Pane 2 sees what all see, pane 1 no longer does.
    let next = push.changed(now + ms(901), wanted("b", &[(1, "a"), (2, "b")]));
    assert_eq!(next, [set(Target::Global, "b"), set(Target::Pane(1), "a"), unset(Target::Pane(2))]);
}

#[test]
fn what_comes_in_the_gap_is_merged() {
    let (mut push, now) = (Push::<u8>::default(), Clock::default().instant());
    assert_eq!(push.changed(now, wanted("0", &[])).len(), 1);
    assert_eq!(push.changed(now + ms(10), wanted("1", &[])), []);
    assert_eq!(push.changed(now + ms(249), wanted("2", &[])), []);
    assert_eq!(push.next_deadline(now + ms(249)), Some(now + GAP));
    assert_eq!(push.due(now + GAP), [set(Target::Global, "2")]);
    assert_eq!(push.next_deadline(now + GAP), None);
    // There and back again within a gap: nothing was ever seen of it.
    assert_eq!(push.changed(now + ms(300), wanted("3", &[])), []);
    assert_eq!(push.changed(now + ms(310), wanted("2", &[])), []);
    assert_eq!(push.next_deadline(now + ms(310)), None);
}

#[test]
fn panes_that_are_gone_are_left_alone() {
    let (mut push, now) = (Push::default(), Clock::default().instant());
    let _ = push.changed(now, wanted("a", &[(1, "x"), (2, "y"), (3, "z")]));
    // Something else was started in the third, which keeps its option.
    push.follow(|pane| match pane {
        1 => None,
        3 => Some(4),
        pane => Some(*pane),
    });
    assert_eq!(push.changed(now + ms(300), wanted("a", &[(2, "y")])), [unset(Target::Pane(4))]);
}

#[test]
fn what_is_not_known_is_written_or_taken_away() {
    let (mut push, now) = (Push::default(), Clock::default().instant());
    // An earlier daemon has written there.
    for target in [Target::Global, Target::Pane(1), Target::Pane(2)] {
        push.doubt(target);
    }
    let all = [set(Target::Global, "a"), set(Target::Pane(2), "b"), unset(Target::Pane(1))];
    assert_eq!(push.changed(now, wanted("a", &[(2, "b")])), all);
    // Nobody knows whether it arrived: a pane that is to have none meanwhile is not forgotten.
    for target in [Target::Global, Target::Pane(2), Target::Pane(1)] {
        push.doubt(target);
    }
    let all = [set(Target::Global, "a"), unset(Target::Pane(1)), unset(Target::Pane(2))];
    assert_eq!(push.changed(now + GAP, wanted("a", &[])), all);
    assert_eq!(push.next_deadline(now + GAP), None);
}

#[test]
fn who_leaves_takes_everything_along_at_once() {
    let (mut push, now) = (Push::default(), Clock::default().instant());
    let _ = push.changed(now, wanted("a", &[(1, "x")]));
    push.doubt(Target::Pane(2));
    let last = [set(Target::Global, "inactive"), unset(Target::Pane(1)), unset(Target::Pane(2))];
    assert_eq!(push.clone().leave(wanted("inactive", &[])), last);
    let last = [unset(Target::Global), unset(Target::Pane(1)), unset(Target::Pane(2))];
    assert_eq!(push.leave(Wanted::default()), last);
}

/// A tmux server: what was set is there, what was unset is not.
#[derive(Default)]
struct Server {
    options: BTreeMap<Target<u8>, Arc<str>>,
    /// Whose writes were not answered.
    doubted: BTreeSet<Target<u8>>,
    batches: Vec<Instant>,
}

impl Server {
    fn write(&mut self, now: Instant, writes: Vec<Write<u8>>) {
        self.batches.extend((!writes.is_empty()).then_some(now));
        for Write { target, text } in writes {
            let before = self.options.get(&target).cloned();
            let is_certain = !self.doubted.remove(&target);
            assert!(before != text || !is_certain, "{target:?} was written though it did not differ");
            match text {
                Some(text) => self.options.insert(target, text),
                None => self.options.remove(&target),
            };
        }
    }

    /// It does not answer: each of these was done or not.
    fn hang(&mut self, push: &mut Push<u8>, writes: Vec<Write<u8>>, done: u8) {
        for (at, Write { target, text }) in writes.into_iter().enumerate() {
            push.doubt(target.clone());
            self.doubted.insert(target.clone());
            match text.filter(|_| done >> (at % 8) & 1 == 1) {
                Some(text) => drop(self.options.insert(target, text)),
                None if done >> (at % 8) & 1 == 1 => drop(self.options.remove(&target)),
                None => {}
            }
        }
    }

    /// `#{@pintle_hud}` in a pane.
    fn shows(&self, pane: u8) -> Option<&Arc<str>> {
        self.options.get(&Target::Pane(pane)).or_else(|| self.options.get(&Target::Global))
    }
}

#[derive(Clone, Debug)]
enum Step {
    Change(Wanted<u8>),
    Due,
    Gone(u8),
    /// A change that is not answered, and which of its writes were carried out all the same.
    Hang(Wanted<u8>, u8),
}

fn any_wanted() -> impl Strategy<Value = Wanted<u8>> {
    let text = || prop::sample::select(vec!["a", "b", "c"]).prop_map(Arc::from);
    let panes = prop::collection::btree_map(0..4_u8, text(), 0..4);
    (prop::option::weighted(0.9, text()), panes).prop_map(|(global, panes)| Wanted { global, panes })
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        6 => any_wanted().prop_map(Step::Change),
        3 => Just(Step::Due),
        1 => (0..4_u8).prop_map(Step::Gone),
        1 => (any_wanted(), any::<u8>()).prop_map(|(wanted, done)| Step::Hang(wanted, done)),
    ];
    prop::collection::vec((0..400_u64, step), 1..60)
}

proptest! {
    #[test]
    fn tmux_ends_up_with_what_is_wanted(steps in steps()) {
        let (mut push, mut server, mut now) = (Push::default(), Server::default(), Clock::default().instant());
        let mut wanted = Wanted::default();
        for (pause, step) in steps {
            now += ms(pause);
            match step {
                Step::Change(new) => {
                    wanted = new.clone();
                    server.write(now, push.changed(now, new));
                }
                Step::Due => server.write(now, push.due(now)),
                Step::Gone(pane) => {
                    server.options.remove(&Target::Pane(pane));
                    server.doubted.remove(&Target::Pane(pane));
                    wanted.panes.remove(&pane);
                    push.follow(|other| (*other != pane).then_some(*other));
                }
                Step::Hang(new, done) => {
                    wanted = new.clone();
                    let writes = push.changed(now, new);
                    server.batches.extend((!writes.is_empty()).then_some(now));
                    server.hang(&mut push, writes, done);
                }
            }
        }
        if let Some(deadline) = push.next_deadline(now) {
            let now = deadline.max(now);
            server.write(now, push.due(now));
        }
        prop_assert_eq!(push.next_deadline(now + GAP), None);
        prop_assert_eq!(server.options.get(&Target::Global), wanted.global.as_ref());
        for pane in 0..4 {
            prop_assert_eq!(server.shows(pane), wanted.panes.get(&pane).or(wanted.global.as_ref()), "pane {}", pane);
            let own = server.options.get(&Target::Pane(pane));
            prop_assert!(own.is_none() || own != wanted.global.as_ref(), "pane {} needs no option", pane);
        }
        for first in &server.batches {
            let second = server.batches.iter().filter(|at| *at >= first && **at - *first < ms(1000));
            prop_assert!(second.count() <= 4);
        }
    }
}
