//! Background tasks, one file each; this one wakes them. Must not do the work itself.

/// Removes accounts that are to be deleted.
pub mod deletions;
/// Answers requests for a link.
pub mod link_requests;
/// Delivers mail.
pub mod outbox;
/// Notes what was seen of proxies.
pub mod proxies;
/// Removes what nobody needs any more.
pub mod retention;
/// Adds new events to the chain.
pub mod sealing;
/// Notes sessions that ended by themselves.
pub mod sessions;
/// Lets signing keys follow one another.
pub mod signing_keys;
/// Verifies the chain.
pub mod verification;

use std::time::Duration;

use tokio::{sync::watch, task::JoinHandle};

use super::{error::ServerError, mail::transport::Transport, state::AppState, storage::patience};

/// How long until the tasks look again when nobody wakes them: other nodes' work, and retries.
const INTERVAL: Duration = Duration::from_secs(2);

/// Starts the background tasks; they end when `stop` turns true, after what they have begun.
pub fn start(state: AppState, transport: Option<Transport>, mut stop: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !*stop.borrow() {
            if let Err(error) = patience::for_each(patience::OF_A_TASK, run_once(&state, transport.as_ref())).await {
                tracing::error!(%error, "a background task failed; it will be tried again");
            }
            tokio::select! {
                () = state.work.notified() => {}
                () = tokio::time::sleep(INTERVAL) => {}
                _ = stop.changed() => {}
            }
        }
    })
}

/// Does whatever is due now, once.
///
/// # Errors
/// When the database is away.
pub async fn run_once(state: &AppState, transport: Option<&Transport>) -> Result<(), ServerError> {
    let mailed = async {
        match transport {
            Some(transport) => outbox::run(state, transport).await,
            None => Ok(()),
        }
    };
    // Each runs whatever became of the others.
    let outcomes = [
        link_requests::run(state).await,
        mailed.await,
        sessions::run(state).await,
        deletions::run(state).await,
        retention::run(state).await,
        proxies::run(state).await,
        signing_keys::run(state).await,
        sealing::run(state).await,
        verification::run(state).await,
    ];
    outcomes.into_iter().collect()
}
