//! Use cases, one per file: each takes what it needs as values, decides, and answers in domain types. Must not know HTTP,
//! and must not write SQL.

/// Who is asking with a token.
pub mod bearer;
/// Another address.
pub mod change_email;
/// A new password in exchange for the current one.
pub mod change_password;
/// The password once more.
pub mod confirm_password;
/// Who is asking.
pub mod current_user;
/// What roles do not allow.
pub mod denied;
/// Asking for a reset link.
pub mod forgot_password;
/// Tokens in exchange for a password, or for a refresh token.
pub mod grants;
/// Who may do what, and who may sign in.
pub mod manage;
/// "This was not me".
pub mod not_me;
/// Which settings are in force since the last start.
pub mod note_settings;
/// What people see of their own account and do to it.
pub mod own_account;
/// Tokens that people make for their own programs.
pub mod personal_tokens;
/// Whether the server can serve.
pub mod readiness;
/// A new password by link.
pub mod reset_password;
/// Many plausible rows, for development.
pub mod seed;
/// The first administrator.
pub mod set_up;
/// A new session.
pub mod sign_in;
/// The end of a session.
pub mod sign_out;
/// A new account.
pub mod sign_up;
/// Mails that tell people of changes.
pub mod tell_owner;
/// How often something may be tried.
mod throttle;
/// Proof that mail to an address arrives.
pub mod verify_email;

use url::Url;

use crate::domain::{
    error::AuthError,
    event::EventKind,
    field::{Field, FieldError, Problem},
    form::Identifiers,
};

use super::{
    audit::Event,
    crypto::{
        password::Place,
        token::{OneTimeToken, presented_hash},
    },
    error::{FlowError, ServerError},
    request_info::RequestInfo,
    session::CurrentSession,
    state::AppState,
    storage::{
        self, Durability, Handle, Tx, known_devices,
        link_requests::{self, Kind},
        own_sessions, patience,
        users::{self, Standing, UserRow},
    },
};

use tell_owner::What;
use throttle::Limit;

/// Browsers that are known for one person at most.
const MOST_DEVICES: i64 = 20;

/// Where somebody stands once their account was made or its password changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Signed in.
    Dashboard,
    /// It is done, but no session could be begun: they sign in themselves.
    SignIn,
    /// Waiting for a mail with a link.
    CheckMail,
}

/// How something ends that may begin a session.
pub struct Outcome {
    /// Where the person stands.
    pub next: NextStep,
    /// What the browser is to bring to its next sign-in, where it has none yet.
    pub device: Option<OneTimeToken>,
    /// Whether the account was to be deleted, and is kept now that its owner came back.
    pub is_kept: bool,
}

impl From<NextStep> for Outcome {
    fn from(next: NextStep) -> Self {
        Self { next, device: None, is_kept: false }
    }
}

/// Begins the session that comes with something already committed: a failure here does not undo that, so it is logged
/// and the person signs in themselves.
async fn begin_session(
    state: &AppState,
    session: &CurrentSession,
    user: &UserRow,
    by: &'static str,
    request: &RequestInfo,
) -> Outcome {
    let begin = async {
        let standing = standing(state, request, user).await?;
        let is_kept = keep(state, request, user, standing).await?;
        session.start(state, user, false, by, request).await?;
        Ok::<_, ServerError>((standing, is_kept))
    };
    match begin.await {
        Ok((standing, is_kept)) => {
            let device =
                finish_sign_in(state, request, user, &[], standing.is_with_strange_browser(), Durability::Delayed)
                    .await;
            Outcome { next: NextStep::Dashboard, device, is_kept }
        }
        Err(error) => {
            tracing::error!(%error, user = %user.id, "done, but without a session");
            NextStep::SignIn.into()
        }
    }
}

/// How somebody stands with this browser who has just proven who they are. Asked before the session begins.
async fn standing(state: &AppState, request: &RequestInfo, user: &UserRow) -> Result<Standing, ServerError> {
    let device_hash = presented_hash(&request.device);
    Ok(users::standing(&mut state.db.read().await?, &user.id, device_hash.as_deref()).await?)
}

/// Keeps their account if it was to be deleted. `true` if it was.
async fn keep(
    state: &AppState,
    request: &RequestInfo,
    user: &UserRow,
    standing: Standing,
) -> Result<bool, ServerError> {
    Ok(standing.is_to_be_deleted() && own_account::delete::keep(state, request, &user.id).await?)
}

