//! Another address: at once for somebody whose present one was never proven, say because it was mistyped, unless that would tell
//! whose it is; once it is proven itself for everybody else. Must not touch a proven address before that.

use url::Url;

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError, Problem},
        pending_email::PendingEmail,
    },
    server::{
        audit::Event,
        crypto::token::OneTimeToken,
        error::{FlowError, ServerError},
        mail::message::{Circumstances, Message},
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{
            StoreError, Tx, not_me_links,
            tokens::{self, Owner, Purpose},
            users::{self, UserRow},
            wanted_email,
        },
    },
};

use super::{
    tell_owner::{self, What},
    throttle::{self, Limit},
    verify_email,
};

/// What became of a request for another address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    /// It is the address of the account, and waits to be proven.
    Replaced,
    /// It waits to be proven, and then replaces the present one.
    Pending,
}

/// The address that a person waits for.
///
/// # Errors
/// When the database is away.
pub async fn pending(state: &AppState, user_id: &str) -> Result<PendingEmail, ServerError> {
    Ok(PendingEmail { wanted: wanted_email::find(&mut state.db.read().await?, user_id).await? })
}

/// Replaces an address that was never proven, and makes every link to it worthless; or notes which is to replace a proven one, and
/// tells that one (the latter also of an address that was never proven, where replacing it would tell whose the new one is).
/// Mails a link to the new address: all of it or none. Asking for the address that is noted already mails another link.
///
/// # Errors
/// A field message, a limit, or [`AuthError::NotSignedIn`].
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    email: &str,
) -> Result<Requested, FlowError> {
    let current = session.get().await?.ok_or(AuthError::NotSignedIn)?;
    let refuse = |problem| FlowError::Answer(FieldError { field: Field::Email, problem }.into());
    let email = Email::parse(email).map_err(refuse)?;
    let (email_key, network) = (email.key(), request.network());
    let user = users::find(&mut state.db.read().await?, &current.user_id).await?.ok_or(AuthError::NotSignedIn)?;
    if !user.is_unverified() && user.email().is_some_and(|present| present.key() == email_key) {
        return Err(refuse(Problem::EmailSame));
    }
    throttle::count(state, request, Some(&user.id), &[Limit::VerifyEmail(&email_key), Limit::RequestNetwork(&network)])
        .await?;

    attempt(state, request, &current.user_id, &email, &current.id).await
}

/// Decides and does it, once nobody else changes the person: their address may have been proven meanwhile, in another tab.
async fn attempt(
    state: &AppState,
    request: &RequestInfo,
    user_id: &str,
    email: &Email,
    session_id: &str,
) -> Result<Requested, FlowError> {
    let refuse = |problem| FlowError::Answer(FieldError { field: Field::Email, problem }.into());
    let (email_key, now) = (email.key(), state.now());
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, user_id, session_id).await?;
    let user = &users::find(&mut tx, user_id).await?.ok_or(AuthError::NotSignedIn)?;
    let is_own = user.email().is_some_and(|present| present.key() == email_key);
    if is_own && !user.is_unverified() {
        return Err(refuse(Problem::EmailSame));
    }
    let owner = users::find_by_email_key(&mut tx, &email_key).await?;
    let is_kept = not_me_links::is_kept_for_another(&mut tx, &email_key, &user.id, now).await?;
    let is_anothers = is_kept || owner.is_some_and(|owner| owner.id != user.id);
    if is_anothers && !state.config.needs_verification() {
        return Err(refuse(Problem::EmailUnavailable));
    }
    // Where addresses are nobody's business, another one is nobody's before it is proven: whether it took the place of one that
    // is not proven either would tell whether it was free.
    let requested = if user.is_unverified() && (is_own || !state.config.needs_verification()) {
        if !replace(state, &mut tx, user, request, email, session_id).await? {
            return Err(AuthError::NotSignedIn.into());
        }
        Requested::Replaced
    } else {
        if !request_change(state, &mut tx, user, request, email, session_id).await? {
            return Err(AuthError::NotSignedIn.into());
        }
        // Made for either, so that the time of the answer does not tell whose the address is; one that is mailed to nobody opens
        // nothing.
        let link = make_link(state, &mut tx, user, email).await?;
        if is_anothers {
            tell_other(state, &mut tx, request, email).await?;
        } else {
            Message::ChangeEmail.enqueue(state, &mut tx, email, &link, Circumstances::of(request, now)).await?;
        }
        Requested::Pending
    };
    tx.commit().await?;
    state.work.notify_one();
    Ok(requested)
}

