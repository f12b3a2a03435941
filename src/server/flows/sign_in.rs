//! A new session in exchange for identifier and password. Must take the same work whoever asks.

use crate::{
    domain::{
        error::AuthError,
        field::{Field, FieldError},
        form::Form,
        identifier::Identifier,
    },
    server::{
        crypto::token::{OneTimeToken, presented_hash},
        error::{FlowError, ServerError},
        mail::message::Circumstances,
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{
            known_devices,
            users::{self, UserRow},
        },
    },
};

use super::{
    NextStep,
    throttle::{self, Limit},
    verify_email,
};

/// What the form holds, as posted, and what the browser brings.
#[derive(Clone, Default)]
pub struct Attempt {
    /// E-mail address or user name.
    pub identifier: String,
    /// The password.
    pub password: String,
    /// "Keep me signed in".
    pub remember: bool,
    /// What a browser in which somebody signed in before was given then.
    pub device: String,
}

/// How an attempt that succeeded ends.
pub struct SignedIn {
    /// Where the person stands.
    pub next: NextStep,
    /// What the browser is to bring the next time, where it has none yet.
    pub device: Option<OneTimeToken>,
}

/// Verifies and begins a session; where addresses must be proven and this one is not, mails a link instead.
///
/// # Errors
/// Field messages for an incomplete form; [`AuthError::InvalidCredentials`] for an unknown person, a wrong password and a
/// disabled account alike, and [`AuthError::TooManyTries`] alike for them (ASVS 6.3.1, 6.3.8).
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    attempt: Attempt,
) -> Result<SignedIn, FlowError> {
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

    let user = users::find_by_identifier(&mut state.db.read().await?, &identifier).await?;
    let device_hash = presented_hash(&attempt.device);
    let known = known_device(state, device_hash.as_deref(), user.as_ref()).await?;
    let (identifier_key, network) = (identifier.key(), request.network());
    // A browser that signed in before is counted for itself: strangers cannot lock it out.
    let limits = match &known {
        Some(device) => vec![Limit::SignInDevice(device)],
        None => vec![Limit::SignInAccount(&identifier_key), Limit::SignInNetwork(&network)],
    };
    throttle::count(state, &limits).await?;

    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let verified = state.passwords.verify(attempt.password, stored).await?;
    let Some(user) = user.filter(|user| verified.matches && user.is_active()) else {
        tracing::info!(address = %request.address, factor = "pwd", "sign-in refused");
        return Err(AuthError::InvalidCredentials.into());
    };
    throttle::settle(state, &limits).await?;

    if let (Some(new), Some(old)) = (&verified.upgraded, &user.password_hash) {
        users::upgrade_hash(&mut state.db.write().await?, &user.id, old, new).await?;
    }
    if state.config.needs_verification() && user.is_unverified() {
        verify_email::mail_again(state, &user, Circumstances::of(request, state.now())).await?;
        return Ok(SignedIn { next: NextStep::CheckMail, device: None });
    }
    session.start(state, &user, attempt.remember, request).await?;
    tracing::info!(user = %user.id, address = %request.address, factor = "pwd", "signed in");
    Ok(SignedIn { next: NextStep::Dashboard, device: remember_device(state, device_hash, &user).await })
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

/// Makes the browser known for this person; a failure costs no more than that.
pub(super) async fn remember_device(
    state: &AppState,
    device_hash: Option<String>,
    user: &UserRow,
) -> Option<OneTimeToken> {
    let remember = async {
        let drawn = match &device_hash {
            Some(_) => None,
            None => Some(OneTimeToken::draw(state.random.as_ref())?),
        };
        let hash = device_hash.or_else(|| drawn.as_ref().map(OneTimeToken::hash)).unwrap_or_default();
        known_devices::remember(&mut state.db.write().await?, &hash, &user.id, state.now()).await?;
        Ok::<_, ServerError>(drawn)
    };
    remember.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the browser could not be made known");
        None
    })
}
