//! Another user name, where the site has user names. Must not free a name for a moment in which it is nobody's.

use crate::{
    domain::{
        account::CurrentUser,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError, Problem},
        username::Username,
    },
    server::{
        error::FlowError,
        request_info::RequestInfo,
        state::AppState,
        storage::{StoreError, profiles, users},
    },
};

use super::super::{
    tell_owner::{self, What},
    throttle::{self, Limit},
};

/// Whether somebody may change their user name: the site asks for such, or they have one.
#[must_use]
pub fn is_open_to(state: &AppState, user: &CurrentUser) -> bool {
    state.config.identifier.asks_username() || user.username.is_some()
}

/// Changes the user name of somebody who has just shown the password.
///
/// # Errors
/// Field messages, [`AuthError::NotFound`] where there are no user names, or [`AuthError::NotSignedIn`] if the session was ended
/// meanwhile.
pub async fn run(state: &AppState, user: &CurrentUser, request: &RequestInfo, username: &str) -> Result<(), FlowError> {
    if !is_open_to(state, user) {
        return Err(AuthError::NotFound.into());
    }
    let refuse = |problem| FlowError::Answer(FieldError { field: Field::Username, problem }.into());
    let username = Username::parse(username).map_err(refuse)?;
    throttle::count(state, request, Some(&user.id), &[Limit::Username(&user.id)]).await?;
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, user).await?;
    let before = users::find(&mut tx, &user.id).await?.ok_or(AuthError::NotSignedIn)?;
    match profiles::set_username(&mut tx, &user.id, &username).await {
        // User names are no secret.
        Err(StoreError::Taken) => return Err(refuse(Problem::UsernameTaken)),
        Ok(false) => return Err(refuse(Problem::UsernameSame)),
        changed => drop(changed?),
    }
    super::own_event(EventKind::UsernameChanged, user, request).record(state, &mut tx).await?;
    tell_owner::changed(state, &mut tx, &before, request, What::UsernameChanged).await?;
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, address = %request.address, "user name changed");
    Ok(())
}