/// Gives up an address that waits to be proven; its link stops working. Nothing where none waits.
///
/// # Errors
/// [`AuthError::NotSignedIn`].
pub async fn cancel(state: &AppState, session: &CurrentSession, request: &RequestInfo) -> Result<bool, FlowError> {
    let current = session.get().await?.ok_or(AuthError::NotSignedIn)?;
    let user_id = &current.user_id;
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, user_id, &current.id).await?;
    // The person before the link, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
    if !wanted_email::forget(&mut tx, user_id).await? {
        return Ok(false);
    }
    tokens::spend_all(&mut tx, Purpose::ChangeEmail, Some(user_id), state.now()).await?;
    let event = Event::of(EventKind::EmailChangeCancelled, request).by(user_id).in_session(&current.id);
    event.record(state, &mut tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Where addresses are nobody's business, the mailbox is told and this person is not (ASVS 6.3.8).
async fn tell_other(state: &AppState, tx: &mut Tx, request: &RequestInfo, email: &Email) -> Result<(), FlowError> {
    super::sign_up::tell_owner(state, tx, request, email).await
}

/// The new address instead of one that was never proven, whose links then open nothing more, and none waits any more. `false` if
/// the account is disabled.
async fn replace(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    request: &RequestInfo,
    email: &Email,
    session_id: &str,
) -> Result<bool, FlowError> {
    let refuse = |problem| FlowError::Answer(FieldError { field: Field::Email, problem }.into());
    let now = state.now();
    match users::replace_unverified_email(&mut *tx, &user.id, email).await {
        Err(StoreError::Taken) => return Err(refuse(Problem::EmailUnavailable)),
        Ok(false) => return Ok(false),
        replaced => drop(replaced?),
    }
    wanted_email::forget(&mut *tx, &user.id).await?;
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail, Purpose::ChangeEmail, Purpose::NotMe] {
        tokens::spend_all(&mut *tx, purpose, Some(&user.id), now).await?;
    }
    let user = users::find(&mut *tx, &user.id).await?.ok_or(AuthError::NotSignedIn)?;
    Event::of(EventKind::EmailChanged, request).by(&user.id).in_session(session_id).record(state, tx).await?;
    verify_email::mail_link(state, tx, &user, Circumstances::of(request, now)).await?;
    tracing::info!(user = %user.id, address = %request.address, "unproven address replaced");
    Ok(true)
}

/// Notes the address, and tells the present one, unless it is noted already. `false` if
/// the account is disabled.
async fn request_change(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    request: &RequestInfo,
    email: &Email,
    session_id: &str,
) -> Result<bool, FlowError> {
    let before = wanted_email::find(&mut *tx, &user.id).await?;
    if !wanted_email::set(&mut *tx, &user.id, email).await? {
        return Ok(false);
    }
    // Whoever gets another link for the same address was told of it.
    if before.is_some_and(|before| before.key() == email.key()) {
        return Ok(true);
    }
    tokens::spend_all(&mut *tx, Purpose::ChangeEmail, Some(&user.id), state.now()).await?;
    let event = Event::of(EventKind::EmailChangeRequested, request).by(&user.id).in_session(session_id);
    event.record(state, tx).await?;
    // Whoever reads the mail of an address that was never proven has no say.
    if !user.is_unverified() {
        tell_owner::changed(state, tx, user, request, What::EmailChangeRequested).await?;
    }
    tracing::info!(user = %user.id, address = %request.address, "another address asked for");
    Ok(true)
}

/// Makes the link that makes the address theirs, and mails none; older ones stop working.
async fn make_link(state: &AppState, tx: &mut Tx, user: &UserRow, email: &Email) -> Result<Url, ServerError> {
    let token = OneTimeToken::draw(state.random.as_ref())?;
    let now = state.now();
    let owner = Owner { user_id: Some(user.id.clone()), email_key: Some(email.key()) };
    let expires_at = now.plus(verify_email::LINK_SECONDS);
    tokens::replace(tx, &token.hash(), Purpose::ChangeEmail, &owner, now, expires_at).await?;
    super::token_link(state, verify_email::PATH, token.secret())
}
