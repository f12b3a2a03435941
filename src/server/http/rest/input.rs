//! What requests of the JSON API bring: bodies, parameters, parts of the path. Must turn what it cannot read into a clear refusal,
//! and must not judge what it can.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;

use crate::domain::{
    error::AuthError,
    query::{self, ListPage},
};

use super::problem::Refusal;

/// A JSON body (RFC 8259), said to be one (ASVS 4.1.1).
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal(AuthError::NotJson));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let is_large = rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE;
            Refusal(if is_large { AuthError::TooLarge } else { AuthError::MalformedJson })
        })?;
        // Members have names: serde would read an array for an object too.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(Refusal(AuthError::MalformedJson));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|_| Refusal(AuthError::MalformedJson))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The parameters of an address; one that is not known or not readable is refused, so that a misspelt filter does not answer with
/// everything.
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let axum::extract::Query(read) =
            axum::extract::Query::try_from_uri(&parts.uri).map_err(|_| Refusal(AuthError::MalformedQuery))?;
        Ok(Self(read))
    }
}

/// Where a page of a list begins.
///
/// # Errors
/// Where both are given, or one that is no id.
pub fn page(after: Option<&str>, before: Option<&str>) -> Result<ListPage, Refusal> {
    let page = match (after, before) {
        (None, None) => Some(ListPage::First),
        (Some(after), None) => ListPage::parse("after", after),
        (None, Some(before)) => ListPage::parse("before", before),
        (Some(_), Some(_)) => None,
    };
    page.ok_or(Refusal(AuthError::MalformedQuery))
}

/// A part of the path that names a person, session or token; what is no id names nothing.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let not_found = || Refusal(AuthError::NotFound);
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let axum::extract::Path(given) = path.map_err(|_| not_found())?;
        query::id(&given).map(|id| Self(id.to_owned())).ok_or_else(not_found)
    }
}

/// A part of the path that names something else.
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(name)| Self(name)).map_err(|_| Refusal(AuthError::NotFound))
    }
}

/// Two parts of the path, the first of which is an id.
pub struct IdAnd(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for IdAnd {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let not_found = || Refusal(AuthError::NotFound);
        let path = axum::extract::Path::<(String, String)>::from_request_parts(parts, state).await;
        let axum::extract::Path((id, other)) = path.map_err(|_| not_found())?;
        let id = query::id(&id).ok_or_else(not_found)?.to_owned();
        Ok(Self(id, other))
    }
}
