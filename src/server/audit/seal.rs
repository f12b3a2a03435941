//! The next links of the chain. Whoever adds one holds the end of the chain until the transaction ends, so that two nodes
//! cannot both add the next (ASVS 16.4.2). Must not read what an event says.

use std::collections::BTreeMap;

use crate::{
    domain::moment::Moment,
    server::{
        error::ServerError,
        state::AppState,
        storage::{
            Tx,
            events::{self, Link},
        },
    },
};

use super::chain;

/// Seals the oldest events that wait, at most so many, and counts them for charts; answers with how many there were.
///
/// # Errors
/// When the database is away; then the transaction must not be committed.
pub async fn batch(state: &AppState, tx: &mut Tx, most: i64) -> Result<usize, ServerError> {
    let mut head = events::hold_head(&mut *tx).await?;
    let waiting = events::unsealed(&mut *tx, most).await?;
    let (mut days, mut links) = (BTreeMap::new(), Vec::with_capacity(waiting.len()));
    for event in &waiting {
        head.count += 1;
        head.head = chain::link_hash(&head.head, head.count, &event.id, &event.content_hash);
        links.push(Link { id: &event.id, sequence: head.count, hash: head.head.clone() });
        *days.entry((events::day_of(Moment(event.at)), &event.kind, &event.outcome)).or_insert(0_i64) += 1;
    }
    if waiting.is_empty() {
        return Ok(0);
    }
    events::seal(&mut *tx, &links).await?;
    head.sealed_at = state.now().0;
    events::set_head(&mut *tx, &head).await?;
    for ((day, kind, outcome), count) in days {
        events::count_day(&mut *tx, day, kind, outcome, count).await?;
    }
    Ok(waiting.len())
}

/// Events sealed in one transaction: few enough that a sign-in that waits for the writer does not notice.
const BATCH: i64 = 200;

/// Seals everything that waits; what comes meanwhile waits for the next time, or each event would have a transaction of its own
/// while many come.
///
/// # Errors
/// When the database is away; what was sealed until then stays.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    loop {
        // Asked first on a connection that only reads, so that an idle server writes nothing.
        if events::unsealed(&mut state.db.read().await?, 1).await?.is_empty() {
            return Ok(());
        }
        let mut tx = state.db.begin().await?;
        let sealed = batch(state, &mut tx, BATCH).await?;
        tx.commit().await?;
        if i64::try_from(sealed).is_ok_and(|sealed| sealed < BATCH) {
            return Ok(());
        }
    }
}

/// Seals everything that waits, within a transaction that is about to empty or remove some of it.
///
/// # Errors
/// When the database is away; then the transaction must not be committed.
pub async fn all_in(state: &AppState, tx: &mut Tx) -> Result<(), ServerError> {
    while batch(state, &mut *tx, BATCH).await? > 0 {}
    Ok(())
}
