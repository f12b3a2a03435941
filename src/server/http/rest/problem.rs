//! How the JSON API refuses: RFC 9457 problems, with the challenge that a 401 or 403 of a token needs (RFC 6750 section 3). Must
//! not write the body: that is the errors' layer.

use axum::{
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::error::AuthError,
    server::{error::FlowError, http::errors},
};

use super::document;

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub AuthError);

impl<E: Into<FlowError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into().into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = errors::answer(&self.0);
        *response.status_mut() = StatusCode::from_u16(status(&self.0)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(challenge) = challenge(&self.0).and_then(|challenge| HeaderValue::from_str(&challenge).ok()) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// The status of an error, which is another than forms have for some.
#[must_use]
pub fn status(error: &AuthError) -> u16 {
    match error {
        AuthError::Fields { .. } => 400,
        // RFC 9470 section 3: the token is good, and too old for this.
        AuthError::ConfirmPassword => 401,
        error => error.status(),
    }
}

/// What a program is to do about its token (RFC 9110 section 11.6.1; RFC 6750 section 3; RFC 9470 section 3).
fn challenge(error: &AuthError) -> Option<String> {
    let bearer = |code: &str, why: &str| format!("Bearer error=\"{code}\", error_description=\"{why}\"");
    match error {
        AuthError::TokenMissing | AuthError::NotSignedIn | AuthError::InvalidCredentials => Some("Bearer".into()),
        AuthError::TokenInvalid => Some(bearer("invalid_token", "The token is not valid")),
        AuthError::TokenExpired => Some(bearer("invalid_token", "The token has expired")),
        AuthError::TokenRevoked => Some(bearer("invalid_token", "The token was revoked")),
        AuthError::ScopeMissing { scope } => {
            Some(format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope.as_str()))
        }
        AuthError::ConfirmPassword => {
            Some(bearer("insufficient_user_authentication", "The password was shown too long ago"))
        }
        _ => None,
    }
}

/// The body of every refusal (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(description = "Why a request was refused (RFC 9457)")]
pub struct Problem {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "https://accounts.example.com/api-docs#token_expired")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What to do about it, for people.
    pub detail: String,
    /// The same as `detail`.
    pub error: String,
    /// The kind of problem, for programs: it does not change.
    pub code: String,
    /// Names the request in the logs of this site.
    pub request_id: String,
    /// What is wrong with which field, where that is the problem.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub fields: Vec<FieldProblem>,
    /// What keeps the server from serving, where that is the problem.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, schema_with = document::reasons)]
    pub reasons: Vec<String>,
    /// The scope that it takes, where one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Seconds until it makes sense to try again, as in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

/// What is wrong with a field.
#[derive(Serialize, ToSchema)]
pub struct FieldProblem {
    /// The member of the body.
    pub field: String,
    /// What is wrong, for programs: it does not change.
    pub code: String,
    /// What to do about it, for people.
    pub message: String,
}
