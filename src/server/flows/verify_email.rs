//! Proof that mail to an address reaches whoever has the account, or is to be its address: the link's making, its look-up, its
//! use. Must not take reading the mail alone for proof: an account that somebody else made with the address would be theirs,
//! confirmed.

use url::Url;

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError},
        moment::Moment,
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
            StoreError, Tx,
            link_requests::Kind,
            tokens::{self, Owner, Purpose},
            users::{self, UserRow},
            wanted_email,
        },
    },
};

use super::{
    NextStep, Outcome,
    tell_owner::{self, What},
    throttle::{self, Limit},
};

/// How long a link works.
pub(super) const LINK_SECONDS: i64 = 24 * 3_600;
/// Who signs in without having used a link gets another one, but none so soon after the last.
const BETWEEN_REMINDERS_SECONDS: i64 = 3_600;
/// Where the link leads.
pub(super) const PATH: &str = "/verify-email";

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
    let link = Link::draw(state)?;
    link.replace_others(tx, &user.id, &email, state.now()).await?;
    Message::VerifyEmail.enqueue(state, tx, &email, &link.url(state)?, circumstances).await
}

/// A link that proves an address.
pub(super) struct Link(OneTimeToken);

impl Link {
    /// One that nobody can guess, and that opens nothing yet.
    pub(super) fn draw(state: &AppState) -> Result<Self, ServerError> {
        Ok(Self(OneTimeToken::draw(state.random.as_ref())?))
    }

    /// As it is mailed.
    pub(super) fn url(&self, state: &AppState) -> Result<Url, ServerError> {
        super::token_link(state, PATH, self.0.secret())
    }

    /// From here on it works, and older ones of the person do not.
    pub(super) async fn replace_others(
        &self,
        tx: &mut Tx,
        user_id: &str,
        email: &Email,
        now: Moment,
    ) -> Result<(), StoreError> {
        let owner = Owner { user_id: Some(user_id.to_owned()), email_key: Some(email.key()) };
        tokens::replace(tx, &self.0.hash(), Purpose::VerifyEmail, &owner, now, now.plus(LINK_SECONDS)).await
    }
}

/// Mails a link to somebody who showed the password and did not use the last one, unless that is new.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn remind(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    circumstances: Circumstances<'_>,
) -> Result<(), ServerError> {
    let now = state.now();
    let since = now.plus(-BETWEEN_REMINDERS_SECONDS);
    if tokens::any_since(&mut *tx, Purpose::VerifyEmail, &user.id, since, now).await? {
        return Ok(());
    }
    mail_link(state, tx, user, circumstances).await
}

/// Asks for another link; a background task answers, alike for addresses we know and addresses we do not.
///
/// # Errors
/// A field message for what is not an address, or [`AuthError::TooManyRequests`].
pub async fn ask_again(state: &AppState, request: &RequestInfo, email: &str) -> Result<Email, FlowError> {
    let email = Email::parse(email).map_err(|problem| AuthError::from(FieldError { field: Field::Email, problem }))?;
    let limits = [Limit::VerifyEmail(&email.key()), Limit::RequestNetwork(&request.network())];
    throttle::count(state, request, None, &limits).await?;
    super::ask_for_link(state, &mut state.db.write().await?, request, Kind::VerifyEmail, &email.key()).await?;
    state.work.notify_one();
    Ok(email)
}

/// Whose link this is, without using it up, and whether they are the ones signed in.
///
/// # Errors
/// When the database is away.
pub async fn look_up(state: &AppState, token: &str, signed_in: Option<&str>) -> Result<VerifyLink, FlowError> {
    match find(state, token).await {
        Ok(Found { user, email, purpose, .. }) => Ok(VerifyLink::Alive {
            email: email.to_string(),
            is_change: purpose == Purpose::ChangeEmail,
            needs_password: signed_in != Some(user.id.as_str()),
        }),
        Err(FlowError::Answer(AuthError::LinkDead)) => Ok(look_at_dead(state, token).await?),
        Err(error) => Err(error),
    }
}

/// What a link was for that does not work.
async fn look_at_dead(state: &AppState, token: &str) -> Result<VerifyLink, ServerError> {
    let Some(token_hash) = presented_hash(token) else { return Ok(VerifyLink::Dead { change_to: None }) };
    let owner = tokens::find_any(&mut state.db.read().await?, &token_hash, Purpose::ChangeEmail).await?;
    Ok(VerifyLink::Dead { change_to: owner.and_then(|owner| owner.email_key) })
}

/// Notes that the address is proven, or makes it the person's own in place of another one, and uses the link up. Somebody who
/// is not signed in shows the password too, and then is.
///
/// # Errors
/// [`AuthError::LinkDead`], a field message, [`AuthError::TooManyTries`], or [`AuthError::NotSignedIn`] if the session was
/// ended meanwhile; all of these leave the link as it was.
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    token: &str,
    password: String,
) -> Result<Verified, FlowError> {
    let found = find(state, token).await?;
    let user = &found.user;
    let current = session.get().await?.filter(|session| session.user_id == user.id);
    if current.is_none() {
        crate::domain::password::check_current(&password)
            .map_err(|problem| AuthError::from(FieldError { field: Field::Password, problem }))?;
        super::check_password(state, request, &state.passwords.enter()?, user, "", password).await?;
    }
    let session_id = current.as_ref().map(|current| current.id.as_str());
    if found.purpose == Purpose::ChangeEmail {
        take(state, request, &found, session_id).await?;
    } else {
        prove(state, request, &found, session_id).await?;
    }
    let outcome = if current.is_some() {
        NextStep::Dashboard.into()
    } else {
        let user = users::find(&mut state.db.read().await?, &user.id).await?.ok_or(AuthError::LinkDead)?;
        super::begin_session(state, session, &user, "verify_email", request).await
    };
    Ok(Verified { outcome, is_change: found.purpose == Purpose::ChangeEmail })
}

