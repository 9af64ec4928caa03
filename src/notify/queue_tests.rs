//! Tests of `queue.rs`.

use proptest::prelude::*;

use super::*;

fn spec(title: &str) -> NotificationSpec {
    NotificationSpec::new(title, "", Level::Info, "cli").unwrap()
}

fn titles<'a>(notifications: impl IntoIterator<Item = &'a Notification>) -> Vec<&'a str> {
    notifications.into_iter().map(|notification| notification.title.as_str()).collect()
}

#[test]
fn what_is_drained_was_read() {
    let mut queue = Queue::default();
    let at = Timestamp::UNIX_EPOCH;
    let first = queue.push(at, spec("one").about_agent("ag-1").from_pane(Origin { pane: "%3".to_owned(), tmux: None }));
    assert_eq!((first.id, first.timestamp, first.source.as_str()), (0, at, "cli"));
    let pane = first.origin.as_ref().map(|origin| origin.pane.as_str());
    assert_eq!((first.agent.as_deref(), pane), (Some("ag-1"), Some("%3")));
    queue.push(at, spec("two"));
    assert_eq!(titles(queue.list()), ["one", "two"]);
    assert_eq!(queue.newest().unwrap().title, "two");
    let drained = queue.drain();
    assert_eq!((titles(&drained.notifications), drained.dropped), (vec!["one", "two"], 0));
    assert_eq!(queue.newest(), None);
    assert_eq!(queue.drain().notifications, []);
    assert_eq!(queue.push(at, spec("three")).id, 2);
}

#[test]
fn the_oldest_makes_room() {
    let mut queue = Queue::default();
    for number in 0..KEPT + 3 {
        queue.push(Timestamp::UNIX_EPOCH, spec(&number.to_string()));
    }
    assert_eq!((queue.list().len(), queue.dropped()), (KEPT, 3));
    assert_eq!(queue.list().next().unwrap().title, "3");
    assert_eq!(queue.drain().dropped, 3);
    assert_eq!(queue.dropped(), 0);
}

#[test]
fn a_restart_loses_nothing() {
    let mut queue = Queue::default();
    queue.push(Timestamp::UNIX_EPOCH, spec("one"));
    queue.drain();
    queue.push(Timestamp::UNIX_EPOCH, spec("two"));
    let again = Queue::restored(queue.saved());
    assert_eq!(again.saved(), queue.saved());
    assert_eq!(again.newest().unwrap().id, 1);
}

#[test]
fn an_edited_file_breaks_no_promise() {
    let mut queue = Queue::default();
    let one = queue.push(Timestamp::UNIX_EPOCH, spec("x"));
    let many = (0..KEPT as u64 + 5).map(|id| Notification { id, ..one.clone() }).collect();
    let mut restored = Queue::restored(Saved { notifications: many, dropped: 1, next_id: 3 });
    assert_eq!((restored.list().len(), restored.dropped()), (KEPT, 6));
    assert_eq!(restored.push(Timestamp::UNIX_EPOCH, spec("y")).id, KEPT as u64 + 5);
}

#[test]
fn what_is_sent_is_kept_as_it_is_or_refused() {
    let new = |title: &str, message: &str| NotificationSpec::new(title, message, Level::Info, "cli").map(|_| ());
    let check = |title: &str, message: &str, expected: Result<(), &str>| {
        assert_eq!(new(title, message).map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    };
    let (title, message) = ("x".repeat(TITLE_MAX), "y".repeat(MESSAGE_MAX));
    check("#(touch pwned)", "", Ok(()));
    check("", "text", Ok(()));
    check(&title, &message, Ok(()));
    check(" ", "\n", Err("the notification is empty: give it a `title` or a `message`"));
    check(
        &format!("{title}x"),
        "",
        Err("the notification's `title` has 1025 bytes, at most 1024 are kept: shorten it"),
    );
    check(
        "",
        &format!("{message}y"),
        Err("the notification's `message` has 8193 bytes, at most 8192 are kept: shorten it"),
    );
}

#[test]
fn text_is_what_there_is() {
    let check = |title, message, expected| {
        let mut queue = Queue::default();
        let spec = NotificationSpec::new(title, message, Level::Info, "cli").unwrap();
        assert_eq!(queue.push(Timestamp::UNIX_EPOCH, spec).text(), expected);
    };
    check("done", "all green", "done: all green");
    check("done", " ", "done");
    check("", "all green", "all green");
}

#[test]
fn levels() {
    for level in Level::ALL {
        assert_eq!(level.as_str().parse(), Ok(level));
    }
    assert_eq!(
        "fatal".parse::<Level>().unwrap_err().to_string(),
        "unknown level `fatal`: one of info, warning, error, success"
    );
    assert!(Level::Error.is_urgent() && !Level::Success.is_urgent());
}

proptest! {
    #[test]
    fn what_is_cut_is_a_beginning(text in any::<String>(), most in 3..40_usize) {
        let short = cut(&text, most);
        prop_assert!(short.len() <= most);
        let kept = if text.len() <= most { short.as_str() } else { short.strip_suffix('…').expect("an ellipsis") };
        prop_assert!(text.starts_with(kept));
    }
}
