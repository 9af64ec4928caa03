//! Many commands in one `tmux` process, for the moments without a control client.
//!
//! A process prints everything into one stream and stops at the first command that fails. So each command is put into a
//! condition of its own, which holds while the server is the one it was meant for; behind it, inside and outside of the condition,
//! marks are printed that nobody can guess. What a user's hook prints is part of the answer here; on a control client it is not.

use std::collections::VecDeque;
use std::ffi::OsString;

use memchr::memmem;
use tmux_interface::DisplayMessage;
use uuid::Uuid;

use super::super::command::{Command, is_stale};
use super::super::error::TmuxError;
use super::super::server::ServerId;
use super::Answer;
use super::process::{self, Printed};

/// tmux hands the words to the server in one message of 16 KiB, its own things included.
const MOST_BYTES: usize = 15 << 10;

/// An answer for each command, or the error that ended them all.
pub(in super::super) type Batched = Result<Vec<Result<Answer, TmuxError>>, TmuxError>;

/// Carries out commands for exactly this server, as few processes as their length needs. The answers are in the order of the
/// commands. `Err` ends it all: what has not been answered by then may have been carried out or not.
pub(in super::super) async fn run(server: &ServerId, commands: &[Command]) -> Batched {
    let mark = format!("pintle-{}", Uuid::new_v4().simple());
    let mut answers = Vec::with_capacity(commands.len());
    while answers.len() < commands.len() {
        let batch = match Batch::new(server, &mark, &commands[answers.len()..]) {
            Ok(batch) => batch,
            Err(error) => {
                answers.push(Err(error));
                continue;
            }
        };
        let printed = process::run(&server.socket, &batch.words).await?;
        let mut came = batch.parse(server, &printed)?;
        if came.is_empty() {
            // Not even its condition was carried out: what tmux cannot parse has had no effect, and takes the rest with it.
            came.push_back(Answer::Refused(printed.stderr));
        }
        answers.extend(came.into_iter().map(Ok));
    }
    Ok(answers)
}

/// What fits into one process.
struct Batch {
    words: Vec<OsString>,
    mark: String,
    commands: usize,
}

impl Batch {
    fn new(server: &ServerId, mark: &str, commands: &[Command]) -> Result<Self, TmuxError> {
        let print = |text: String| Command::repeatable(&DisplayMessage::new().print().message(text).build());
        let same = format!("#{{==:#{{pid}} #{{start_time}},{} {}}}", server.pid, server.start_time);
        let done = print(format!("{mark}-done"));
        let end = print(format!("{mark}-end")).arguments()?;
        let mut batch =
            Self { words: print("#{pid} #{start_time}".into()).arguments()?, mark: mark.to_owned(), commands: 0 };
        let mut bytes = size(&batch.words);
        for command in commands {
            let words = command.within(&same, &done).and_then(|command| command.arguments());
            let words = match words {
                // Answered by the next batch, where it is the first.
                Err(_) if batch.commands > 0 => break,
                words => words?,
            };
            let longer = size(&words) + size(&end) + 4;
            if batch.commands == 0 && bytes + longer > MOST_BYTES {
                return Err(TmuxError::TooLong { command: command.name(), bytes: bytes + longer, most: MOST_BYTES });
            }
            if bytes + longer > MOST_BYTES {
                break;
            }
            for part in [&words, &end] {
                batch.words.push(";".into());
                batch.words.extend_from_slice(part);
            }
            bytes += longer;
            batch.commands += 1;
        }
        Ok(batch)
    }

    /// The answers that came, from the first command on.
    fn parse(&self, server: &ServerId, printed: &Printed) -> Result<VecDeque<Answer>, TmuxError> {
        let gone = || TmuxError::ServerGone(server.socket.clone());
        let start = memchr::memchr(b'\n', &printed.stdout).ok_or_else(gone)?;
        if printed.stdout[..start] != *format!("{} {}", server.pid, server.start_time).as_bytes() {
            return Err(gone());
        }
        let mut rest = &printed.stdout[start + 1..];
        let mut refusals = printed.stderr.split(|byte| *byte == b'\n');
        let (done, end) = (format!("{}-done\n", self.mark), format!("{}-end\n", self.mark));
        let mut answers = VecDeque::new();
        while answers.len() < self.commands {
            let Some(at) = memmem::find(rest, end.as_bytes()) else { break };
            let answer = match rest[..at].strip_suffix(done.as_bytes()) {
                Some(text) => Answer::Done(text.to_vec()),
                None => match refusals.next().unwrap_or_default() {
                    error if is_stale(error) => Answer::Stale,
                    error => Answer::Refused(error.to_vec()),
                },
            };
            answers.push_back(answer);
            rest = &rest[at + end.len()..];
        }
        Ok(answers)
    }
}

/// As tmux counts: each word and a byte that ends it.
fn size(words: &[OsString]) -> usize {
    words.iter().map(|word| word.len() + 1).sum()
}
