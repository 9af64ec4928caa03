//! Getting a text into a program as if a person had typed it, and knowing that it arrived.
//!
//! A program that is still starting throws typed text away, a TUI takes a pasted Enter for a new line, and a terminal echoes
//! nothing while a program is busy. So a delivery goes in stages, each confirmed by what the program's terminal shows: the text
//! is typed and the screen moves; Enter is pressed and the screen moves again. What is not confirmed is tried again, three times
//! in all. A fixed pause between text and Enter was the alternative; it is too long for a shell and too short for a slow start.

use std::time::Duration;

use thiserror::Error;

use super::actor::{Agent, Stage};
use super::pty::WriteError;
use super::status::Activity;

/// Output that has been quiet for so long means that the program waits for input.
const QUIET: Duration = Duration::from_millis(450);
/// A program that prints nothing at all is taken for ready after so long.
const SILENT_START: Duration = Duration::from_millis(1800);
/// A program that never stops printing is typed at all the same after so long.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// How long the terminal may take to show what was typed.
const ECHO: Duration = Duration::from_millis(700);
/// How long the program may take to answer Enter.
const ANSWER: Duration = Duration::from_millis(1500);
const TRIES: usize = 3;
/// A program that reads nothing may be busy for so long.
const BUSY: Duration = Duration::from_secs(10);

const PASTE_START: &str = "\x1b[200~";
const PASTE_END: &str = "\x1b[201~";

/// A text that did not get there.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// The terminal did not take it.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It was typed, and nothing happened.
    #[error(
        "the text was typed but the program does not react to it; it may still read it later: look at it with `pintle attach`"
    )]
    NoReaction,
    /// There is nobody to type to any more.
    #[error("its process ended before the text was delivered")]
    Ended,
}

/// Waits until the program looks as if it waited for input. One that asks something first (whether to trust a folder) waits for
/// a person's answer, not for the prompt: Enter would choose whatever its menu stands on.
pub async fn ready(agent: &Agent) {
    loop {
        quiet(agent).await;
        if agent.exit().is_some() || agent.judgement().activity != Activity::Blocked {
            return;
        }
        agent.until(|activity| activity != Activity::Blocked).await;
    }
}

async fn quiet(agent: &Agent) {
    let mut moved = agent.watch();
    let limit = tokio::time::sleep(READY_LIMIT);
    tokio::pin!(limit);
    loop {
        let pause = if agent.ring().head() == 0 { SILENT_START } else { QUIET };
        tokio::select! {
            changed = tokio::time::timeout(pause, moved.changed()) => match changed {
                Err(_) | Ok(Err(_)) => return,
                Ok(Ok(())) if moved.borrow_and_update().exit.is_some() => return,
                Ok(Ok(())) => {}
            },
            () = &mut limit => return,
        }
    }
}

/// Types `text` and presses Enter, as one piece: whoever else types waits. The stage is kept at the agent for all to see.
pub async fn submit(agent: &Agent, text: &str) -> Result<(), DeliveryError> {
    submit_once(agent, text, || {}).await
}

/// The same, and calls `entering` right before Enter is pressed first: from there on the text counts as given, and whoever
/// remembers that it is still to be typed must not.
pub async fn submit_once(agent: &Agent, text: &str, entering: impl FnOnce()) -> Result<(), DeliveryError> {
    let _typing = agent.typing.lock().await;
    let result = typed_and_entered(agent, text, entering).await;
    agent.set_stage(Some(if result.is_ok() { Stage::Started } else { Stage::Failed }));
    result
}

async fn typed_and_entered(agent: &Agent, text: &str, entering: impl FnOnce()) -> Result<(), DeliveryError> {
    agent.pty.check_lines(text.as_bytes())?;
    // Typed once, whatever happens: what a busy program has not read waits in its terminal, and an agent that is told something
    // twice does it twice. Only Enter is pressed again.
    let before = mark(agent);
    agent.pty.write(keys(agent, text).as_bytes()).await?;
    let shown = moves(agent, before, ECHO).await;
    agent.set_stage(Some(Stage::Typed));
    // A terminal that echoes nothing (a password prompt, a program that draws only on Enter) confirms nothing; that the kernel
    // took the text is then all there is to know.
    let blind = !shown && !agent.pty.echoes() && agent.pty.is_canonical();
    let mut entering = Some(entering);
    for _ in 0..TRIES {
        if agent.exit().is_some() {
            return Err(DeliveryError::Ended);
        }
        if let Some(entering) = entering.take() {
            entering();
        }
        let before = mark(agent);
        agent.pty.write(b"\r").await?;
        agent.set_stage(Some(Stage::Submitted));
        agent.typed();
        if moves(agent, before, ANSWER).await || blind {
            return Ok(());
        }
        if !shown {
            // It has not even read the text: it will find Enter behind it.
            return if moves(agent, before, BUSY).await { Ok(()) } else { Err(DeliveryError::NoReaction) };
        }
    }
    Err(DeliveryError::NoReaction)
}

/// One bracketed paste where the program has asked for that, so that line breaks inside are text and not Enter.
fn keys(agent: &Agent, text: &str) -> String {
    let bracketed = agent.takes_pastes();
    if bracketed {
        // A text that holds the end mark would break out of the paste and type the rest as commands.
        format!("{PASTE_START}{}{PASTE_END}", text.replace(PASTE_END, ""))
    } else {
        text.to_owned()
    }
}

fn mark(agent: &Agent) -> u64 {
    agent.ring().head()
}

/// Waits until output came after `mark`, or the process ended (an answer too).
async fn moves(agent: &Agent, mark: u64, limit: Duration) -> bool {
    let mut moved = agent.watch();
    let came = async { moved.wait_for(|moved| moved.head > mark || moved.exit.is_some()).await.is_ok() };
    tokio::time::timeout(limit, came).await.unwrap_or(false)
}
