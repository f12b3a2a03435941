//! The end of an account at its owner's wish: at once, or after days in which signing in keeps it. Must not leave a session or
//! link alive meanwhile, nor the site without an administrator.

use crate::{
    domain::{
        account::CurrentUser,
        end_reason::EndReason,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError, Problem},
        form::Form,
        identifier::Identifier,
        moment::Moment,
    },
    server::{
        audit::Event,
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        session,
        state::AppState,
        storage::{
            Tx, deletions, known_devices,
            tokens::{self, Purpose},
            users::{self, UserRow},
            wanted_email,
        },
    },
};

use super::super::{
    personal_tokens,
    tell_owner::{self, What},
};

const DAY: i64 = 24 * 3_600;

/// What the form holds, as posted.
#[derive(Clone, Default)]
pub struct Wish {
    /// The e-mail address or user name of the account, typed.
    pub identifier: String,
    /// The password in force, always asked for.
    pub password: String,
}

/// When the account is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Now.
    Done,
    /// At this instant, unless its owner signs in before.
    At(Moment),
}

/// Ends every session and link, forgets every browser, and deletes the account or notes when it is to be deleted: all of it or
/// none (ASVS 7.4.2).
///
/// # Errors
/// Field messages, [`AuthError::LastAdministrator`], or [`AuthError::NotSignedIn`] if somebody was faster, or ended this session.
pub async fn run(
    state: &AppState,
    current: &CurrentUser,
    request: &RequestInfo,
    wish: Wish,
) -> Result<Deletion, FlowError> {
    let errors = Form::DeleteAccount.check(|field| match field {
        Field::Identifier => wish.identifier.clone(),
        Field::Password => wish.password.clone(),
        _ => String::new(),
    });
    if !errors.is_empty() {
        return Err(AuthError::from(errors).into());
    }
    let refuse = |problem| FlowError::Answer(FieldError { field: Field::Identifier, problem }.into());
    let identifier = Identifier::parse(&wish.identifier).map_err(refuse)?;
    let place = state.passwords.enter()?;
    let user = users::find(&mut state.db.read().await?, &current.id).await?.ok_or(AuthError::NotSignedIn)?;
    if !is_called(&user, &identifier) {
        return Err(refuse(Problem::IdentifierWrong));
    }
    super::super::check_password(state, request, &place, &user, &current.session.id, wish.password).await?;

    let now = state.now();
    let days = state.config.deletion_grace_days;
    let at = now.plus(i64::from(days) * DAY);
    let mut tx = state.db.begin().await?;
    super::super::manage::keep_an_administrator(&mut tx, &user.id).await?;
    users::hold_to_remove(&mut tx, &user.id).await?;
    super::still_signed_in(&mut tx, current).await?;
    if !deletions::request(&mut tx, &user, at).await? {
        return Err(AuthError::NotSignedIn.into());
    }
    let ended = Event::of(EventKind::SessionEnded, request).by(&user.id);
    session::end_others(state, &mut tx, &user.id, "", EndReason::AccountDeleted, &ended).await?;
    let revoked = Event::of(EventKind::TokenRevoked, request).by(&user.id);
    personal_tokens::revoke_all(state, &mut tx, &user.id, &revoked).await?;
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail, Purpose::ChangeEmail] {
        tokens::spend_all(&mut tx, purpose, Some(&user.id), now).await?;
    }
    wanted_email::forget(&mut tx, &user.id).await?;
    known_devices::forget_all(&mut tx, &user.id).await?;
    let event = super::own_event(EventKind::DeletionRequested, current, request);
    event.with("until", at.rfc3339()).record(state, &mut tx).await?;
    let deletion = if days == 0 {
        remove_due(state, &mut tx, &user.id).await?;
        tell_owner::deleted(state, &mut tx, &user, request).await?;
        Deletion::Done
    } else {
        tell_owner::changed(state, &mut tx, &user, request, What::DeletionRequested).await?;
        Deletion::At(at)
    };
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, address = %request.address, days, "deletion asked for");
    Ok(deletion)
}

fn is_called(user: &UserRow, identifier: &Identifier) -> bool {
    match identifier {
        Identifier::Email(typed) => user.email().is_some_and(|email| email.key() == typed.key()),
        Identifier::Username(typed) => user.username().is_some_and(|username| username.key() == typed.key()),
    }
}

/// Removes an account whose time has come, and says so in the same transaction. `false` if somebody else did, or it is kept.
///
/// # Errors
/// When the database is away; then the transaction must not be committed.
pub async fn remove_due(state: &AppState, tx: &mut Tx, user_id: &str) -> Result<bool, ServerError> {
    let is_removed = deletions::remove(&mut *tx, user_id, state.now()).await?;
    if is_removed {
        Event::by_system(EventKind::AccountDeleted).about(user_id).record(state, tx).await?;
    }
    Ok(is_removed)
}

/// Keeps an account that was to be deleted, and whose owner has just shown the password. `false` if it is kept already.
///
/// # Errors
/// When the database is away.
pub async fn keep(state: &AppState, request: &RequestInfo, user_id: &str) -> Result<bool, ServerError> {
    let mut tx = state.db.begin().await?;
    let is_kept = deletions::cancel(&mut tx, user_id).await?;
    if is_kept {
        Event::of(EventKind::DeletionCancelled, request).by(user_id).record(state, &mut tx).await?;
        tx.commit().await?;
        tracing::info!(user = user_id, address = %request.address, "deletion cancelled");
    }
    Ok(is_kept)
}
