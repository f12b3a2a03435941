//! Proof that mail to an address reaches whoever has the account: the link's making, its look-up, its use. Must not take
//! reading the mail alone for proof: an account that somebody else made with the address would be theirs, confirmed.

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError},
        page_data::VerifyLink,
    },
    server::{
        audit::Event,
        crypto::token::{OneTimeToken, presented_hash},
        error::{FlowError, ServerError},
        mail::message::{Circumstances, Message},
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{
            Tx,
            tokens::{self, Owner, Purpose},
            users::{self, UserRow},
        },
    },
};

use super::{
    NextStep, Outcome, own_account,
    throttle::{self, Limit},
};

/// How long a link works.
const LINK_SECONDS: i64 = 24 * 3_600;
/// Where the link leads.
const PATH: &str = "/verify-email";

/// Mails a link to somebody whose address is not proven yet; older links stop working. Nothing for anybody else.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn mail_link(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    circumstances: Circumstances<'_>,
) -> Result<(), ServerError> {
    let Some(email) = user.email().filter(|_| user.is_active() && user.is_unverified()) else { return Ok(()) };
    let token = OneTimeToken::draw(state.random.as_ref())?;
    let now = state.now();
    let owner = Owner { user_id: Some(user.id.clone()), email_key: Some(email.key()) };
    tokens::replace(tx, &token.hash(), Purpose::VerifyEmail, &owner, now, now.plus(LINK_SECONDS)).await?;
    let link = super::token_link(state, PATH, token.secret())?;
    Message::VerifyEmail.enqueue(state, tx, &email, &link, circumstances).await
}

/// Asks for a link for somebody who has just shown the password, unless one was asked for a moment ago: that one still works.
pub(super) async fn remind(state: &AppState, request: &RequestInfo, email: &Email) -> Result<(), FlowError> {
    match throttle::count(state, request, None, &[Limit::VerifyEmail(&email.key())]).await {
        Err(FlowError::Answer(_)) => Ok(()),
        counted => {
            counted?;
            super::ask_for_link(state, request, Purpose::VerifyEmail, email).await
        }
    }
}

/// Asks for another link; a background task answers, alike for addresses we know and addresses we do not.
///
/// # Errors
/// A field message for what is not an address, or [`AuthError::TooManyRequests`].
pub async fn ask_again(state: &AppState, request: &RequestInfo, email: &str) -> Result<Email, FlowError> {
    let email = Email::parse(email).map_err(|problem| AuthError::from(FieldError { field: Field::Email, problem }))?;
    let limits = [Limit::VerifyEmail(&email.key()), Limit::RequestNetwork(&request.network())];
    throttle::count(state, request, None, &limits).await?;
    super::ask_for_link(state, request, Purpose::VerifyEmail, &email).await?;
    Ok(email)
}

/// Whose link this is, without using it up, and whether they are the ones signed in.
///
/// # Errors
/// [`AuthError::LinkDead`].
pub async fn look_up(state: &AppState, token: &str, signed_in: Option<&str>) -> Result<VerifyLink, FlowError> {
    let (user, email, _) = find_user(state, token).await?;
    Ok(VerifyLink::Alive { email: email.to_string(), needs_password: signed_in != Some(user.id.as_str()) })
}

/// Notes that the address is proven and uses the link up. Somebody who is not signed in shows the password too, and then is.
///
/// # Errors
/// [`AuthError::LinkDead`], a field message, or [`AuthError::TooManyTries`]; all of these leave the link as it was.
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    token: &str,
    password: String,
) -> Result<Outcome, FlowError> {
    let (user, email, token_hash) = find_user(state, token).await?;
    let is_signed_in = session.get().await?.is_some_and(|session| session.user_id == user.id);
    if !is_signed_in {
        crate::domain::password::check_current(&password)
            .map_err(|problem| AuthError::from(FieldError { field: Field::Password, problem }))?;
        super::check_password(state, request, &user, password).await?;
    }
    let now = state.now();
    let mut tx = state.db.begin().await?;
    // The person before the link, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
    let is_ours = users::mark_verified(&mut tx, &user.id, &email.key(), now).await?
        && tokens::spend(&mut tx, &token_hash, Purpose::VerifyEmail, now).await?;
    if !is_ours {
        return Err(AuthError::LinkDead.into());
    }
    Event::of(EventKind::EmailVerified, request).by(&user.id).record(state, &mut tx).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, address = %request.address, "address proven");
    if is_signed_in {
        return Ok(NextStep::Dashboard.into());
    }
    let is_kept = own_account::delete::keep(state, request, &user.id).await?;
    Ok(Outcome { is_kept, ..super::begin_session(state, session, &user, "verify_email", request).await })
}

async fn find_user(state: &AppState, token: &str) -> Result<(UserRow, Email, String), FlowError> {
    let token_hash = presented_hash(token).ok_or(AuthError::LinkDead)?;
    let mut conn = state.db.read().await?;
    let owner = tokens::find_live(&mut conn, &token_hash, Purpose::VerifyEmail, state.now()).await?;
    let Some(Owner { user_id: Some(id), email_key: Some(mailed_to) }) = owner else {
        return Err(AuthError::LinkDead.into());
    };
    let user = users::find(&mut conn, &id).await?.filter(UserRow::is_active).ok_or(AuthError::LinkDead)?;
    // Good for the address that it was mailed to, and for no other.
    let email = user.email().filter(|email| email.key() == mailed_to).ok_or(AuthError::LinkDead)?;
    Ok((user, email, token_hash))
}
