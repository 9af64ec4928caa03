//! From which pane a new one was split. Pure.
//!
//! tmux keeps no such thing, but knows it while it splits: its hook then has the words of `split-window`, and puts the new pane into
//! the window's order right behind the one that was split, or before it with `-b`. So the hook (`client/push.rs`) writes down what it sees,
//! into an option of the new pane, in the same turn of tmux's: nobody can look in between. The pane that was active was taken for
//! it before, which is another one whenever a script splits its own pane while a person is elsewhere. The target alone says less: most
//! splits name none, and `{last}` names another pane afterwards. The layout says less too: a hook of the user's may have arranged it anew.

use super::super::server::PaneId;

/// The option of a new pane that holds it, until it is settled what the pane inherits.
pub const SPLIT_OPTION: &str = "@pintle_split";

/// What the hook writes down: `-b`, `-f`, every pane of the window with its place, and what was named as the target. Places, since from 3.8
/// on panes are not listed in their order.
pub(in crate::tmux) const FORMAT: &str = "#{hook_flag_b} #{hook_flag_f} #{P:#{pane_id}=#{pane_index}#,} #{hook_flag_t}";

/// The panes from which `own` may have been split, as the hook has written it down: one where that is certain. With `-f` the new pane lies
/// beside the whole window, and where no pane was named by its id, it can be any of the others. Empty for a text that is none of the hook's.
pub(super) fn origin(own: PaneId, said: &[u8]) -> Vec<PaneId> {
    parse(own, said).unwrap_or_default()
}

fn parse(own: PaneId, said: &[u8]) -> Option<Vec<PaneId>> {
    let mut parts = std::str::from_utf8(said).ok()?.splitn(4, ' ');
    let (before, full, order, target) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let place = |word: &str| {
        let (pane, place) = word.split_once('=')?;
        Some((place.parse::<u32>().ok()?, pane.parse::<PaneId>().ok()?))
    };
    let mut order: Vec<(u32, PaneId)> = order.split_terminator(',').map(place).collect::<Option<_>>()?;
    order.sort_unstable();
    let mut order: Vec<PaneId> = order.into_iter().map(|(_, pane)| pane).collect();
    let at = order.iter().position(|pane| *pane == own)?;
    if let Some(named) = target.parse().ok().filter(|named| *named != own) {
        return Some(vec![named]);
    }
    if full.is_empty() {
        let beside = if before.is_empty() { at.checked_sub(1)? } else { at + 1 };
        return order.get(beside).map(|pane| vec![*pane]);
    }
    order.remove(at);
    Some(order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_hook_has_seen() {
        #[track_caller]
        fn check(said: &str, expected: &[u32]) {
            let expected: Vec<PaneId> = expected.iter().copied().map(PaneId).collect();
            assert_eq!(origin(PaneId(5), said.as_bytes()), expected, "{said}");
        }
        check("  %0=0,%5=1,%1=2, ", &[0]);
        check("1  %0=0,%5=1,%1=2, ", &[1]);
        check("  %0=1,%1=3,%5=2, {last}", &[0]);
        check("  %0=0,%1=1,%5=2, %0", &[0]);
        check(" 1 %0=0,%1=1,%5=2, %0", &[0]);
        check(" 1 %0=0,%1=1,%5=2, ", &[0, 1]);
        check("1 1 %5=0,%0=1,%1=2, :.+ x", &[0, 1]);
        check("  %0=0,%5=1, %5", &[0]);
        // Not what the hook writes.
        for wrong in ["", "x", "  %0=0, ", "  %5=0, ", "1  %0=0,%5=1, ", "  %0,%5, ", "  %0=a,%5=1, "] {
            check(wrong, &[]);
        }
        assert_eq!(origin(PaneId(5), b"  %0=0,%5=1, \xff"), []);
    }

    proptest! {
        #[test]
        fn nothing_is_too_odd(own in 0u32..9, said in "[%0-9=, bf]{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(!origin(PaneId(own), said.as_bytes()).contains(&PaneId(own)));
            prop_assert!(!origin(PaneId(own), &bytes).contains(&PaneId(own)));
        }
    }
}
