//! Forms posted to server functions: bounded, read, and answered the way a browser without scripting understands, by a
//! redirect to a page that says what happened. Programs get status and JSON instead. Must not know what a form means.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::server_fn::{error::SERVER_FN_ERROR_HEADER, redirect::REDIRECT_HEADER};

use crate::{
    api,
    domain::{error::AuthError, field::Field, flash::Flash, safe_path::SafePath},
    server::state::AppState,
};

use super::{errors, flash};

/// The largest form (ASVS 15.2.2): a password of 256 four-byte characters, escaped, is 3 KB.
const MAX_BYTES: usize = 64 * 1024;
/// The only encoding a form has.
const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// Reads and answers posted forms; everything else passes.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/api/") {
        return next.run(request).await;
    }
    let Some(form) = api::FORMS.iter().find(|form| form.action == path) else { return next.run(request).await };
    if request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response();
    }
    let is_page = errors::wants_html(request.headers());
    let (request, body) = match read(request).await {
        Ok(read) => read,
        Err(error) => return errors::answer(&error),
    };
    let response = next.run(request).await;
    if response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        refused(response, is_page, form.page, &body, state.config.is_https()).await
    } else if is_page && (response.status().is_success() || response.status().is_redirection()) {
        accepted(response)
    } else {
        response
    }
}

/// Takes the body in, and lets the server function answer in JSON: what a browser gets is decided here, once.
async fn read(request: Request) -> Result<(Request, Bytes), AuthError> {
    if !is_url_encoded(request.headers()) {
        return Err(AuthError::UnsupportedForm);
    }
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BYTES).await.map_err(|_| AuthError::TooLarge)?;
    parts.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok((Request::from_parts(parts, Body::from(body.clone())), body))
}

fn is_url_encoded(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(URL_ENCODED))
}

/// The server function sent the browser somewhere: say so in HTTP.
fn accepted(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.entry(LOCATION).or_insert(HeaderValue::from_static("/"));
    parts.headers.remove(REDIRECT_HEADER);
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    parts.status = StatusCode::SEE_OTHER;
    Response::from_parts(parts, Body::empty())
}

/// The server function refused: a browser goes back to the form with the reason and what it had typed, a program gets the
/// reason with its status.
async fn refused(response: Response, is_page: bool, page: &str, body: &[u8], is_https: bool) -> Response {
    let (mut parts, reason) = response.into_parts();
    let reason = to_bytes(reason, MAX_BYTES).await.unwrap_or_default();
    let error: AuthError = serde_json::from_slice(&reason).unwrap_or(AuthError::Unexpected);
    if !is_page || !error.is_answered_on_the_form() {
        let mut answer = errors::answer(&error);
        for cookie in parts.headers.get_all(SET_COOKIE) {
            answer.headers_mut().append(SET_COOKIE, cookie.clone());
        }
        return answer;
    }
    let (flash_values, next) = kept(body);
    let (page, next) = page_of(page, next);
    // The password is asked for first; then the way leads back to the form, with what was typed.
    let needs_password = error == AuthError::ConfirmPassword;
    let next = if needs_password { next.or_else(|| SafePath::parse(&page)) } else { next };
    let page = if needs_password { api::CONFIRM_PASSWORD.page } else { &page };
    let error = Some(error).filter(|_| !needs_password);
    let target = match next {
        Some(next) => format!("{page}?next={}", next.query_value()),
        None => page.to_owned(),
    };
    parts.headers.remove(SERVER_FN_ERROR_HEADER);
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    if let Some(seconds) = error.as_ref().and_then(AuthError::retry_after) {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Ok(target) = HeaderValue::from_str(&target) {
        parts.headers.insert(LOCATION, target);
    }
    if let Some(cookie) = flash::set(&Flash { error, ..flash_values }, is_https) {
        parts.headers.append(SET_COOKIE, cookie);
    }
    parts.status = StatusCode::SEE_OTHER;
    Response::from_parts(parts, Body::empty())
}

/// The page of a form, and where to go from there. A page of one thing of many is named by the form itself.
fn page_of(page: &str, next: Option<SafePath>) -> (String, Option<SafePath>) {
    let Some((before, _)) = page.split_once('{') else { return (page.to_owned(), next) };
    let named = next.filter(|next| next.as_str().starts_with(before));
    (named.map_or_else(|| before.trim_end_matches('/').to_owned(), String::from), None)
}

/// What had been typed, without secrets, and where the person wanted to go.
fn kept(body: &[u8]) -> (Flash, Option<SafePath>) {
    let mut flash = Flash::default();
    let mut next = None;
    for (name, value) in url::form_urlencoded::parse(body) {
        if let Some(field) = Flash::KEPT.into_iter().find(|field: &Field| field.name() == name) {
            flash = flash.with_value(field, &value);
        } else if name == "remember" {
            flash.remember = value == "true";
        } else if name == "next" {
            next = SafePath::parse(&value);
        }
    }
    (flash, next)
}
