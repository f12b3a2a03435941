//! A new password in exchange for the current one (ASVS 6.2.2, 6.2.3). Must not work without a session.

use crate::{
    domain::{
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError, Problem},
        form::Form,
    },
    server::{
        audit::Event,
        error::FlowError,
        request_info::RequestInfo,
        session::{self, CurrentSession},
        state::AppState,
        storage::{
            sessions::{self, EndReason},
            tokens::{self, Purpose},
            users, wanted_email,
        },
    },
};

use super::{
    NextStep, Outcome, personal_tokens,
    tell_owner::{self, What},
};

/// What the form holds, as posted.
#[derive(Clone, Default)]
pub struct Change {
    /// The password in force.
    pub password: String,
    /// The one to come.
    pub new_password: String,
    /// Whether the person's other sessions end (ASVS 7.4.3).
    pub sign_out_others: bool,
}

/// Replaces the password, ends or carries over the other sessions, tells the owner: all of it or none. This session goes on
/// under a new id.
///
/// # Errors
/// Field messages, or [`AuthError::NotSignedIn`].
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    change: Change,
) -> Result<Outcome, FlowError> {
    let current = session.get().await?.ok_or(AuthError::NotSignedIn)?;
    let rules = Form::ChangePassword { minimum: state.config.password_min_length };
    let errors = rules.check(|field| match field {
        Field::Password => change.password.clone(),
        Field::NewPassword => change.new_password.clone(),
        _ => String::new(),
    });
    if !errors.is_empty() {
        return Err(AuthError::from(errors).into());
    }
    let refuse = |field, problem| FlowError::Answer(FieldError { field, problem }.into());

    let place = state.passwords.enter()?;
    let user = users::find(&mut state.db.read().await?, &current.user_id).await?.ok_or(AuthError::NotSignedIn)?;
    let is_same = change.password == change.new_password;
    super::check_password(state, request, &place, &user, &current.id, change.password).await?;
    if is_same {
        return Err(refuse(Field::NewPassword, Problem::PasswordSame));
    }
    let password_hash = super::hash_new(state, &place, change.new_password, user.own_words()).await?;

    let now = state.now();
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, &user.id, &current.id).await?;
    if !users::set_password(&mut tx, &user, &password_hash, now).await? {
        return Err(AuthError::NotSignedIn.into());
    }
    if change.sign_out_others {
        let ended = Event::of(EventKind::SessionEnded, request).by(&user.id);
        session::end_others(state, &mut tx, &user.id, &current.id, EndReason::PasswordChanged, &ended).await?;
        let revoked = Event::of(EventKind::TokenRevoked, request).by(&user.id);
        personal_tokens::revoke_all(state, &mut tx, &user.id, &revoked).await?;
    } else {
        sessions::carry_over(&mut tx, &user.id, user.credential_version).await?;
    }
    for purpose in [Purpose::ResetPassword, Purpose::ChangeEmail] {
        tokens::spend_all(&mut tx, purpose, Some(&user.id), now).await?;
    }
    wanted_email::forget(&mut tx, &user.id).await?;
    Event::of(EventKind::PasswordChanged, request).by(&user.id).in_session(&current.id).record(state, &mut tx).await?;
    tell_owner::changed(state, &mut tx, &user, request, What::PasswordChanged).await?;
    let user = users::find(&mut tx, &user.id).await?.ok_or(AuthError::NotSignedIn)?;
    tx.commit().await?;
    state.work.notify_one();

    tracing::info!(user = %user.id, address = %request.address, "password changed");
    match session.renew(state, &user, false, request).await {
        Ok(()) => Ok(NextStep::Dashboard.into()),
        Err(error) => {
            tracing::error!(%error, user = %user.id, "done, but without a session");
            Ok(NextStep::SignIn.into())
        }
    }
}
