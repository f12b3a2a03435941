//! One-line protection of routes for programs: a handler that takes [`BearerUser`] is only reached with a token of this site,
//! one that takes [`RequireScope`] only with one for that scope. Must not look at cookies: what carries no token carries nothing.

use std::{marker::PhantomData, ops::Deref};

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header::AUTHORIZATION, request::Parts},
};

use crate::{
    domain::{account::CurrentUser, error::AuthError, scope::Scope},
    server::{
        flows::bearer::{self, Bearer},
        request_info::RequestInfo,
        state::AppState,
    },
};

use super::{access, rest::problem::Refusal};

/// The person behind the request's token (RFC 6750 section 2.1); everybody else gets 401 with what is wrong with theirs.
///
/// ```
/// use axum::{Router, routing::get};
/// use latchkey::server::{http::bearer::BearerUser, state::AppState};
///
/// async fn greeting(user: BearerUser) -> String {
///     format!("Good day, {}", user.name())
/// }
///
/// let routes: Router<AppState> = Router::new().route("/api/greeting", get(greeting));
/// ```
#[derive(Clone, Debug)]
pub struct BearerUser(pub Bearer);

impl Deref for BearerUser {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0.user
    }
}

impl<S: Send + Sync> FromRequestParts<S> for BearerUser
where
    AppState: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let state = AppState::from_ref(state);
        let token = token(parts)?;
        Ok(Self(bearer::run(&state, token).await?))
    }
}

/// The one token of a request. Two would let two readers of it see two people.
fn token(parts: &Parts) -> Result<&str, AuthError> {
    let mut sent = parts.headers.get_all(AUTHORIZATION).iter();
    let first = sent.next().ok_or(AuthError::TokenMissing)?;
    if sent.next().is_some() {
        return Err(AuthError::TokenInvalid);
    }
    let sent = first.to_str().map_err(|_| AuthError::TokenInvalid)?;
    // Whoever forgets the word, or what comes after it, is told how it is sent.
    let (scheme, token) = sent.split_once(' ').ok_or(AuthError::TokenMissing)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(AuthError::TokenMissing);
    }
    Ok(token)
}

/// A scope as a type, for [`RequireScope`].
pub trait ScopeName: Send + Sync + 'static {
    /// The scope.
    const SCOPE: Scope;
}

/// Defines a type for each scope.
macro_rules! scopes {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl ScopeName for $name {
                const SCOPE: Scope = Scope::$name;
            }
        )+
    };
}

scopes! {
    /// [`Scope::AccountRead`].
    AccountRead,
    /// [`Scope::AccountWrite`].
    AccountWrite,
    /// [`Scope::AdminRead`].
    AdminRead,
    /// [`Scope::AdminWrite`], and proof that the password was shown a moment ago, or a personal token made for it.
    AdminWrite,
    /// [`Scope::Tokens`].
    Tokens,
}

/// The person behind the request's token, which is for the scope `T` (RFC 6750 section 3.1; ASVS 8.2.1); other tokens get 403.
///
/// ```
/// use axum::{Router, routing::get};
/// use latchkey::server::{
///     http::bearer::{AccountRead, RequireScope},
///     state::AppState,
/// };
///
/// async fn drafts(user: RequireScope<AccountRead>) -> String {
///     format!("The drafts of {}", user.name())
/// }
///
/// let routes: Router<AppState> = Router::new().route("/api/drafts", get(drafts));
/// ```
#[derive(Clone, Debug)]
pub struct RequireScope<T>(pub Bearer, PhantomData<T>);

impl<T> Deref for RequireScope<T> {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0.user
    }
}

impl<T: ScopeName, S: Send + Sync> FromRequestParts<S> for RequireScope<T>
where
    AppState: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let BearerUser(bearer) = BearerUser::from_request_parts(parts, state).await?;
        if let Err(refused) = bearer.needs(T::SCOPE) {
            if T::SCOPE.is_for_administrators() && !bearer.user.is_admin() {
                let request = parts.extensions.get::<RequestInfo>().cloned().unwrap_or_default();
                access::write_down(&AppState::from_ref(state), &request, &bearer.user, parts.uri.path()).await?;
            }
            return Err(refused.into());
        }
        if T::SCOPE == Scope::AdminWrite {
            bearer::confirmed(&AppState::from_ref(state), &bearer)?;
        }
        Ok(Self(bearer, PhantomData))
    }
}
