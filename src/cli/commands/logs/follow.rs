//! `pintle logs --follow`

use super::Tail;
use super::printer::Printer;
use crate::cli::commands::resume;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::client::attach::{Attachment, Incident};
use crate::protocol::encode;
use crate::protocol::limits::OUTPUT_CHUNK;
use crate::protocol::typed::event::{Exited, Lagged};
use crate::protocol::typed::request::{Attach, Replay};
use crate::protocol::typed::{StreamLine, encode_output};

/// Prints the last bytes of an agent and all that come, until it ends.
pub fn follow(context: &Context, agent_id: &str, tail: Tail, printer: &mut Printer<'_>) -> anyhow::Result<()> {
    let (mut attachment, mut cut) = begin(context, agent_id, tail)?;
    let mut bytes = Vec::new();
    loop {
        attachment.tend()?;
        bytes.clear();
        let incident = attachment.receive(&mut bytes)?;
        if context.output.is_json() {
            stream_lines(&context.output, agent_id, &attachment, &bytes, incident)?;
        } else {
            printer.print(&bytes, cut && !bytes.is_empty())?;
        }
        cut &= bytes.is_empty();
        match incident {
            Some(Incident::Exited { suspended, .. }) => {
                if suspended {
                    eprintln!("pintle: it is suspended; {}", resume::hint(agent_id));
                }
                return Ok(());
            }
            Some(Incident::Lagged(skipped)) => eprintln!("pintle: {skipped} bytes are missing here"),
            None if bytes.is_empty() => attachment.wait()?,
            None => {}
        }
    }
}

/// Attaches, and tells whether something came before what will be read.
///
/// Twice: once to learn how many bytes there are so far, once to go on that many before. `logs` does not say where its
/// bytes end, so that what comes between it and an attach would be lost or come twice.
fn begin(context: &Context, agent_id: &str, tail: Tail) -> anyhow::Result<(Attachment, bool)> {
    let attach = |replay, from| Attach { agent_id: agent_id.to_owned(), replay, from, ..Attach::default() };
    let from = match tail {
        Tail::ALL => None,
        Tail(bytes) => {
            let (ready, _) = context.client().attach(attach(Replay::None, None))?;
            Some(ready.offset.saturating_sub(bytes))
        }
    };
    let (ready, attachment) = context.client().attach(attach(Replay::All, from))?;
    Ok((attachment, ready.offset > 0))
}

/// The stream as the daemon would send it to one who never lost the connection.
fn stream_lines(
    output: &Output,
    agent_id: &str,
    attachment: &Attachment,
    bytes: &[u8],
    incident: Option<Incident>,
) -> std::io::Result<()> {
    let agent = agent_id.to_owned();
    let skipped = if let Some(Incident::Lagged(skipped)) = incident { skipped } else { 0 };
    let mut offset = attachment.offset() - skipped - bytes.len() as u64;
    let mut lines = Vec::new();
    for chunk in bytes.chunks(OUTPUT_CHUNK) {
        encode_output(agent_id, offset, chunk, &mut lines);
        offset += chunk.len() as u64;
    }
    let line = incident.map(|incident| match incident {
        Incident::Lagged(skipped) => StreamLine::from(Lagged::bytes(agent, skipped)),
        Incident::Exited { code, suspended } => Exited { agent_id: agent, exit_code: code, suspended }.into(),
    });
    if let Some(line) = line {
        encode(&line, &mut lines);
    }
    output.bytes(&lines)
}
