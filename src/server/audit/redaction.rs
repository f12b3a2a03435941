//! Emptying events, and removing the oldest, so that the chain still holds and says who did it, when, and to which events.
//! Must not decide what is deleted.

use crate::{
    domain::{event::EventKind, moment::Moment},
    server::{
        error::ServerError,
        state::AppState,
        storage::{Tx, chain, events},
    },
};

use super::{Event, seal};

/// The member of an event's detail that names the events it emptied, separated by spaces.
pub const EVENTS: &str = "events";
/// The member that says how far the beginning was removed.
pub const THROUGH: &str = "through";
/// The member that holds the hash of the last link that was removed.
pub const HEAD: &str = "head";
/// Events that one event names at most.
const MOST_NAMED: usize = 200;
/// Events removed in one transaction.
const PRUNED_AT_ONCE: i64 = 1_000;

/// The kinds of events that may say why others are empty.
pub const REASONS: [EventKind; 2] = [EventKind::RecordsDeleted, EventKind::AccountDeleted];

/// Empties events for good, and writes why: for every 200 of them an event like the one given, which must be of one of the
/// kinds in [`REASONS`]. Events that wait for their link are sealed before, so that the reason always comes later.
///
/// # Errors
/// When the database is away; then the transaction must not be committed.
pub async fn empty(state: &AppState, tx: &mut Tx, ids: &[String], reason: &Event) -> Result<(), ServerError> {
    seal::all_in(state, &mut *tx).await?;
    for named in ids.chunks(MOST_NAMED) {
        let redacted_by = reason.clone().with(EVENTS, named.join(" ")).record(state, &mut *tx).await?;
        for id in named {
            chain::redact(&mut *tx, id, &redacted_by).await?;
        }
    }
    Ok(())
}

/// Removes the beginning of the chain as far as it is older than an instant, in batches; answers with how many events it held.
///
/// # Errors
/// When the database is away; what was removed until then stays so, and is accounted for.
pub async fn prune(state: &AppState, before: Moment) -> Result<u64, ServerError> {
    let first_kept = events::first_id_at(before);
    let mut removed = 0;
    loop {
        let oldest = chain::after(&mut state.db.read().await?, 0, 1).await?;
        if oldest.first().is_none_or(|link| link.content.id >= first_kept) {
            return Ok(removed);
        }
        let mut tx = state.db.begin().await?;
        let head = events::hold_head(&mut tx).await?;
        let oldest = chain::after(&mut tx, 0, PRUNED_AT_ONCE).await?;
        let due = oldest.iter().take_while(|link| link.content.id < first_kept);
        let Some((through, hash)) = due.last().and_then(|link| link.sequence.zip(link.hash.clone())) else {
            return Ok(removed);
        };
        Event::by_system(EventKind::EventsPruned)
            .with(THROUGH, through.to_string())
            .with(HEAD, hash)
            .with("count", head.count.to_string())
            .record(state, &mut tx)
            .await?;
        removed += chain::remove_through(&mut tx, through).await?;
        tx.commit().await?;
    }
}
