//! Tokens for programs: an access token and a refresh token in exchange for a password, a mailed link, or the refresh token
//! before (RFC 6749, RFC 9700). Each sign-in is a session like those of browsers. Must not decide who may sign in.

use crate::{
    domain::{end_reason::EndReason, error::AuthError, event::EventKind, moment::Moment, role::Role, scope::Scope},
    server::{
        audit::Event,
        crypto::token::{OneTimeToken, presented_hash},
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        session::{self, CurrentSession},
        state::AppState,
        storage::{
            patience, refresh_tokens,
            sessions::{self, SessionRow},
            users,
        },
        tokens,
    },
};

use super::{
    Outcome, sign_in,
    tell_owner::{self, What},
    throttle::{self, Limit},
    verify_email,
};

/// Seconds in which a refresh token may come a second time without harm: a program that lost the answer, or asked twice at
/// once (design: D13).
pub const GRACE_SECONDS: i64 = 10;

/// What a program signs in with from now on.
pub struct Grant {
    /// A JWT.
    pub access_token: String,
    /// When that is good for nothing any more.
    pub expires_at: Moment,
    /// Good once, for the next grant.
    pub refresh_token: OneTimeToken,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// What the program is to send at its next sign-in, where it has none yet.
    pub device: Option<OneTimeToken>,
}

/// In exchange for identifier and password.
///
/// # Errors
/// As [`sign_in::run`].
pub async fn by_password(
    state: &AppState,
    request: &RequestInfo,
    identifier: String,
    password: String,
) -> Result<Grant, FlowError> {
    let session = CurrentSession::without_cookie(state);
    let attempt = sign_in::Attempt { identifier, password, remember: false };
    let outcome = sign_in::run(state, &session, request, attempt).await?;
    of_session(state, &session, request, outcome).await?.ok_or_else(|| AuthError::InvalidCredentials.into())
}

/// In exchange for a mailed link that proves an address, and the password. None where the address is proven and no session
/// could be begun: then the program signs in.
///
/// # Errors
/// As [`verify_email::run`].
pub async fn by_link(
    state: &AppState,
    request: &RequestInfo,
    token: &str,
    password: String,
) -> Result<Option<Grant>, FlowError> {
    let session = CurrentSession::without_cookie(state);
    let verified = verify_email::run(state, &session, request, token, password).await?;
    of_session(state, &session, request, verified.outcome).await
}

/// For a session that has just begun; none where it is over already. One whose tokens cannot be made is ended: nobody has it.
async fn of_session(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    outcome: Outcome,
) -> Result<Option<Grant>, FlowError> {
    let Some(data) = session.get().await? else { return Ok(None) };
    let begin = async {
        let row = sessions::find_by_id(&mut state.db.read().await?, &data.id).await?;
        let Some(row) = row.filter(|row| row.end_reason(state.now()).is_none()) else { return Ok(None) };
        let grant = Grant { device: outcome.device, ..prepare(state, &row).await? };
        let hash = grant.refresh_token.hash();
        refresh_tokens::add(&mut state.db.write().await?, &hash, &row.id, state.now()).await?;
        Ok::<_, ServerError>(Some(grant))
    };
    match begin.await {
        Ok(grant) => Ok(grant),
        Err(failure) => {
            patience::renew();
            if let Err(error) = session.sign_out(state, request).await {
                tracing::error!(%error, session = %data.id, "a session stays that nobody has");
            }
            Err(failure.into())
        }
    }
}

/// What a session gives; its refresh token is good once it is stored. Not to be called while a transaction is open.
async fn prepare(state: &AppState, row: &SessionRow) -> Result<Grant, ServerError> {
    let refresh_token = OneTimeToken::draw(state.random.as_ref())?;
    let roles = users::roles(&mut state.db.read().await?, &row.user_id).await?;
    let is_admin = roles.contains(&Role::admin());
    let scopes = Scope::ALL.iter().copied().filter(|scope| is_admin || !scope.is_for_administrators());
    let until = Moment(row.expires_at);
    let (access_token, expires_at) = tokens::issue(state, &row.user_id, &row.id, &roles, until).await?;
    Ok(Grant { access_token, expires_at, refresh_token, scopes: scopes.collect(), device: None })
}

/// In exchange for a refresh token, which is good once: of two that use the same one at once, one wins and the other is told
/// to use what the winner got. Whoever comes with it later has a copy, or was copied, so the session ends (RFC 9700 section
/// 4.14.2; ASVS 10.4.5).
///
/// # Errors
/// [`AuthError::TokenInvalid`] for what is none, or was used a moment ago; [`AuthError::TokenExpired`] or
/// [`AuthError::TokenRevoked`] where the session is over.
pub async fn by_refresh_token(state: &AppState, request: &RequestInfo, token: &str) -> Result<Grant, FlowError> {
    let hash = presented_hash(token).ok_or(AuthError::TokenInvalid)?;
    let mut conn = state.db.read().await?;
    let found = refresh_tokens::find(&mut conn, &hash).await?.ok_or(AuthError::TokenInvalid)?;
    let row = sessions::find_by_id(&mut conn, &found.session_id).await?.ok_or(AuthError::TokenRevoked)?;
    drop(conn);
    is_alive(state, &row)?;
    throttle::count(state, request, Some(&row.user_id), &[Limit::Refresh(&row.id)]).await?;
    // Before the exchange: once that is done, nothing may fail, or the program would have nothing to come back with.
    let grant = prepare(state, &row).await?;
    let now = state.now();
    let mut tx = state.db.begin().await?;
    // The person before the session before its tokens, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
    let is_live = users::hold(&mut tx, &row.user_id).await? && sessions::touch(&mut tx, &row.id, now).await?;
    let row = sessions::find_by_id(&mut tx, &row.id).await?.filter(|_| is_live).ok_or(AuthError::TokenRevoked)?;
    is_alive(state, &row)?;
    if !refresh_tokens::spend(&mut tx, &hash, now).await? {
        let spent = refresh_tokens::find(&mut tx, &hash).await?.and_then(|token| token.spent_at);
        if spent.is_none_or(|at| now.0.saturating_sub(at) < GRACE_SECONDS) {
            return Err(AuthError::TokenInvalid.into());
        }
        let event = Event::of(EventKind::SessionEnded, request).about(&row.user_id);
        session::end_in(state, &mut tx, &row.id, EndReason::TokenReused, event).await?;
        if let Some(owner) = users::find(&mut tx, &row.user_id).await? {
            tell_owner::changed(state, &mut tx, &owner, request, What::TokenReused).await?;
        }
        tx.commit().await?;
        state.work.notify_one();
        tracing::warn!(user = %row.user_id, session = %row.id, address = %request.address, "a refresh token was used twice");
        return Err(AuthError::TokenRevoked.into());
    }
    refresh_tokens::add(&mut tx, &grant.refresh_token.hash(), &row.id, now).await?;
    tx.commit().await?;
    tracing::info!(user = %row.user_id, session = %row.id, address = %request.address, "tokens refreshed");
    Ok(grant)
}

/// Why a session gives nothing any more.
fn is_alive(state: &AppState, row: &SessionRow) -> Result<(), AuthError> {
    match row.end_reason(state.now()) {
        None => Ok(()),
        Some(EndReason::Idle | EndReason::Expired) => Err(AuthError::TokenExpired),
        Some(_) => Err(AuthError::TokenRevoked),
    }
}
