//! Giving and taking roles. Must not leave the site without an administrator.

use crate::{
    domain::{error::AuthError, event::EventKind, role::Role},
    server::{error::FlowError, state::AppState, storage::users},
};

use super::Actor;

/// Gives a role; in force with the person's next request (ASVS 8.3.2). `false` if they held it.
///
/// # Errors
/// [`AuthError::NotFound`] if there is no such person.
pub async fn grant(state: &AppState, actor: Actor<'_>, user_id: &str, role: &Role) -> Result<bool, FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    users::find(&mut tx, user_id).await?.ok_or(AuthError::NotFound)?;
    let is_new = users::grant(&mut tx, user_id, role, state.now()).await?;
    if is_new {
        actor.event(EventKind::RoleGranted).about(user_id).with("role", role.as_str()).record(state, &mut tx).await?;
        tx.commit().await?;
    }
    Ok(is_new)
}

/// Takes a role away; in force with the person's next request (ASVS 8.3.2). `false` if they did not hold it.
///
/// # Errors
/// [`AuthError::NotFound`], or [`AuthError::LastAdministrator`].
pub async fn revoke(state: &AppState, actor: Actor<'_>, user_id: &str, role: &Role) -> Result<bool, FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    users::find(&mut tx, user_id).await?.ok_or(AuthError::NotFound)?;
    if *role == Role::admin()
        && let Err(refused) = super::keep_an_administrator(&mut tx, user_id).await
    {
        drop(tx);
        let event = actor.event(EventKind::RoleRevoked).about(user_id).with("role", role.as_str());
        return Err(super::refused(state, event, refused).await);
    }
    let was_held = users::revoke(&mut tx, user_id, role).await?;
    if was_held {
        actor.event(EventKind::RoleRevoked).about(user_id).with("role", role.as_str()).record(state, &mut tx).await?;
        tx.commit().await?;
    }
    Ok(was_held)
}
