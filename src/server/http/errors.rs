//! Errors as people or programs can read them: every answer of 400 and above that is not one of our pages already becomes a
//! page with the request's id, or the same as a problem in JSON (RFC 9457). Must never show a cause (ASVS 16.5.1, 16.5.4).

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{self, ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    domain::{account::CurrentUser, error::AuthError, visit::Visit},
    pages::{self, frame::Visitor},
    server::{flows::readiness::Reason, request_info::RequestInfo, state::AppState},
    words,
};

use super::{
    cookies::Jar,
    rest::{
        self,
        problem::{FieldProblem, Problem},
    },
};

/// Left in a response for the layer: the answer to write.
#[derive(Clone, Debug)]
struct Answer(AuthError);

/// Left in a response for the layer: what keeps the server from serving.
#[derive(Clone, Debug)]
struct NotReady(Vec<Reason>);

/// An answer for the layer to write: the server cannot serve.
#[must_use]
pub fn not_ready(reasons: Vec<Reason>) -> Response {
    let mut response = answer(&AuthError::Unavailable);
    response.extensions_mut().insert(NotReady(reasons));
    response
}

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
    let is_page = wants_html(request.headers()) && !rest::is_ours(request.uri().path());
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
        let reasons = parts.extensions.remove::<NotReady>().map(|NotReady(reasons)| reasons).unwrap_or_default();
        ("application/problem+json", problem(&state, status, error.as_ref(), &reasons, title, &info.id))
    };
    for name in [CONTENT_LENGTH, header::ETAG, header::LAST_MODIFIED, header::CONTENT_ENCODING] {
        parts.headers.remove(name);
    }
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        // The rest of the body is not read: whoever sends the next request on this connection would lose it (RFC 9110, 15.5.14).
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Response::from_parts(parts, Body::from(body))
}

/// Title and sentence for a status, where nobody said more.
fn title_and_sentence(status: StatusCode, error: Option<&AuthError>) -> (&'static str, String) {
    let text = words::error_page();
    let title = match status {
        StatusCode::BAD_REQUEST => text.bad_request,
        StatusCode::UNAUTHORIZED => text.unauthorized,
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

/// The same for programs (RFC 9457).
fn problem(
    state: &AppState,
    status: StatusCode,
    error: Option<&AuthError>,
    reasons: &[Reason],
    title: &str,
    request_id: &str,
) -> String {
    let code = error.map_or_else(|| code_of(status).to_owned(), code);
    let text = words::error_page();
    let detail = match (error, status) {
        (Some(error), _) => words::error(error),
        (None, StatusCode::NOT_FOUND) => text.not_found_for_programs.to_owned(),
        (None, StatusCode::METHOD_NOT_ALLOWED) => text.method_not_allowed_for_programs.to_owned(),
        (None, status) => title_and_sentence(status, None).1,
    };
    let fields = error.map(AuthError::fields).unwrap_or_default().iter().map(|error| FieldProblem {
        field: error.field.name().to_owned(),
        code: name_of(&error.problem).unwrap_or_default(),
        message: words::field_error(*error),
    });
    let scope =
        if let Some(AuthError::ScopeMissing { scope }) = error { Some(scope.as_str().to_owned()) } else { None };
    let base = state.config.base_url().map(String::from).unwrap_or_default();
    let problem = Problem {
        kind: format!("{base}{}#{code}", rest::DOCS.trim_start_matches('/')),
        title: title.to_owned(),
        status: status.as_u16(),
        error: detail.clone(),
        detail,
        code,
        request_id: request_id.to_owned(),
        fields: fields.collect(),
        reasons: reasons.iter().map(|reason| reason.as_str().to_owned()).collect(),
        scope,
        retry_after: error.and_then(AuthError::retry_after),
    };
    serde_json::to_string(&problem).unwrap_or_default()
}

/// The name of a kind of error, for programs.
#[must_use]
pub fn code(error: &AuthError) -> String {
    name_of(error).unwrap_or_default()
}

/// What a member of a closed list is called on the wire.
fn name_of(one: &impl Serialize) -> Option<String> {
    match serde_json::to_value(one).ok()? {
        Value::String(name) => Some(name),
        Value::Object(object) => match object.get("code") {
            Some(code) => code.as_str().map(str::to_owned),
            None => object.keys().next().cloned(),
        },
        _ => None,
    }
}

/// The kind of problem for a status, where nobody said more.
fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_form",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "unexpected",
        _ => "malformed",
    }
}
