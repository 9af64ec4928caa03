//! Who hears that an agent does something else, and in which order.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast};

use super::status::Judgement;
use crate::base::awake::after_others;

/// Changes that a slow listener may be behind before it is told that it missed some.
const KEPT: usize = 1024;

/// Something that others may want to know.
#[derive(Clone, Debug)]
pub struct Change {
    /// The agent.
    pub agent: String,
    /// Its project.
    pub project_root: String,
    /// What it does now.
    pub judgement: Judgement,
}

/// Tells of changes. Whoever draws what agents do hears of one first, and all others when it is drawn: a person looks at it, and what the
/// others do for a change, were it only to wake, would stand in its way, also on another core. (A moment is waited for and not tmux's
/// answer, which it gives before its terminals have what it has drawn, as often as not.)
#[derive(Debug)]
pub struct Changes {
    drawn: Notify,
    /// Those of which the others have not been told: what one turn of all tasks makes. One more than listeners can be behind, at most, so
    /// that all of them are told that they missed some.
    untold: Mutex<VecDeque<Change>>,
    any: Notify,
    told: broadcast::Sender<Change>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { drawn: Notify::new(), untold: Mutex::default(), any: Notify::new(), told: broadcast::Sender::new(KEPT) }
    }
}

impl Changes {
    /// Tells of one. Nobody listening is no error.
    pub fn tell(&self, change: Change) {
        self.drawn.notify_one();
        let mut untold = self.untold();
        untold.push_back(change);
        if untold.len() > KEPT + 1 {
            untold.pop_front();
        }
        drop(untold);
        self.any.notify_one();
    }

    /// Tells the others, for as long as it is polled.
    pub async fn pass_on(&self) {
        loop {
            self.any.notified().await;
            after_others().await;
            let untold = std::mem::take(&mut *self.untold());
            untold.into_iter().for_each(|change| drop(self.told.send(change)));
        }
    }

    fn untold(&self) -> MutexGuard<'_, VecDeque<Change>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Completes when there is something to draw that was not there when it last did, or at the last [`Changes::drawn`]. For one reader,
    /// who asks the agents what it is.
    pub async fn to_draw(&self) {
        self.drawn.notified().await;
    }

    /// All that was told until now is going to be drawn.
    pub fn drawn(&self) {
        pin!(self.drawn.notified()).enable();
    }

    /// Every change that is told from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.told.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::broadcast::error::RecvError;

    use super::*;
    use crate::agent::status::{Observed, judge};

    fn change() -> Change {
        let judgement = judge(&Observed::default());
        Change { agent: "ag-1".to_owned(), project_root: "/p".to_owned(), judgement }
    }

    /// Whoever draws comes first, also one that began to wait after the others, and so does what it wakes itself.
    #[tokio::test]
    async fn who_draws_is_first() {
        let (changes, order) = (Arc::new(Changes::default()), Arc::new(Mutex::new(Vec::new())));
        let note = |word| {
            let order = order.clone();
            move || order.lock().expect("nobody has panicked").push(word)
        };
        let (mut told, heard) = (changes.subscribe(), note("told"));
        let tells = changes.clone();
        tokio::spawn(async move { tells.pass_on().await });
        let others = tokio::spawn(async move { told.recv().await.map(|_| heard()) });
        tokio::task::yield_now().await;
        let (draws, drawn, written) = (changes.clone(), note("drawn"), note("written"));
        let drawing = tokio::spawn(async move {
            draws.to_draw().await;
            drawn();
            tokio::spawn(async move { written() }).await
        });
        tokio::task::yield_now().await;
        changes.tell(change());
        others.await.expect("it ends").expect("it was told");
        drawing.await.expect("it ends").expect("it ends");
        assert_eq!(*order.lock().expect("nobody has panicked"), ["drawn", "written", "told"]);
    }

    #[tokio::test]
    async fn who_is_too_far_behind_is_told_so() {
        let changes = Arc::new(Changes::default());
        let mut told = changes.subscribe();
        for _ in 0..=KEPT + 5 {
            changes.tell(change());
        }
        let tells = changes.clone();
        tokio::spawn(async move { tells.pass_on().await });
        assert!(matches!(told.recv().await, Err(RecvError::Lagged(1))));
        assert!(told.recv().await.is_ok());
    }

    #[tokio::test]
    async fn what_is_going_to_be_drawn_is_drawn_once() {
        let changes = Changes::default();
        changes.tell(change());
        changes.tell(change());
        changes.to_draw().await;
        changes.tell(change());
        changes.drawn();
        let mut again = pin!(changes.to_draw());
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(again.as_mut().poll(cx).is_pending())).await);
        changes.tell(change());
        again.await;
    }
}
