//! Who is asking: the person behind a live session, with their roles as of now (ASVS 8.3.2), and what their dashboard tells.
//! Must not write.

use crate::{
    domain::{
        account::{self, CurrentUser, PreviousSignIn},
        session_time::SessionTime,
    },
    server::{
        device,
        error::ServerError,
        session::{CurrentSession, SessionData},
        state::AppState,
        storage::sessions,
    },
};

/// The signed-in person, if the request has a live session.
///
/// # Errors
/// When the database is away: then nobody is let in (ASVS 16.5.3).
pub async fn run(state: &AppState, session: &CurrentSession) -> Result<Option<CurrentUser>, ServerError> {
    Ok(session.get().await?.and_then(|data| of(state, data)))
}

/// The person of a live session that was read in this request; keeping somebody out ends the session.
pub(super) fn of(state: &AppState, data: SessionData) -> Option<CurrentUser> {
    let (person, now) = (data.person?, state.now());
    Some(CurrentUser {
        id: data.user_id,
        email: person.email(),
        is_unverified: person.is_unverified(),
        username: person.username(),
        roles: person.roles(),
        member_since: person.member_since(),
        session: account::CurrentSession {
            id: data.id,
            since: data.created_at,
            authenticated_at: data.authenticated_at,
            until: data.expires_at,
            time: SessionTime {
                idle_left: data.last_seen_at.plus(data.idle_seconds).0.saturating_sub(now.0),
                left: data.expires_at.0.saturating_sub(now.0),
            },
            device: device::in_words(&data.user_agent),
            address: data.address,
        },
    })
}

/// Whether the person showed the password so recently that it is good for a sensitive act (ASVS 7.5.1).
#[must_use]
pub fn is_confirmed(state: &AppState, user: &CurrentUser) -> bool {
    let until = user.session.authenticated_at.plus(i64::from(state.config.reauth_minutes) * 60);
    (user.session.authenticated_at..until).contains(&state.now())
}

/// The sign-in before this session.
///
/// # Errors
/// When the database is away.
pub async fn previous_sign_in(state: &AppState, user: &CurrentUser) -> Result<Option<PreviousSignIn>, ServerError> {
    let mut conn = state.db.read().await?;
    Ok(sessions::previous_sign_in(&mut conn, &user.id, &user.session.id, user.session.since).await?)
}
