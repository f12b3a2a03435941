//! Somebody's sessions: which there are, how past ones ended, and ending them (ASVS 7.5.2). Must not touch other people's, nor
//! say whether there are such.

use crate::{
    domain::{
        account::CurrentUser,
        end_reason::EndReason,
        error::AuthError,
        event::EventKind,
        moment::Moment,
        own_account::{SessionEntry, SessionsData},
    },
    server::{
        audit::Event,
        device,
        error::FlowError,
        request_info::RequestInfo,
        session,
        state::AppState,
        storage::{
            events::Page,
            own_sessions::{self, OwnSession},
        },
    },
    words,
};

/// Live sessions that a page shows at most.
const MOST_LIVE: i64 = 100;

/// What `/account/sessions` shows: live ones, a page of past ones, and the one that its address names.
///
/// # Errors
/// [`AuthError::NotFound`] if the address names a session that there is not, or that is not theirs.
pub async fn look_up(
    state: &AppState,
    user: &CurrentUser,
    chosen: Option<&str>,
    page: &Page,
) -> Result<SessionsData, FlowError> {
    let now = state.now();
    let mut conn = state.db.read().await?;
    let entry = |row: &OwnSession| entry(row, user, now);
    let chosen = match chosen {
        Some(id) => {
            let row = own_sessions::find(&mut conn, &user.id, id).await?;
            Some(entry(&row.ok_or(AuthError::NotFound)?))
        }
        None => None,
    };
    let rows = own_sessions::live(&mut conn, &user.id, now, MOST_LIVE).await?;
    let mut live: Vec<SessionEntry> = rows.iter().map(entry).collect();
    // This one first; the others stay newest first.
    live.sort_by_key(|entry| !entry.is_this);
    let count = own_sessions::count_live(&mut conn, &user.id, now).await?;
    let mut past = own_sessions::past(&mut conn, &user.id, page, super::rows_to_ask_for()).await?;
    let neighbours = super::cut(&mut past, page, |row| &row.id);
    Ok(SessionsData { chosen, live, count, past: past.iter().map(entry).collect(), neighbours })
}

fn entry(row: &OwnSession, user: &CurrentUser, now: Moment) -> SessionEntry {
    let device = device::in_words(&row.user_agent);
    let is_unknown = device == words::device().unknown && !row.user_agent.is_empty();
    let end = row.ended_at.map(|at| {
        let reason = row.end_reason.as_deref().and_then(EndReason::parse);
        (Moment(at), reason.unwrap_or(EndReason::Expired))
    });
    // Over, and not marked yet.
    let expired = || (row.expires_at <= now.0).then_some((Moment(row.expires_at), EndReason::Expired));
    SessionEntry {
        id: row.id.clone(),
        is_this: row.id == user.session.id,
        device,
        user_agent: is_unknown.then(|| row.user_agent.clone()),
        address: row.address.clone(),
        since: Moment(row.created_at),
        last_seen: Moment(row.last_seen_at),
        end: end.or_else(expired),
    }
}

/// Ends one of their sessions; its browser is out with its next request. One that is over already stays as it was.
///
/// # Errors
/// [`AuthError::NotFound`] for a session that there is not, or that is not theirs; [`AuthError::NotSignedIn`] if this one was
/// ended meanwhile.
pub async fn end(state: &AppState, user: &CurrentUser, request: &RequestInfo, id: &str) -> Result<(), FlowError> {
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, user).await?;
    own_sessions::find(&mut tx, &user.id, id).await?.ok_or(AuthError::NotFound)?;
    let event = session_ended(user, request);
    if session::end_in(state, &mut tx, id, EndReason::Revoked, event).await? {
        tx.commit().await?;
        tracing::info!(user = %user.id, session = id, "ended a session");
    }
    Ok(())
}

/// Ends the session that a program asks with (ASVS 7.4.1).
///
/// # Errors
/// When the database is away; then it goes on.
pub async fn sign_out(state: &AppState, user: &CurrentUser, request: &RequestInfo) -> Result<(), FlowError> {
    let mut tx = state.db.begin().await?;
    let event = Event::of(EventKind::SignedOut, request).by(&user.id);
    session::end_in(state, &mut tx, &user.session.id, EndReason::SignedOut, event).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, session = %user.session.id, "signed out");
    Ok(())
}

/// Ends all of their sessions but this one.
///
/// # Errors
/// [`AuthError::NotSignedIn`] if this one was ended meanwhile; then none is.
pub async fn end_others(state: &AppState, user: &CurrentUser, request: &RequestInfo) -> Result<(), FlowError> {
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, user).await?;
    let event = session_ended(user, request);
    let ended = session::end_others(state, &mut tx, &user.id, &user.session.id, EndReason::Revoked, &event).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, ended, "ended all other sessions");
    Ok(())
}

/// That a session ended by its owner's hand; which one is said with it.
fn session_ended(user: &CurrentUser, request: &RequestInfo) -> Event {
    Event::of(EventKind::SessionEnded, request).by(&user.id)
}
