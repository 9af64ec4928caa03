//! `pintle report`

use clap::ValueEnum;
use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{complete, resolve};
use crate::client::ClientError;
use crate::protocol::typed::request::{self, Reported};

/// Tell pintle what an agent does, from the hooks of its own program
///
/// In an agent no name is needed. Anywhere else it does nothing and says nothing, so that one hook can be configured for
/// all uses of a program; neither does it when no daemon runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the agent does
    #[arg(value_name = "STATE")]
    state: State,
    /// More about it, in a few words
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Another agent than the one we are in
    #[arg(long, value_name = "AGENT", add = ArgValueCandidates::new(complete::agents))]
    agent: Option<String>,
}

/// What an agent can say of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Busy
    Working,
    /// Wants an answer
    Blocked,
    /// Waits for the next thing to do
    Idle,
    /// Finished what it was asked
    Done,
}

impl From<State> for Reported {
    fn from(state: State) -> Self {
        match state {
            State::Working => Self::Working,
            State::Blocked => Self::Blocked,
            State::Idle => Self::Idle,
            State::Done => Self::Done,
        }
    }
}

/// Reports.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client_of_running();
    let own = std::env::var("PINTLE_AGENT_ID").ok().filter(|id| !id.is_empty());
    let agent_id = match (&args.agent, own) {
        (Some(word), _) => resolve::agent(context, &mut client, word)?.id,
        (None, Some(id)) => id,
        (None, None) => return Ok(Exit::Done),
    };
    let request = request::Report { agent_id, state: args.state.into(), message: args.message.clone() };
    match client.ask(request) {
        Ok(answer) => context.output.answer(&answer, |_| String::new())?,
        // A hook that fails gets in the way of the agent's work, and nobody is there to listen anyway.
        Err(ClientError::Unreachable { .. }) if args.agent.is_none() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Exit::Done)
}
