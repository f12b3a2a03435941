//! Errors as people or programs can read them: every answer of 400 and above that is not one of our pages already becomes a
//! page with the request's id, or the same as JSON. Must never show a cause (ASVS 16.5.1, 16.5.4).

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{self, ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    domain::{account::CurrentUser, error::AuthError, visit::Visit},
    pages::{self, frame::Visitor},
    server::{request_info::RequestInfo, state::AppState},
    words,
};

use super::cookies::Jar;

/// Left in a response for the layer: the answer to write.
#[derive(Clone, Debug)]
struct Answer(AuthError);

/// An answer for the layer to write in the form that the request asks for.
#[must_use]
pub fn answer(error: &AuthError) -> Response {
    let mut response =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(Answer(error.clone()));
    response
}

/// What became of a panic; its text is in the log.
#[must_use]
pub fn after_panic(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("without a text"), "a request panicked");
    answer(&AuthError::Unexpected)
}

/// Whether a request is a browser's, for a page.
#[must_use]
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// Writes errors.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_page = wants_html(request.headers());
    let info = request.extensions().get::<RequestInfo>().cloned().unwrap_or_default();
    let visit = request.extensions().get::<Visit>().cloned().unwrap_or_default();
    let has_session_cookie = Jar::Session.read(request.headers(), state.config.is_https()).is_some();
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let visitor = match parts.extensions.remove::<CurrentUser>() {
        Some(user) => Visitor::Known(Box::new(user)),
        None if has_session_cookie => Visitor::Unknown,
        None => Visitor::Nobody,
    };
    // What is not for somebody looks like what is not there.
    let error = parts.extensions.get::<Answer>().map(|answer| answer.0.clone());
    let error = error.filter(|error| *error != AuthError::NotFound);
    let (title, sentence) = title_and_sentence(status, error.as_ref());
    let (content_type, body) = if is_page {
        (
            "text/html; charset=utf-8",
            pages::error::document(
                &state.site(),
                &visit,
                visitor,
                status.is_server_error(),
                title,
                &sentence,
                &info.id,
            ),
        )
    } else {
        ("application/json", json(error.as_ref(), &sentence, &info.id))
    };
    for name in [CONTENT_LENGTH, header::ETAG, header::LAST_MODIFIED, header::CONTENT_ENCODING] {
        parts.headers.remove(name);
    }
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Response::from_parts(parts, Body::from(body))
}

/// Title and sentence for a status, where nobody said more.
fn title_and_sentence(status: StatusCode, error: Option<&AuthError>) -> (&'static str, String) {
    let text = words::error_page();
    let title = match status {
        StatusCode::BAD_REQUEST => text.bad_request,
        StatusCode::FORBIDDEN => text.forbidden,
        StatusCode::NOT_FOUND => text.not_found,
        StatusCode::METHOD_NOT_ALLOWED => text.method_not_allowed,
        StatusCode::PAYLOAD_TOO_LARGE => text.too_large,
        StatusCode::TOO_MANY_REQUESTS => text.too_many,
        StatusCode::SERVICE_UNAVAILABLE if matches!(error, Some(AuthError::Busy { .. })) => text.busy,
        StatusCode::SERVICE_UNAVAILABLE => text.unavailable,
        status if status.is_server_error() => text.unexpected,
        _ => text.unanswerable,
    };
    let sentence = error.map_or_else(
        || match status {
            StatusCode::NOT_FOUND => text.not_found_sentence.to_owned(),
            StatusCode::METHOD_NOT_ALLOWED => text.method_not_allowed_sentence.to_owned(),
            StatusCode::PAYLOAD_TOO_LARGE => words::error(&AuthError::TooLarge),
            status if status.is_server_error() => words::error(&AuthError::Unexpected),
            _ => words::error(&AuthError::Malformed),
        },
        words::error,
    );
    (title, sentence)
}

fn json(error: Option<&AuthError>, sentence: &str, request_id: &str) -> String {
    let mut object = error.and_then(|error| serde_json::to_value(error).ok()).unwrap_or_else(|| serde_json::json!({}));
    object["error"] = sentence.into();
    object["request_id"] = request_id.into();
    object.to_string()
}