/// What follows a sign-in that turned out well, all of it or nothing: what was counted for the try is settled, the browser made
/// known for this person, so that strangers cannot lock it out, and its owner told of one that `is_strange` (ASVS 6.3.5), of
/// ten a day at most. A failure costs no more than that, and where the durability is not full, a loss of power.
async fn finish_sign_in(
    state: &AppState,
    request: &RequestInfo,
    user: &UserRow,
    counted: &[Limit<'_>],
    is_strange: bool,
    durability: Durability,
) -> Option<OneTimeToken> {
    patience::renew();
    let remember = async {
        let is_told = is_strange && user.email().is_some() && may_be_told(state, request, user).await;
        // A mail is not to be lost.
        let mut tx = state.db.begin_with(if is_told { Durability::Full } else { durability }).await?;
        // The person before their browsers and tries, as everywhere, so that no two transactions wait for each other
        // (ASVS 15.4.3).
        users::wait_for(&mut tx, &user.id).await?;
        let drawn = if request.forgets_device { None } else { make_known(state, &mut tx, request, user).await? };
        if is_told {
            tell_owner::changed(state, &mut tx, user, request, What::SignedIn).await?;
        }
        // Last, for what counts a whole network is waited for by everybody there.
        throttle::settle(&mut tx, counted).await?;
        tx.commit().await?;
        if is_told {
            state.work.notify_one();
        }
        Ok::<_, ServerError>(drawn)
    };
    remember.await.unwrap_or_else(|error| {
        unwritten(&error);
        None
    })
}

/// Says in the log that something is not written down for want of which nobody is turned away.
fn unwritten(error: &dyn std::error::Error) {
    tracing::error!(%error, "what follows a sign-in could not be written down");
}

/// Makes the browser known; answers with what it is to bring from now on, where it brought nothing that we drew.
async fn make_known(
    state: &AppState,
    tx: &mut Tx,
    request: &RequestInfo,
    user: &UserRow,
) -> Result<Option<OneTimeToken>, ServerError> {
    // What we did not draw is not taken up: somebody may have put it there.
    let ours = match presented_hash(&request.device) {
        Some(hash) if known_devices::exists(&mut *tx, &hash).await? => Some(hash),
        _ => None,
    };
    let drawn = if ours.is_none() { Some(OneTimeToken::draw(state.random.as_ref())?) } else { None };
    let hash = ours.or_else(|| drawn.as_ref().map(OneTimeToken::hash)).unwrap_or_default();
    known_devices::remember(&mut *tx, &hash, &user.id, state.now()).await?;
    known_devices::keep_newest(&mut *tx, &user.id, MOST_DEVICES).await?;
    Ok(drawn)
}

/// Whether one mail more of this kind is not too many; that it is too many is an event once.
async fn may_be_told(state: &AppState, request: &RequestInfo, user: &UserRow) -> bool {
    match throttle::count(state, request, Some(&user.id), &[Limit::SignInMail(&user.id)]).await {
        Ok(()) => true,
        Err(FlowError::Answer(_)) => false,
        Err(FlowError::Failure(error)) => {
            unwritten(&error);
            false
        }
    }
}

/// Hashes a password being chosen, in a place of the queue, with the person's own words and the name of the site counting against it.
async fn hash_new(
    state: &AppState,
    place: &Place,
    password: String,
    mut own_words: Vec<String>,
) -> Result<String, FlowError> {
    own_words.push(state.config.site_name.clone());
    let outcome = state.passwords.hash_new(place, password, own_words).await?;
    outcome.map_err(|problem| FlowError::Answer(FieldError { field: Field::NewPassword, problem }.into()))
}

/// Writes down that somebody wants a link by mail; a background task answers.
async fn ask_for_link(
    state: &AppState,
    on: impl Into<Handle<'_>>,
    request: &RequestInfo,
    kind: Kind,
    email_key: &str,
) -> Result<(), ServerError> {
    let (id, now) = (state.new_id()?, state.now());
    Ok(link_requests::create(on, &id, kind, email_key, &request.address, &request.user_agent, now).await?)
}

/// Lets a transaction go on unless the session, or personal token, that asked for it was ended while it asked, and holds its person. First in a
/// transaction, but for who the administrators are.
///
/// # Errors
/// [`AuthError::NotSignedIn`].
async fn still_signed_in(tx: &mut Tx, user_id: &str, session_id: &str) -> Result<(), FlowError> {
    // Whoever does something to the person waits, or was waited for and is seen.
    let is_there = users::hold(&mut *tx, user_id).await?;
    let is_live = match own_sessions::find(&mut *tx, user_id, session_id).await? {
        Some(session) => session.ended_at.is_none(),
        None => storage::personal_tokens::is_live(tx, user_id, session_id).await?,
    };
    if is_there && is_live { Ok(()) } else { Err(AuthError::NotSignedIn.into()) }
}

/// Checks the password of somebody who is asked for it again, in a session if there is one, in a place of the queue.
///
/// # Errors
/// A field message, or [`AuthError::TooManyTries`].
async fn check_password(
    state: &AppState,
    request: &RequestInfo,
    place: &Place,
    user: &UserRow,
    session_id: &str,
    password: String,
) -> Result<(), FlowError> {
    let limits = [Limit::Password(&user.id)];
    throttle::count(state, request, Some(&user.id), &limits).await?;
    let verified = match state.passwords.verify(place, password, user.password_hash.clone()).await {
        Ok(verified) => verified,
        Err(error) => {
            throttle::take_back(state, &limits).await?;
            return Err(error.into());
        }
    };
    if !verified.matches {
        tracing::info!(user = %user.id, address = %request.address, "a password that was asked for again was wrong");
        let event = Event::of(EventKind::PasswordConfirmed, request).about(&user.id).in_session(session_id);
        event.refused().record_alone(state).await?;
        let wrong = FieldError { field: Field::Password, problem: Problem::PasswordWrong };
        return Err(FlowError::Answer(wrong.into()));
    }
    let mut tx = state.db.begin_with(Durability::Delayed).await?;
    throttle::settle(&mut tx, &limits).await?;
    Ok(tx.commit().await?)
}

/// What a password of these people must not contain.
fn own_words(identifiers: &Identifiers) -> Vec<String> {
    let email = identifiers.email.iter().map(ToString::to_string);
    email.chain(identifiers.username.iter().map(ToString::to_string)).collect()
}

/// What a person signs in with, to be filled in for them.
fn credential_name(user: &UserRow) -> String {
    user.email().map(String::from).or_else(|| user.username().map(String::from)).unwrap_or_default()
}

/// An address of this site for a mail: always the configured one, never a header's (ASVS 4.1.3).
fn link(state: &AppState, path: &str) -> Result<Url, ServerError> {
    Ok(state.config.base_url()?.join(path)?)
}

/// A link that carries a one-time token.
fn token_link(state: &AppState, path: &str, token: &str) -> Result<Url, ServerError> {
    let mut link = link(state, path)?;
    link.query_pairs_mut().append_pair("token", token);
    Ok(link)
}
