//! One-line protection of a team's own routes for people: a handler that takes [`CurrentUser`] is only reached with a session, one
//! that takes [`RequireRole`] only with that role. Must not look at the database; routes for programs are `bearer`'s.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    domain::{error::AuthError, role::Role},
    server::http::errors,
};

pub use crate::domain::account::CurrentUser;

/// The signed-in person; everybody else gets 401.
///
/// ```
/// use axum::{Router, routing::get};
/// use latchkey::server::http::extract::CurrentUser;
///
/// async fn greeting(user: CurrentUser) -> String {
///     format!("Good day, {}", user.name())
/// }
///
/// let routes: Router = Router::new().route("/greeting", get(greeting));
/// ```
impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let user = parts.extensions.get::<Self>().cloned();
        user.ok_or_else(|| errors::answer(&AuthError::NotSignedIn))
    }
}

/// A role as a type, for [`RequireRole`].
pub trait RoleName: Send + Sync + 'static {
    /// The role's name, as [`Role::parse`] takes it.
    const NAME: &'static str;
}

/// The built-in role.
#[derive(Clone, Copy, Debug)]
pub struct Admin;

impl RoleName for Admin {
    const NAME: &'static str = Role::ADMIN;
}

/// The signed-in person, who holds the role `R` as of now (ASVS 8.2.1, 8.3.2); everybody else gets the 404 of a page that does
/// not exist.
///
/// ```
/// use axum::{Router, routing::get};
/// use latchkey::server::http::extract::{RequireRole, RoleName};
///
/// struct Editor;
///
/// impl RoleName for Editor {
///     const NAME: &'static str = "editor";
/// }
///
/// async fn drafts(user: RequireRole<Editor>) -> String {
///     format!("The drafts of {}", user.name())
/// }
///
/// let routes: Router = Router::new().route("/drafts", get(drafts));
/// ```
#[derive(Clone, Debug)]
pub struct RequireRole<R>(CurrentUser, PhantomData<R>);

impl<R> std::ops::Deref for RequireRole<R> {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl<R: RoleName, S: Sync> FromRequestParts<S> for RequireRole<R> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let user = parts.extensions.get::<CurrentUser>().filter(|user| user.has_role(R::NAME)).cloned();
        user.map(|user| Self(user, PhantomData)).ok_or_else(|| StatusCode::NOT_FOUND.into_response())
    }
}
