//! A new password by link: the link's making, its look-up, its use. Must not sign anybody in.

use url::Url;

use crate::{
    domain::{
        error::AuthError,
        field::{Field, FieldError},
        page_data::ResetLink,
        password,
    },
    server::{
        crypto::token::{OneTimeToken, presented_hash},
        error::{FlowError, ServerError},
        mail::message::{Circumstances, Message},
        request_info::RequestInfo,
        state::AppState,
        storage::{
            Tx, known_devices,
            sessions::{self, EndReason},
            tokens::{self, Purpose},
            users::{self, UserRow},
        },
    },
};

/// How long a reset link works.
pub const LINK_SECONDS: i64 = 30 * 60;
/// Where the link leads.
const PATH: &str = "/reset-password";

/// Makes a link for a person; older ones stop working.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn make_link(state: &AppState, tx: &mut Tx, user: &UserRow) -> Result<Url, ServerError> {
    let token = OneTimeToken::draw(state.random.as_ref())?;
    let now = state.now();
    tokens::replace(tx, &token.hash(), Purpose::ResetPassword, Some(&user.id), now, now.plus(LINK_SECONDS)).await?;
    super::token_link(state, PATH, token.secret())
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
    let link = make_link(state, tx, user).await?;
    Message::ResetPassword.enqueue(state, tx, &email, &link, circumstances).await?;
    tracing::info!(user = %user.id, "reset link mailed");
    Ok(())
}

/// Whose link this is, without using it up.
///
/// # Errors
/// [`AuthError::LinkDead`].
pub async fn look_up(state: &AppState, token: &str) -> Result<ResetLink, FlowError> {
    let (user, _) = find_user(state, token).await?;
    Ok(ResetLink { credential_name: super::credential_name(&user), own_words: user.own_words() })
}

/// Replaces the password, uses the link up, ends every session, forgets every browser and tells the owner: all of it or
/// none (ASVS 2.3.3). Whoever holds the link reads the mail, so the address is proven, and an account that somebody else
/// made with it is now theirs. Answers with what the person signs in with.
///
/// # Errors
/// [`AuthError::LinkDead`], or a field message; a refused password leaves the link alive.
pub async fn run(
    state: &AppState,
    request: &RequestInfo,
    token: &str,
    new_password: String,
) -> Result<String, FlowError> {
    let (user, token_hash) = find_user(state, token).await?;
    password::check_new(&new_password, state.config.password_min_length)
        .map_err(|problem| AuthError::from(FieldError { field: Field::NewPassword, problem }))?;
    let password_hash = super::hash_new(state, new_password, user.own_words()).await?;

    let now = state.now();
    let mut tx = state.db.begin().await?;
    let is_ours = tokens::spend(&mut tx, &token_hash, Purpose::ResetPassword, now).await?
        && users::set_password(&mut tx, &user, &password_hash, now).await?;
    if !is_ours {
        return Err(AuthError::LinkDead.into());
    }
    users::mark_verified(&mut tx, &user, now).await?;
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail] {
        tokens::spend_all(&mut tx, purpose, Some(&user.id), now).await?;
    }
    known_devices::forget_all(&mut tx, &user.id).await?;
    sessions::end_all_but(&mut tx, &user.id, "", EndReason::PasswordReset, now).await?;
    tell_owner(state, &mut tx, &user, request).await?;
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, address = %request.address, "password reset");
    Ok(super::credential_name(&user))
}

/// Mails word of a changed password (ASVS 6.3.7).
pub(super) async fn tell_owner(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    request: &RequestInfo,
) -> Result<(), ServerError> {
    let Some(email) = user.email() else { return Ok(()) };
    let link = super::link(state, "/forgot-password")?;
    let circumstances = Circumstances::of(request, state.now());
    Message::PasswordChanged.enqueue(state, tx, &email, &link, circumstances).await
}

async fn find_user(state: &AppState, token: &str) -> Result<(UserRow, String), FlowError> {
    let token_hash = presented_hash(token).ok_or(AuthError::LinkDead)?;
    let mut conn = state.db.read().await?;
    let owner = tokens::find_live(&mut conn, &token_hash, Purpose::ResetPassword, state.now()).await?;
    let id = owner.flatten().ok_or(AuthError::LinkDead)?;
    let user = users::find(&mut conn, &id).await?.filter(UserRow::is_active).ok_or(AuthError::LinkDead)?;
    Ok((user, token_hash))
}
