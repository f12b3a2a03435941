//! Who is asking with a token (RFC 6750): the person behind it with their roles as of now (ASVS 8.3.2), and what the token may
//! be used for. Must not turn anybody away for want of a scope: that is the extractors'.

use crate::{
    domain::{
        account::{CurrentSession, CurrentUser},
        end_reason::EndReason,
        error::AuthError,
        role::Role,
        scope::Scope,
        session_time::SessionTime,
    },
    server::{
        crypto::token::{PERSONAL_PREFIX, presented_hash},
        error::FlowError,
        session,
        state::AppState,
        storage::{
            personal_tokens::{self, TokenRow},
            sessions, users,
        },
        tokens::{self, TokenError, TokenFault},
    },
};

use super::current_user;

/// How far the last use of a personal token may lag: one write a minute.
const TOUCH_SECONDS: i64 = 60;

/// A person who asks with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Who they are. Of a personal token, `session` tells of the token.
    pub user: CurrentUser,
    /// What the token may be used for, as far as its person may do it at this moment.
    pub scopes: Vec<Scope>,
    /// Whether it is a personal access token, and not that of a sign-in.
    pub is_personal: bool,
}

/// Looks up whose a token is.
///
/// # Errors
/// [`AuthError::TokenInvalid`], [`AuthError::TokenExpired`] or [`AuthError::TokenRevoked`].
pub async fn run(state: &AppState, token: &str) -> Result<Bearer, FlowError> {
    match token.strip_prefix(PERSONAL_PREFIX) {
        Some(secret) => personal(state, secret).await,
        None => of_session(state, token).await,
    }
}

/// An access token is good for as long as its session is (design: D13), so that sign-out is one here too.
async fn of_session(state: &AppState, token: &str) -> Result<Bearer, FlowError> {
    let claims = match tokens::verify(state, token).await {
        Ok(claims) => claims,
        Err(TokenError::Refused(TokenFault::Expired)) => return Err(AuthError::TokenExpired.into()),
        Err(TokenError::Refused(TokenFault::Invalid)) => return Err(AuthError::TokenInvalid.into()),
        Err(TokenError::Failure(failure)) => return Err(failure.into()),
    };
    let row = sessions::find_by_id(&mut state.db.read().await?, &claims.session_id).await?;
    let row = row.ok_or(AuthError::TokenRevoked)?;
    if row.user_id != claims.subject {
        return Err(AuthError::TokenInvalid.into());
    }
    let data = match session::hear_of(state, row).await? {
        Ok(data) => data,
        Err(EndReason::Idle | EndReason::Expired) => return Err(AuthError::TokenExpired.into()),
        Err(_) => return Err(AuthError::TokenRevoked.into()),
    };
    let user = current_user::of(state, data).ok_or(AuthError::TokenRevoked)?;
    Ok(Bearer { scopes: allowed(Scope::ALL.to_vec(), &user), user, is_personal: false })
}

async fn personal(state: &AppState, secret: &str) -> Result<Bearer, FlowError> {
    let hash = presented_hash(secret).ok_or(AuthError::TokenInvalid)?;
    let now = state.now();
    let mut conn = state.db.read().await?;
    let token = personal_tokens::find(&mut conn, &hash).await?.ok_or(AuthError::TokenInvalid)?;
    if token.is_revoked() {
        return Err(AuthError::TokenRevoked.into());
    }
    if token.expires_at() <= now {
        return Err(AuthError::TokenExpired.into());
    }
    let user = users::find(&mut conn, &token.user_id).await?.ok_or(AuthError::TokenRevoked)?;
    let scopes = token.scopes();
    let is_for_console = scopes.iter().any(|scope| scope.is_for_administrators());
    let mut roles = users::roles(&mut conn, &user.id).await?;
    // A token that is not for the console makes nobody an administrator, on a team's own routes neither.
    roles.retain(|role| is_for_console || *role != Role::admin());
    drop(conn);
    if token.last_used_at().is_none_or(|last| now.0.saturating_sub(last.0) >= TOUCH_SECONDS) {
        personal_tokens::touch(&mut state.db.write().await?, &token.id, now).await?;
    }
    let user = CurrentUser {
        email: user.email(),
        is_unverified: user.is_unverified(),
        username: user.username(),
        roles,
        member_since: user.created_at(),
        session: session_of(&token, now.0),
        id: user.id,
    };
    Ok(Bearer { scopes: allowed(scopes, &user), user, is_personal: true })
}

/// What stands where a session would: acts with the token name it in the audit log.
fn session_of(token: &TokenRow, now: i64) -> CurrentSession {
    let left = token.expires_at().0.saturating_sub(now);
    CurrentSession {
        id: token.id.clone(),
        since: token.created_at(),
        authenticated_at: token.created_at(),
        until: token.expires_at(),
        time: SessionTime { idle_left: left, left },
        device: String::new(),
        address: String::new(),
    }
}

/// Scopes less those that the person may not use: a token does not outlive its person's role (ASVS 8.3.2).
fn allowed(scopes: Vec<Scope>, user: &CurrentUser) -> Vec<Scope> {
    scopes.into_iter().filter(|scope| user.is_admin() || !scope.is_for_administrators()).collect()
}

impl Bearer {
    /// Lets the token do what needs a scope.
    ///
    /// # Errors
    /// [`AuthError::ScopeMissing`].
    pub fn needs(&self, scope: Scope) -> Result<(), AuthError> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(AuthError::ScopeMissing { scope }) }
    }
}

/// Whether a token is fit for a sensitive act: a personal one was made for it, that of a sign-in must be a fresh one
/// (RFC 9470; ASVS 7.5.1).
///
/// # Errors
/// [`AuthError::ConfirmPassword`].
pub fn confirmed(state: &AppState, bearer: &Bearer) -> Result<(), AuthError> {
    if bearer.is_personal || current_user::is_confirmed(state, &bearer.user) {
        Ok(())
    } else {
        Err(AuthError::ConfirmPassword)
    }
}
