//! Which reply answers which command. Pure: numbers in, answers out.
//!
//! tmux answers a client's lines in their order, so the oldest unanswered one is answered next. Blocks that user hooks make carry
//! a flag that says they are not ours and are passed over. A pane can show what looks like the end of its own capture, and tmux
//! does not escape that; numbers that do not grow and ends without a beginning betray it, and such a connection is not believed
//! any more.

use std::collections::VecDeque;

use super::super::command::{Command, is_stale};
use super::super::parser::Reply;
use super::Answer;

/// A command that waits for its answer.
#[derive(Debug)]
pub(super) struct Entry<T> {
    /// What the asker calls it.
    pub ticket: T,
    /// Where its line ends in everything that was ever sent.
    pub end: u64,
    /// Replies that are still to come.
    replies: usize,
}

/// The commands that were sent and not answered, oldest first.
#[derive(Debug)]
pub(super) struct Pipeline<T> {
    waiting: VecDeque<Entry<T>>,
    last: Option<u64>,
}

/// A reply that nothing was sent for, or one out of order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Confused;

impl<T> Default for Pipeline<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), last: None }
    }
}

impl<T> Pipeline<T> {
    /// Notes that `command` was sent, and that its line ends at `end`.
    pub fn sent(&mut self, ticket: T, command: &Command, end: u64) {
        self.waiting.push_back(Entry { ticket, end, replies: command.replies() });
    }

    /// Takes a reply. `Some` when it completes the answer to a command.
    pub fn reply(&mut self, reply: Reply) -> Result<Option<(T, Answer)>, Confused> {
        if self.last.is_some_and(|last| reply.number <= last) {
            return Err(Confused);
        }
        self.last = Some(reply.number);
        if !reply.ours {
            return Ok(None);
        }
        let entry = self.waiting.front_mut().ok_or(Confused)?;
        entry.replies -= 1;
        // A condition that could not even be asked is answered by that one reply.
        if entry.replies > 0 && reply.done {
            return Ok(None);
        }
        let answer = match reply {
            Reply { cut: true, .. } => Answer::Refused(b"the reply is longer than 16 MiB".to_vec()),
            Reply { done: true, text, .. } => Answer::Done(text),
            Reply { text, .. } if is_stale(&text) => Answer::Stale,
            Reply { text, .. } => Answer::Refused(text),
        };
        Ok(self.waiting.pop_front().map(|entry| (entry.ticket, answer)))
    }

    /// How many commands wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Gives up on all of them.
    pub fn take(&mut self) -> VecDeque<Entry<T>> {
        self.last = None;
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use tmux_interface::KillServer;

    use super::*;

    fn reply(number: u64, ours: bool, done: bool, text: &str) -> Reply {
        Reply { number, ours, done, text: text.into(), cut: false }
    }

    fn sent(commands: &[&Command]) -> Pipeline<usize> {
        let mut pipeline = Pipeline::default();
        for (index, command) in commands.iter().enumerate() {
            pipeline.sent(index, command, 0);
        }
        pipeline
    }

    fn plain() -> Command {
        Command::repeatable(&KillServer::new().build())
    }

    fn guarded() -> Command {
        plain().only_if(crate::tmux::server::PaneId(1), "1")
    }

    #[test]
    fn replies_answer_in_order_whatever_hooks_say_in_between() {
        let mut pipeline = sent(&[&plain(), &plain()]);
        assert_eq!(pipeline.reply(reply(5, false, true, "of a hook")), Ok(None));
        assert_eq!(pipeline.reply(reply(6, true, true, "a\n")), Ok(Some((0, Answer::Done(b"a\n".to_vec())))));
        assert_eq!(pipeline.reply(reply(7, false, false, "of a hook")), Ok(None));
        let refused = Answer::Refused(b"no\n".to_vec());
        assert_eq!(pipeline.reply(reply(9, true, false, "no\n")), Ok(Some((1, refused))));
        assert!(pipeline.is_empty());
    }

    #[test]
    fn a_condition_and_its_command_are_one_answer() {
        let mut pipeline = sent(&[&guarded(), &guarded(), &guarded()]);
        assert_eq!(pipeline.reply(reply(1, true, true, "")), Ok(None));
        assert_eq!(pipeline.reply(reply(2, true, true, "x")), Ok(Some((0, Answer::Done(b"x".to_vec())))));
        assert_eq!(pipeline.reply(reply(3, true, true, "")), Ok(None));
        let no = "can't find session: pintle-no-such-pane\n";
        assert_eq!(pipeline.reply(reply(4, true, false, no)), Ok(Some((1, Answer::Stale))));
        let refused = Answer::Refused(b"parse error".to_vec());
        assert_eq!(pipeline.reply(reply(5, true, false, "parse error")), Ok(Some((2, refused))));
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        assert_eq!(sent(&[]).reply(reply(1, true, true, "")), Err(Confused));
        let mut pipeline = sent(&[&plain(), &plain()]);
        pipeline.reply(reply(7, true, true, "")).unwrap();
        assert_eq!(pipeline.reply(reply(7, true, true, "")), Err(Confused));
    }
}
