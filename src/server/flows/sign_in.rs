//! A new session in exchange for identifier and password. Must take the same work whoever asks.

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError},
        form::Form,
        identifier::Identifier,
    },
    server::{
        audit::Event,
        crypto::{password::Verified, token::presented_hash},
        error::{FlowError, ServerError},
        metrics::SignIn,
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{
            Durability, known_devices,
            link_requests::Kind,
            users::{self, UserRow},
        },
    },
};

use super::{
    NextStep, Outcome,
    throttle::{self, Limit},
};

/// What the form holds, as posted.
#[derive(Clone, Default)]
pub struct Attempt {
    /// E-mail address or user name.
    pub identifier: String,
    /// The password.
    pub password: String,
    /// "Keep me signed in".
    pub remember: bool,
}

/// Verifies and begins a session; an account that was to be deleted is then kept.
///
/// # Errors
/// Field messages for an incomplete form; [`AuthError::InvalidCredentials`] for an unknown person, a wrong password, a disabled
/// account, and one whose address must be proven first, alike; and [`AuthError::TooManyTries`] alike for them (ASVS 6.3.1,
/// 6.3.8). Were an unproven address an answer of its own, signing up and then in would tell which addresses are known; so
/// only the mail says it.
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    attempt: Attempt,
) -> Result<Outcome, FlowError> {
    let outcome = self::attempt(state, session, request, attempt).await;
    state.metrics.count_sign_in(match &outcome {
        Ok(_) => SignIn::SignedIn,
        Err(FlowError::Answer(AuthError::InvalidCredentials)) => SignIn::Refused,
        Err(FlowError::Answer(AuthError::TooManyTries { .. })) => SignIn::Limited,
        Err(FlowError::Answer(AuthError::Busy { .. })) => SignIn::Busy,
        Err(FlowError::Answer(_)) => SignIn::Incomplete,
        Err(FlowError::Failure(_)) => SignIn::Failed,
    });
    outcome
}

async fn attempt(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    attempt: Attempt,
) -> Result<Outcome, FlowError> {
    let errors = Form::SignIn.check(|field| match field {
        Field::Identifier => attempt.identifier.clone(),
        Field::Password => attempt.password.clone(),
        _ => String::new(),
    });
    if !errors.is_empty() {
        return Err(AuthError::from(errors).into());
    }
    let identifier = Identifier::parse(&attempt.identifier)
        .map_err(|problem| AuthError::from(FieldError { field: Field::Identifier, problem }))?;

    let place = state.passwords.enter()?;
    place.approach().await;
    let device_hash = presented_hash(&request.device);
    let turn = state.line.turn().await?;
    let (user, known) = place.ask(find(state, &identifier, device_hash.as_deref())).await?;
    drop(turn);
    let (identifier_key, network) = (identifier.key(), request.network());
    // A browser that signed in before is counted for itself: strangers cannot lock it out.
    let limits = match &known {
        Some(device) => vec![Limit::SignInDevice(device)],
        None => vec![Limit::SignInAccount(&identifier_key), Limit::SignInNetwork(&network)],
    };
    // Nobody is a person of no name: the row goes into the same indexes.
    let user_id = user.as_ref().map_or("", |user| user.id.as_str());
    place.ask(throttle::count(state, request, Some(user_id), &limits)).await?;

    state.turns.let_pass().await;
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let verified = match state.passwords.verify(&place, attempt.password, stored).await {
        Ok(verified) => verified,
        Err(error) => {
            throttle::take_back(state, &limits).await?;
            return Err(error.into());
        }
    };
    drop(place);
    let user = match user {
        Some(user) if !verified.matches => return refuse(state, request, &user.id, "password").await,
        Some(user) if !user.is_active() => return refuse(state, request, &user.id, "disabled").await,
        Some(user) => user,
        None => return refuse(state, request, "", "unknown").await,
    };
    if let (true, Some(email)) = (state.config.needs_verification() && user.is_unverified(), user.email()) {
        return refuse_and_remind(state, request, &user.id, "unproven", Some(&email)).await;
    }
    let begun = match begin(state, session, request, &user, &verified, attempt.remember).await {
        Ok(begun) => begun,
        Err(error) => {
            // Deleted at this very moment: nobody has this password any more.
            if !error.is_unavailable() && is_gone(state, &user.id).await {
                return refuse(state, request, "", "unknown").await;
            }
            // The password was the right one.
            if let Err(error) = throttle::take_back(state, &limits).await {
                super::unwritten(&error);
            }
            return Err(error.into());
        }
    };
    tracing::info!(user = %user.id, address = %request.address, factor = "pwd", "signed in");
    let device = super::finish_sign_in(state, request, &user, &limits, begun.is_strange, Durability::Delayed).await;
    Ok(Outcome { next: NextStep::Dashboard, device, is_kept: begun.is_kept })
}

