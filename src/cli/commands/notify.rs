//! `pintle notify …`

use clap::{Subcommand, ValueEnum};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::{one_line, short_time};
use crate::cli::show;
use crate::protocol::cmd::reply::{Notification, Notifications, Reply};
use crate::protocol::cmd::request::{self, Level};

/// Notifications: tell the person something, list what is unread
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with notifications.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell the person something: in the status bar, in tmux, and in the list
    Send {
        /// What it is about
        title: String,
        /// What there is to say
        #[arg(default_value = "")]
        message: String,
        /// How much it matters
        #[arg(long, value_enum, default_value = "info")]
        level: Loudness,
    },
    /// List what is unread, the newest last
    List,
    /// List what is unread; it counts as read then
    Drain,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Loudness {
    /// Good to know
    Info,
    /// Somebody should look
    Warning,
    /// Something failed
    Error,
    /// Something is done
    Success,
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let (reply, line) = match &args.command {
        Command::Send { title, message, level } => {
            let level = match level {
                Loudness::Info => Level::Info,
                Loudness::Warning => Level::Warning,
                Loudness::Error => Level::Error,
                Loudness::Success => Level::Success,
            };
            // Outside of tmux it comes from no pane.
            let (pane, tmux) = show::pane().ok().map(|pane| (pane.id, pane.server)).unzip();
            client.ask_cmd(request::Notify { title: title.clone(), message: message.clone(), level, pane, tmux })?
        }
        Command::List => client.ask_cmd(request::NotifyList {})?,
        Command::Drain => client.ask_cmd(request::NotifyDrain {})?,
    };
    if context.output.is_json() {
        context.output.line(&line)?;
        return Ok(Exit::Done);
    }
    if let Reply::Notifications(unread) = reply {
        let now = context.clock.now().as_millisecond() as f64 / 1000.0;
        context.output.text(&words(&unread, now))?;
    }
    Ok(Exit::Done)
}

fn words(unread: &Notifications, now: f64) -> String {
    if unread.notifications.is_empty() {
        return "nothing unread".to_owned();
    }
    let line = |notification: &Notification| {
        // Seconds since then; a clock that was set back makes it now.
        let ago = short_time((now - notification.timestamp).max(0.0) as u64);
        let (title, message) = (one_line(&notification.title), one_line(&notification.message));
        let text = [title, message].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        let level = match notification.level {
            Level::Info => "",
            Level::Warning => "! ",
            Level::Error => "!! ",
            Level::Success => "",
        };
        format!("{ago:>4}  {level}{text}\n")
    };
    let mut said: String = unread.notifications.iter().map(line).collect();
    if unread.dropped > 0 {
        said.push_str(&format!("and {} older ones that there was no room for\n", unread.dropped));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_notification() {
        let notification = |title: &str, level| Notification {
            id: 1,
            title: title.to_owned(),
            message: "two\nlines".to_owned(),
            level,
            timestamp: 1000.0,
            source: String::new(),
            agent_id: None,
            pane: None,
            tmux: None,
        };
        let unread = Notifications {
            notifications: vec![notification("a", Level::Info), notification("", Level::Error)],
            dropped: 2,
        };
        let expected = "  1m  a: two lines\n  1m  !! two lines\nand 2 older ones that there was no room for\n";
        assert_eq!(words(&unread, 1070.0), expected);
        assert_eq!(words(&Notifications::default(), 0.0), "nothing unread");
    }
}
