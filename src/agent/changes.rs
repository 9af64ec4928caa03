//! Who hears that an agent does something else, and in which order.

use std::pin::pin;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};

use super::status::Judgement;

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

/// Tells of changes. Whoever draws what agents do is woken before all others, and the others give way to it once: a person looks at that,
/// and what others do for a change would stand in its way. It does not wait in the same queue, where the one that was busy longest comes
/// last.
#[derive(Debug)]
pub struct Changes {
    drawn: Notify,
    told: broadcast::Sender<Change>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { drawn: Notify::new(), told: broadcast::Sender::new(KEPT) }
    }
}

impl Changes {
    /// Tells of one. Nobody listening is no error.
    pub fn tell(&self, change: Change) {
        self.drawn.notify_one();
        let _ = self.told.send(change);
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

    /// Every change from now on.
    pub fn subscribe(&self) -> Told {
        Told(self.told.subscribe())
    }
}

/// Changes as they are told.
#[derive(Debug)]
pub struct Told(broadcast::Receiver<Change>);

impl Told {
    /// The next one, when those who draw have had their turn. The error says how many were missed.
    pub async fn next(&mut self) -> Result<Change, RecvError> {
        let told = self.0.recv().await;
        // Once for all that have come together.
        if self.0.is_empty() {
            tokio::task::yield_now().await;
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

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
        let others = tokio::spawn(async move { told.next().await.map(|_| heard()) });
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