/// Who is meant, and a name for the browser where this very person signed in with it before.
async fn find(
    state: &AppState,
    identifier: &Identifier,
    device_hash: Option<&str>,
) -> Result<(Option<UserRow>, Option<String>), ServerError> {
    let user = users::find_by_identifier(&mut state.db.read().await?, identifier).await?;
    let known = known_device(state, device_hash, user.as_ref()).await?;
    Ok((user, known))
}

/// A session that has begun.
struct Begun {
    /// Whether its person signed in before, and never with this browser.
    is_strange: bool,
    /// Whether their account was to be deleted.
    is_kept: bool,
}

/// Begins the session of somebody whose password was the right one.
async fn begin(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    user: &UserRow,
    verified: &Verified,
    remember: bool,
) -> Result<Begun, ServerError> {
    if let (Some(new), Some(old)) = (&verified.upgraded, &user.password_hash) {
        users::upgrade_hash(&mut state.db.write().await?, &user.id, old, new).await?;
    }
    let standing = super::standing(state, request, user).await?;
    let is_kept = super::keep(state, request, user, standing).await?;
    session.start(state, user, remember, "sign_in", request).await?;
    Ok(Begun { is_strange: standing.is_with_strange_browser(), is_kept })
}

/// Whether there is nobody of this id any more, as far as the database says.
async fn is_gone(state: &AppState, user_id: &str) -> bool {
    let Ok(mut conn) = state.db.read().await else { return false };
    matches!(users::find(&mut conn, user_id).await, Ok(None))
}

/// Refuses alike for every reason, with the same work; only the log knows which it was (ASVS 6.3.8, 16.3.1).
async fn refuse<T>(state: &AppState, request: &RequestInfo, user_id: &str, reason: &str) -> Result<T, FlowError> {
    refuse_and_remind(state, request, user_id, reason, None).await
}

/// The same, and has a link mailed to an address that waits to be proven. Where addresses must be, something is asked of the
/// background for every refusal: whoever signed up and then tries the password would otherwise see whether that made an account.
async fn refuse_and_remind<T>(
    state: &AppState,
    request: &RequestInfo,
    user_id: &str,
    reason: &str,
    email: Option<&Email>,
) -> Result<T, FlowError> {
    tracing::info!(user = user_id, address = %request.address, factor = "pwd", reason, "sign-in refused");
    let event = Event::of(EventKind::SignInFailed, request).about(user_id).with("factor", "pwd").with("reason", reason);
    let mut tx = state.db.begin().await?;
    event.record(state, &mut tx).await?;
    if state.config.needs_verification() {
        let (kind, email_key) = email.map_or((Kind::Nothing, String::new()), |email| (Kind::Reminder, email.key()));
        super::ask_for_link(state, &mut tx, request, kind, &email_key).await?;
    }
    tx.commit().await?;
    if state.config.needs_verification() {
        state.work.notify_one();
    }
    Err(AuthError::InvalidCredentials.into())
}

/// Names a browser in which this very person signed in before; asks the database the same where there is nobody.
async fn known_device(
    state: &AppState,
    device_hash: Option<&str>,
    user: Option<&UserRow>,
) -> Result<Option<String>, ServerError> {
    let Some(hash) = device_hash else { return Ok(None) };
    let user_id = user.map_or("", |user| user.id.as_str());
    let is_known = known_devices::is_known(&mut state.db.read().await?, hash, user_id).await?;
    Ok(is_known.then(|| format!("{hash}:{user_id}")))
}
