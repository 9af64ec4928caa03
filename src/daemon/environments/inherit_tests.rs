use super::*;
use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::daemon::environments::overrides::Scope;
use crate::daemon::environments::overrides::tests::{pane as any_pane, snapshot};
use crate::project::state::{Kept, StateFile};
use crate::tmux::server::WindowId;

const ACTIVE: bool = true;

/// Pane `%id` of a window, split from these as far as the hook has said.
fn pane(id: u32, window: u32, active: bool, split_from: &[u32]) -> Pane {
    let split_from = split_from.iter().copied().map(PaneId).collect();
    Pane { window: WindowId(window), split_from, ..any_pane(id, 100 + id, active) }
}

/// What the last of the panes `now` has in the end, where `%1` is in `dev`, `%2` in `prod`, and `%3` in none of its own.
#[track_caller]
fn check(before: &[Pane], now: &[Pane], expected: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let (state, _) = Kept::<StateFile>::load(folder.path().join("state.json"));
    let environments = Environments::new(Places::in_folder(folder.path()), state, Clock::System);
    let of = |pane: &Pane| environments.overrides(pane).pane;
    for (id, env) in [(1, "dev"), (2, "prod")] {
        environments.set_override(&pane(id, 0, false, &[]), Scope::Pane, Some(env));
    }
    let guard = |pane: &Pane| if of(pane).as_deref() == Some("prod") { Level::Confirm } else { Level::Free };
    let (before, now) = (snapshot(before), snapshot(now));
    let newest = now.panes.iter().max_by_key(|pane| pane.key.pane).unwrap();
    let any = environments.inherit(&before, &now, guard);
    assert_eq!((of(newest).as_deref(), any), (expected, expected.is_some()));
    assert!(!environments.inherit(&before, &now, guard), "once");
}

#[test]
fn the_one_that_was_split_and_not_the_active_one() {
    let [dev, prod, none] = [pane(1, 0, ACTIVE, &[]), pane(2, 0, false, &[]), pane(3, 0, false, &[])];
    let before = [dev.clone(), prod.clone(), none.clone()];
    let split = |from: &[u32]| [dev.clone(), prod.clone(), none.clone(), pane(9, 0, false, from)];
    check(&before, &split(&[1]), Some("dev"));
    check(&before, &split(&[2]), Some("prod"));
    check(&before, &split(&[3]), None);
    // One of these, it is not known which.
    check(&before, &split(&[1, 2, 3]), Some("prod"));
    check(&before, &split(&[1, 3]), None);
    check(&before, &split(&[77]), None);
    // Gone in the same moment.
    check(&before, &[dev.clone(), none.clone(), pane(9, 0, false, &[2])], Some("prod"));
    // Split from one that is new as well, which is listed behind it.
    let chain = [dev.clone(), prod.clone(), pane(9, 0, false, &[8]), pane(8, 0, false, &[2])];
    check(&before, &chain, Some("prod"));
    // Nothing is known of the time before, but the new pane says.
    check(&[], &split(&[2]), Some("prod"));
    // What it is split from is said a moment later.
    check(&split(&[]), &split(&[2]), Some("prod"));
    check(&split(&[2]), &split(&[2]), None);
}

#[test]
fn where_the_hook_says_nothing_the_strictest_of_the_likely_counts() {
    let [dev, prod, none] = [pane(1, 0, false, &[]), pane(2, 0, false, &[]), pane(3, 0, false, &[])];
    let new = pane(9, 0, false, &[]);
    let active = |of: &Pane| Pane { active: true, ..of.clone() };
    let before = [active(&dev), prod.clone(), none.clone()];
    check(&before, &[dev.clone(), new.clone(), prod.clone(), none.clone()], Some("prod"));
    check(&before, &[new.clone(), dev.clone(), prod.clone(), none.clone()], Some("dev"));
    check(&[dev.clone(), active(&prod), none.clone()], &[new.clone(), dev.clone(), prod.clone()], Some("prod"));
    // As strict as each other: a person splits where the cursor is.
    check(&[dev.clone(), active(&none)], &[dev.clone(), new.clone(), none.clone()], None);
    check(&[active(&dev), none.clone()], &[dev.clone(), new.clone(), none.clone()], Some("dev"));
    // A window of its own was split from nothing; and who knows of no time before does not guess.
    check(&before, &[dev.clone(), prod.clone(), none.clone(), pane(9, 7, ACTIVE, &[])], None);
    check(&[], &[dev, prod, none, new], None);
}
