//! Tests of one control client's process.

use super::*;
use crate::tmux::private_server::{PrivateServer, eventually, unbound};

/// Whoever wanted it has gone. A tmux of Debian 12 (3.3a) crashes over a control client that is killed between two of the messages in
/// which it says who it is: `control_stop` without a `control_start`.
#[tokio::test]
async fn a_connection_that_is_given_up_half_way_harms_no_server() {
    let server = PrivateServer::new();
    let found = survey(&server.socket()).await.unwrap();
    let begun = Instant::now();
    let link = Link::connect(&found.server, unbound).await.unwrap();
    let whole = begun.elapsed();
    drop(link);
    for round in 0..300 {
        let connecting = Link::connect(&found.server, unbound);
        let _ = timeout(whole.mul_f64(f64::from(round) / 300.0), connecting).await;
        let now = survey(&server.socket()).await;
        assert!(now.is_ok_and(|now| now.server == found.server), "the server is gone in round {round}");
    }
    eventually("no control client is left", || server.control_clients().is_empty().then_some(())).await;
}
