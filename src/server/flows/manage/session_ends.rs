//! Ending somebody's sessions (ASVS 7.4.5). Must not keep them from beginning another.

use crate::{
    domain::{error::AuthError, event::EventKind},
    server::{
        error::FlowError,
        flows::personal_tokens,
        session,
        state::AppState,
        storage::{people, sessions::EndReason, users},
    },
};

use super::Actor;

/// Ends every session of a person but the administrator's own, and revokes the tokens of somebody else's programs; answers with how
/// many sessions there were.
///
/// # Errors
/// [`AuthError::NotFound`] if there is no such person.
pub async fn end_all(state: &AppState, actor: Actor<'_>, user_id: &str) -> Result<usize, FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    users::find(&mut tx, user_id).await?.ok_or(AuthError::NotFound)?;
    let (reason, ended) = (EndReason::EndedByAdministrator, actor.event(EventKind::SessionEnded));
    let count = session::end_others(state, &mut tx, user_id, actor.session_id(), reason, &ended).await?;
    if !actor.is(user_id) {
        personal_tokens::revoke_all(state, &mut tx, user_id, &actor.event(EventKind::TokenRevoked)).await?;
    }
    tx.commit().await?;
    Ok(count)
}

/// Ends one session of a person. `false` if it was over.
///
/// # Errors
/// [`AuthError::NotFound`] if they have no such session (ASVS 8.2.2).
pub async fn end_one(state: &AppState, actor: Actor<'_>, user_id: &str, session_id: &str) -> Result<bool, FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    if !people::owns_session(&mut tx, user_id, session_id).await? {
        return Err(AuthError::NotFound.into());
    }
    let ended = actor.event(EventKind::SessionEnded).about(user_id);
    let was_live = session::end_in(state, &mut tx, session_id, EndReason::EndedByAdministrator, ended).await?;
    tx.commit().await?;
    Ok(was_live)
}
