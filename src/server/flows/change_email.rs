//! Another address for somebody whose present one was never proven, say because it was mistyped. Must not touch a proven
//! address.

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
        mail::message::Circumstances,
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{
            StoreError,
            tokens::{self, Purpose},
            users,
        },
    },
};

use super::{
    throttle::{self, Limit},
    verify_email,
};

/// What the form holds, as posted.
#[derive(Clone, Default)]
pub struct Change {
    /// The address to come.
    pub email: String,
    /// The password in force (ASVS 7.5.1).
    pub password: String,
}

/// Replaces the address, mails a link to the new one, and makes every link to the old one worthless: all of it or none.
///
/// # Errors
/// Field messages, a limit, or [`AuthError::NotSignedIn`].
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    change: Change,
) -> Result<(), FlowError> {
    let current = session.get().await?.ok_or(AuthError::NotSignedIn)?;
    let errors = Form::ChangeEmail.check(|field| match field {
        Field::Email => change.email.clone(),
        Field::Password => change.password.clone(),
        _ => String::new(),
    });
    if !errors.is_empty() {
        return Err(AuthError::from(errors).into());
    }
    let refuse = |problem| FlowError::Answer(FieldError { field: Field::Email, problem }.into());
    let email = crate::domain::email::Email::parse(&change.email).map_err(refuse)?;
    let (email_key, network) = (email.key(), request.network());
    let user = users::find(&mut state.db.read().await?, &current.user_id).await?.ok_or(AuthError::NotSignedIn)?;
    super::check_password(state, request, &user, change.password).await?;
    throttle::count(state, request, Some(&user.id), &[Limit::VerifyEmail(&email_key), Limit::RequestNetwork(&network)])
        .await?;

    let now = state.now();
    let mut tx = state.db.begin().await?;
    let owner = users::find_by_email_key(&mut tx, &email_key).await?;
    if owner.is_some_and(|owner| owner.id != user.id) {
        if !state.config.needs_verification() {
            return Err(refuse(Problem::EmailUnavailable));
        }
        // Where addresses are nobody's business, the mailbox is told and this person is not (ASVS 6.3.8).
        super::sign_up::tell_owner(state, &mut tx, request, &email).await?;
        tx.commit().await?;
        state.work.notify_one();
        return Ok(());
    }
    match users::replace_unverified_email(&mut tx, &user.id, &email).await {
        Err(StoreError::Taken) => return Err(refuse(Problem::EmailUnavailable)),
        Ok(false) => return Err(AuthError::AlreadyVerified.into()),
        replaced => drop(replaced?),
    }
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail] {
        tokens::spend_all(&mut tx, purpose, Some(&user.id), now).await?;
    }
    let user = users::find(&mut tx, &user.id).await?.ok_or(AuthError::NotSignedIn)?;
    Event::of(EventKind::EmailChanged, request).by(&user.id).in_session(&current.id).record(state, &mut tx).await?;
    verify_email::mail_link(state, &mut tx, &user, Circumstances::of(request, now)).await?;
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, address = %request.address, "unproven address replaced");
    Ok(())
}
