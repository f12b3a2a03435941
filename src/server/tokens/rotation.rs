//! The next key, published before it signs, and the end of the one before, published until its last token has expired. Must not
//! sign anything.

use std::sync::atomic::Ordering;

use crate::{
    domain::{event::EventKind, moment::Moment},
    server::{
        audit::Event,
        error::ServerError,
        state::AppState,
        storage::{Tx, signing_keys},
    },
};

use super::keys::{self, Key, Keys};

/// Seconds for which a key is published before it signs: longer than others remember what they were told.
pub const PUBLISHED_BEFORE_SECONDS: i64 = 3_600;
/// Seconds before a key's last day ends at which the next one is made.
const MADE_BEFORE_SECONDS: i64 = 6 * 3_600;
/// Seconds between two looks of the background task.
const PAUSE_SECONDS: i64 = 60;
/// Seconds for which a key that signs no more could still be opened, for nodes whose clocks are behind.
const FORGOTTEN_AFTER_SECONDS: i64 = 60;
const DAY: i64 = 86_400;

/// What came of asking for the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// It was made.
    Made {
        /// Its name.
        kid: String,
        /// From when on it signs.
        signs_from: Moment,
    },
    /// It was there already.
    Waiting {
        /// Its name.
        kid: String,
        /// From when on it signs.
        signs_from: Moment,
    },
}

/// Makes the next key, which signs once others had the time to hear of it.
///
/// # Errors
/// When the database is away, or the secret cannot be had.
pub async fn rotate(state: &AppState) -> Result<Rotated, ServerError> {
    let now = state.now();
    let mut tx = state.db.begin().await?;
    let keys = keys::hold(state, &mut tx).await?;
    if let Some(next) = keys.all().iter().find(|key| key.is_waiting(now)) {
        return Ok(Rotated::Waiting { kid: next.row.kid.clone(), signs_from: Moment(next.row.signs_from) });
    }
    // Without one that signs there is nothing to wait for.
    let signs_from = if keys.signing(now).is_some() { now.plus(PUBLISHED_BEFORE_SECONDS) } else { now };
    let kid = follow(state, &mut tx, signs_from, Event::by_command_line(EventKind::SigningKeyMade)).await?;
    tx.commit().await?;
    keys::read(state).await?;
    Ok(Rotated::Made { kid, signs_from })
}

/// Makes a key that signs at once and revokes every other, with all their tokens: for when one may be known to others. Answers
/// with the names of the new one and of those that are revoked.
///
/// # Errors
/// When the database is away, or the secret cannot be had.
pub async fn revoke_and_replace(state: &AppState) -> Result<(String, Vec<String>), ServerError> {
    let mut tx = state.db.begin().await?;
    keys::hold(state, &mut tx).await?;
    // Also those that this version cannot read.
    let revoked: Vec<String> = signing_keys::all(&mut tx).await?.into_iter().map(|row| row.kid).collect();
    for kid in &revoked {
        signing_keys::remove(&mut tx, kid).await?;
    }
    if !revoked.is_empty() {
        let event = Event::by_command_line(EventKind::SigningKeysRevoked).with("keys", revoked.join(" "));
        event.record(state, &mut tx).await?;
    }
    let event = Event::by_command_line(EventKind::SigningKeyMade);
    let made = keys::make(state, &mut tx, state.now(), event).await?;
    tx.commit().await?;
    keys::read(state).await?;
    Ok((made.kid, revoked))
}

/// What is due, looked for once a minute: the next key, the private half of those that sign no more, and those whose tokens
/// have all expired. The first key is made by whoever needs it.
///
/// # Errors
/// When the database is away, or the secret cannot be had.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    let now = state.now();
    let last = state.keys.looked_at.load(Ordering::Relaxed);
    if (last..last.saturating_add(PAUSE_SECONDS)).contains(&now.0) {
        return Ok(());
    }
    let keys = keys::read(state).await?;
    if next_signs_from(state, &keys).is_some() {
        let mut tx = state.db.begin().await?;
        let keys = keys::hold(state, &mut tx).await?;
        // Another node may have been faster.
        if let Some(signs_from) = next_signs_from(state, &keys) {
            let kid = follow(state, &mut tx, signs_from, Event::by_system(EventKind::SigningKeyMade)).await?;
            tx.commit().await?;
            tracing::info!(key = %kid, signs_from = %signs_from.rfc3339(), "the next signing key is published");
            keys::read(state).await?;
        }
    }
    let is_done = |key: &Key| key.row.signs_until.is_some_and(|until| until < now.0);
    if keys.all().iter().any(|key| is_done(key) && key.row.private_key.is_some()) {
        signing_keys::forget_private(&mut state.db.write().await?, now.plus(-FORGOTTEN_AFTER_SECONDS)).await?;
    }
    for key in keys.all().iter().filter(|key| !key.is_published(now)) {
        signing_keys::remove(&mut state.db.write().await?, &key.row.kid).await?;
        tracing::info!(key = %key.row.kid, "signing key removed: its last token has expired");
    }
    state.keys.looked_at.store(now.0, Ordering::Relaxed);
    Ok(())
}

/// From when on the next key is to sign, if it is time to make it: the one that signs has had its days, or signs in another way
/// than the settings say.
fn next_signs_from(state: &AppState, keys: &Keys) -> Option<Moment> {
    let now = state.now();
    let signing = keys.signing(now)?;
    if keys.all().iter().any(|key| key.is_waiting(now)) {
        return None;
    }
    let soonest = now.plus(PUBLISHED_BEFORE_SECONDS);
    if signing.algorithm() != state.config.signing_algorithm {
        return Some(soonest);
    }
    let planned = Moment(signing.row.signs_from).plus(i64::from(state.config.signing_key_days) * DAY);
    (planned.plus(-MADE_BEFORE_SECONDS) <= now).then(|| planned.max(soonest))
}

/// Makes a key that signs from an instant on; those before it sign until then.
async fn follow(state: &AppState, tx: &mut Tx, signs_from: Moment, event: Event) -> Result<String, ServerError> {
    signing_keys::end(&mut *tx, signs_from, signs_from).await?;
    Ok(keys::make(state, tx, signs_from, event).await?.kid)
}