/// What the use of a link led to.
pub struct Verified {
    /// Where the person stands.
    pub outcome: Outcome,
    /// Whether the address replaced another one.
    pub is_change: bool,
}

/// The address of the account is proven.
async fn prove(
    state: &AppState,
    request: &RequestInfo,
    found: &Found,
    session_id: Option<&str>,
) -> Result<(), FlowError> {
    let Found { user, email, token_hash, .. } = found;
    let now = state.now();
    let mut tx = state.db.begin().await?;
    if let Some(session_id) = session_id {
        super::still_signed_in(&mut tx, &user.id, session_id).await?;
    }
    // The person before the link, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
    let is_ours = users::mark_verified(&mut tx, &user.id, &email.key(), now).await?
        && tokens::spend(&mut tx, token_hash, Purpose::VerifyEmail, now).await?;
    if !is_ours {
        return Err(AuthError::LinkDead.into());
    }
    let event = Event::of(EventKind::EmailVerified, request).by(&user.id).in_session(session_id.unwrap_or_default());
    event.record(state, &mut tx).await?;
    if wanted_email::find(&mut tx, &user.id).await?.is_some() {
        // Asked for while this one was nobody's for certain, and so not told.
        tell_owner::changed(state, &mut tx, user, request, What::EmailChangeRequested).await?;
    }
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, address = %request.address, "address proven");
    Ok(())
}

/// The address that waited becomes the account's; links to the former open nothing more, but for those that say "this was not
/// me", and its reader is told (ASVS 6.3.7). One that was never proven has no say.
async fn take(
    state: &AppState,
    request: &RequestInfo,
    found: &Found,
    session_id: Option<&str>,
) -> Result<(), FlowError> {
    let Found { user, email, token_hash, .. } = found;
    let now = state.now();
    let mut tx = state.db.begin().await?;
    if let Some(session_id) = session_id {
        super::still_signed_in(&mut tx, &user.id, session_id).await?;
    }
    // As they are now: the present address may have been proven since the password was looked at.
    users::hold(&mut tx, &user.id).await?;
    let user = &users::find(&mut tx, &user.id).await?.ok_or(AuthError::LinkDead)?;
    let is_taken = match wanted_email::take(&mut tx, &user.id, email, now).await {
        Err(StoreError::Taken) => return Err(AuthError::LinkDead.into()),
        taken => taken?,
    };
    if !is_taken || !tokens::spend(&mut tx, token_hash, Purpose::ChangeEmail, now).await? {
        return Err(AuthError::LinkDead.into());
    }
    users::claim_username(&mut tx, &user.id, &email.key()).await?;
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail, Purpose::ChangeEmail] {
        tokens::spend_all(&mut tx, purpose, Some(&user.id), now).await?;
    }
    let was_theirs = !user.is_unverified();
    if !was_theirs {
        tokens::spend_all(&mut tx, Purpose::NotMe, Some(&user.id), now).await?;
    }
    let event = Event::of(EventKind::EmailChanged, request).by(&user.id).in_session(session_id.unwrap_or_default());
    event.record(state, &mut tx).await?;
    if was_theirs {
        tell_owner::changed(state, &mut tx, user, request, What::EmailChanged).await?;
    }
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, address = %request.address, "address changed");
    Ok(())
}

/// A live link.
struct Found {
    user: UserRow,
    /// The address that it proves.
    email: Email,
    purpose: Purpose,
    token_hash: String,
}

/// Good for the address that it was mailed to, and for no other.
async fn find(state: &AppState, token: &str) -> Result<Found, FlowError> {
    let token_hash = presented_hash(token).ok_or(AuthError::LinkDead)?;
    let now = state.now();
    let mut conn = state.db.read().await?;
    for purpose in [Purpose::VerifyEmail, Purpose::ChangeEmail] {
        let owner = tokens::find_live(&mut conn, &token_hash, purpose, now).await?;
        let Some(Owner { user_id: Some(id), email_key: Some(mailed_to) }) = owner else { continue };
        let user = users::find(&mut conn, &id).await?.filter(UserRow::is_active).ok_or(AuthError::LinkDead)?;
        let email = if purpose == Purpose::ChangeEmail {
            // Somebody else's by now, so that nobody is asked to press a button in vain.
            if users::find_by_email_key(&mut conn, &mailed_to).await?.is_some() {
                return Err(AuthError::LinkDead.into());
            }
            wanted_email::find(&mut conn, &id).await?
        } else {
            user.email()
        };
        let email = email.filter(|email| email.key() == mailed_to).ok_or(AuthError::LinkDead)?;
        return Ok(Found { user, email, purpose, token_hash });
    }
    Err(AuthError::LinkDead.into())
}
