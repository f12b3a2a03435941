//! Keeping somebody out, and letting them in again. Must not leave the site without an administrator.

use crate::{
    domain::{error::AuthError, event::EventKind},
    server::{
        error::FlowError,
        flows::personal_tokens,
        session,
        state::AppState,
        storage::{
            sessions::EndReason,
            tokens::{self, Purpose},
            users, wanted_email,
        },
    },
};

use super::Actor;

/// Disables an account: its sessions and links are over at once (ASVS 7.4.2). `false` if it was disabled.
///
/// # Errors
/// [`AuthError::NotFound`], or [`AuthError::LastAdministrator`].
pub async fn disable(state: &AppState, actor: Actor<'_>, user_id: &str) -> Result<bool, FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    users::find(&mut tx, user_id).await?.ok_or(AuthError::NotFound)?;
    if let Err(refused) = super::keep_an_administrator(&mut tx, user_id).await {
        drop(tx);
        return Err(super::refused(state, actor.event(EventKind::AccountDisabled).about(user_id), refused).await);
    }
    let now = state.now();
    let is_new = users::disable(&mut tx, user_id, now).await?;
    if is_new {
        let ended = actor.event(EventKind::SessionEnded);
        session::end_others(state, &mut tx, user_id, "", EndReason::AccountDisabled, &ended).await?;
        personal_tokens::revoke_all(state, &mut tx, user_id, &actor.event(EventKind::TokenRevoked)).await?;
        for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail, Purpose::ChangeEmail] {
            tokens::spend_all(&mut tx, purpose, Some(user_id), now).await?;
        }
        wanted_email::forget(&mut tx, user_id).await?;
        actor.event(EventKind::AccountDisabled).about(user_id).record(state, &mut tx).await?;
        tx.commit().await?;
    }
    Ok(is_new)
}

/// Enables an account again. `false` if it was not disabled.
///
/// # Errors
/// [`AuthError::NotFound`].
pub async fn enable(state: &AppState, actor: Actor<'_>, user_id: &str) -> Result<bool, FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    users::find(&mut tx, user_id).await?.ok_or(AuthError::NotFound)?;
    let is_new = users::enable(&mut tx, user_id).await?;
    if is_new {
        actor.event(EventKind::AccountEnabled).about(user_id).record(state, &mut tx).await?;
        tx.commit().await?;
    }
    Ok(is_new)
}
