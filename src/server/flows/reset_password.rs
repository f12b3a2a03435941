//! A new password by link: the link's making, its look-up, its use. Must not sign anybody in.

use url::Url;

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError},
        page_data::ResetLink,
        password,
    },
    server::{
        audit::Event,
        crypto::token::{OneTimeToken, presented_hash},
        error::{FlowError, ServerError},
        mail::message::{Circumstances, Message},
        request_info::RequestInfo,
        session,
        state::AppState,
        storage::{
            Durability, Tx, known_devices, not_me_links,
            sessions::EndReason,
            tokens::{self, Owner, Purpose},
            users::{self, UserRow},
            wanted_email,
        },
    },
};

use super::{
    personal_tokens,
    tell_owner::{self, What},
    throttle::Limit,
};

/// How long a reset link works.
pub const LINK_SECONDS: i64 = 30 * 60;
/// Where the link leads.
const PATH: &str = "/reset-password";

/// Makes a link for a person; older ones stop working. `mailed_to` is the address that it goes to, and then proves; none
/// if it is printed.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn make_link(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    mailed_to: Option<&Email>,
) -> Result<Url, ServerError> {
    make_link_for(state, tx, user, mailed_to, LINK_SECONDS).await
}

/// The same, good for so many seconds.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn make_link_for(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    mailed_to: Option<&Email>,
    seconds: i64,
) -> Result<Url, ServerError> {
    let token = make_token(state, tx, user, mailed_to, seconds).await?;
    super::token_link(state, PATH, token.secret())
}

/// What a link carries, see [`make_link`].
///
/// # Errors
/// When the database is away or there is no randomness.
pub(super) async fn make_token(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    mailed_to: Option<&Email>,
    seconds: i64,
) -> Result<OneTimeToken, ServerError> {
    let token = OneTimeToken::draw(state.random.as_ref())?;
    let now = state.now();
    let owner = Owner { user_id: Some(user.id.clone()), email_key: mailed_to.map(Email::key) };
    tokens::replace(tx, &token.hash(), Purpose::ResetPassword, &owner, now, now.plus(seconds)).await?;
    Ok(token)
}

/// Mails a link to somebody who asked for it; a disabled account gets none.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn mail_link(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    circumstances: Circumstances<'_>,
) -> Result<(), ServerError> {
    let Some(email) = user.email().filter(|_| user.is_active()) else { return Ok(()) };
    let link = make_link(state, tx, user, Some(&email)).await?;
    Event::by_system(EventKind::LinkSent).about(&user.id).with("purpose", "reset_password").record(state, tx).await?;
    Message::ResetPassword.enqueue(state, tx, &email, &link, circumstances).await?;
    tracing::info!(user = %user.id, "reset link mailed");
    Ok(())
}

/// Whose link this is, without using it up.
///
/// # Errors
/// [`AuthError::LinkDead`].
pub async fn look_up(state: &AppState, token: &str) -> Result<ResetLink, FlowError> {
    let (user, _, _) = find_user(state, token).await?;
    Ok(ResetLink {
        credential_name: super::credential_name(&user),
        own_words: user.own_words(),
        is_first: user.password_hash.is_none() && user.credential_version == 0,
    })
}

/// Replaces the password, uses the link up, ends every session, forgets every browser and tells the owner: all of it or
/// none (ASVS 2.3.3). Whoever holds a mailed link reads the mail, so the address is proven, and an account that somebody
/// else made with it is now theirs. Then waits that strangers brought about are over, and this browser is known.
///
/// # Errors
/// [`AuthError::LinkDead`], or a field message; a refused password leaves the link alive.
pub async fn run(
    state: &AppState,
    request: &RequestInfo,
    token: &str,
    new_password: String,
) -> Result<Reset, FlowError> {
    let (user, mailed_to, token_hash) = find_user(state, token).await?;
    password::check_new(&new_password, state.config.password_min_length)
        .map_err(|problem| AuthError::from(FieldError { field: Field::NewPassword, problem }))?;
    let place = state.passwords.enter()?;
    let password_hash = super::hash_new(state, &place, new_password, user.own_words()).await?;

    let now = state.now();
    let mut tx = state.db.begin().await?;
    // The person before the link, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
    let is_ours = users::set_password(&mut tx, &user, &password_hash, now).await?
        && match &mailed_to {
            Some(email_key) => users::mark_verified(&mut tx, &user.id, email_key, now).await?,
            None => true,
        }
        && tokens::spend(&mut tx, &token_hash, Purpose::ResetPassword, now).await?;
    if !is_ours {
        return Err(AuthError::LinkDead.into());
    }
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail, Purpose::ChangeEmail] {
        tokens::spend_all(&mut tx, purpose, Some(&user.id), now).await?;
    }
    wanted_email::forget(&mut tx, &user.id).await?;
    match &mailed_to {
        // Whoever took the address over must not disarm the links that went to the one before.
        Some(email_key) => not_me_links::spend_mailed_to(&mut tx, &user.id, email_key, now).await?,
        None => tokens::spend_all(&mut tx, Purpose::NotMe, Some(&user.id), now).await?,
    }
    known_devices::forget_all(&mut tx, &user.id).await?;
    let ended = Event::of(EventKind::SessionEnded, request).by(&user.id);
    session::end_others(state, &mut tx, &user.id, "", EndReason::PasswordReset, &ended).await?;
    let revoked = Event::of(EventKind::TokenRevoked, request).by(&user.id);
    personal_tokens::revoke_all(state, &mut tx, &user.id, &revoked).await?;
    Event::of(EventKind::PasswordReset, request).by(&user.id).record(state, &mut tx).await?;
    tell_owner::changed(state, &mut tx, &user, request, What::PasswordChanged).await?;
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, address = %request.address, "password reset");

    let identifiers = [user.email().map(|email| email.key()), user.username().map(|username| username.key())];
    let mut limits = vec![Limit::Password(&user.id)];
    limits.extend(identifiers.iter().flatten().map(|key| Limit::SignInAccount(key)));
    // Its owner is let in again, whatever happens next.
    let device = super::finish_sign_in(state, request, &user, &limits, false, Durability::Full).await;
    Ok(Reset { credential_name: super::credential_name(&user), device })
}

/// What a reset leaves for the browser it was done with.
pub struct Reset {
    /// What the person signs in with.
    pub credential_name: String,
    /// What the browser is to bring to its next sign-in, where it has none yet.
    pub device: Option<OneTimeToken>,
}

/// The person, the address that the link was mailed to if it was, and what is stored of it.
async fn find_user(state: &AppState, token: &str) -> Result<(UserRow, Option<String>, String), FlowError> {
    let token_hash = presented_hash(token).ok_or(AuthError::LinkDead)?;
    let mut conn = state.db.read().await?;
    let owner = tokens::find_live(&mut conn, &token_hash, Purpose::ResetPassword, state.now()).await?;
    let Some(Owner { user_id: Some(id), email_key }) = owner else { return Err(AuthError::LinkDead.into()) };
    let user = users::find(&mut conn, &id).await?.filter(UserRow::is_active).ok_or(AuthError::LinkDead)?;
    if email_key.is_some() && user.email().map(|email| email.key()) != email_key {
        return Err(AuthError::LinkDead.into());
    }
    Ok((user, email_key, token_hash))
}
