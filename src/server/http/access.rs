//! Which pages need a session: all that are not listed here (ASVS 8.3.1); which need the password again; and that the console,
//! its pages, functions and files, is for administrators. Must not guard
//! other server functions: each of those says for itself whom it serves.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{
        Method, StatusCode,
        header::{LOCATION, SET_COOKIE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    api,
    domain::{
        account::CurrentUser,
        error::AuthError,
        flash::{Flash, Notice},
        safe_path::SafePath,
    },
    server::{
        flows::{current_user, denied},
        request_info::RequestInfo,
        session::store,
        state::AppState,
        storage::sessions::EndReason,
    },
};

use super::{cookies::Jar, errors, flash};

/// Pages anybody may see.
const PUBLIC: [&str; 5] = ["/forgot-password", "/not-me", "/reset-password", "/setup", "/verify-email"];
/// Pages of a sensitive act: they ask for the password again if it was last shown too long ago (ASVS 7.5.1).
const CONFIRMED: &[&str] = &[
    "/account/email",
    "/account/username",
    "/admin/people/act",
    "/admin/people/new",
    "/admin/people/{id}",
    "/admin/sessions/act",
];
/// What is for administrators begins with this.
const CONSOLE: &str = "/admin";
/// Pages that make no sense to somebody who is signed in; they go to the dashboard.
const SIGNED_OUT: [&str; 3] = ["/", "/sign-in", "/sign-up"];

/// Sends people where they belong.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let page = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let is_signed_in = request.extensions().get::<CurrentUser>().is_some();
    if is_server_function(&page) || PUBLIC.contains(&page.as_str()) {
        return next.run(request).await;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        // Pages are looked at; whoever adds another method to one does so for people with a session.
        return if is_signed_in { next.run(request).await } else { errors::answer(&AuthError::NotSignedIn) };
    }
    match (SIGNED_OUT.contains(&page.as_str()), is_signed_in) {
        (false, true) if CONFIRMED.contains(&page.as_str()) && !is_confirmed(&state, &request) => to_confirm(&request),
        (true, false) | (false, true) => next.run(request).await,
        (true, true) => see_other(wanted(&request).as_str(), None),
        (false, false) => {
            let (parts, _) = request.into_parts();
            to_sign_in(&state, &parts).await
        }
    }
}

fn is_server_function(page: &str) -> bool {
    page.starts_with("/api/")
}

/// The server functions of the console.
pub fn console_actions() -> impl Iterator<Item = &'static str> {
    api::FORMS.iter().filter(|form| is_console(form.page)).map(|form| form.action)
}

/// Keeps everybody but administrators from what is theirs, before anything of the request is read: whatever is sent, and
/// however, it is not there (ASVS 8.2.1).
pub async fn console(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let page = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if is_console(page) || console_actions().any(|action| action == page) {
        let user = request.extensions().get::<CurrentUser>().cloned();
        let info = request.extensions().get::<RequestInfo>().cloned().unwrap_or_default();
        let path = request.uri().path().to_owned();
        let cookie = former_session(&state, &request, page).filter(|_| user.is_none());
        if !is_administrator(&state, user, info, &path).await {
            // Whose session ran out while the console was open is told so; to everybody else there is nothing.
            if let Some(cookie) = cookie
                && matches!(store::was_administrators(&state.db, &cookie, state.now()).await, Ok(true))
            {
                let (parts, _) = request.into_parts();
                return to_sign_in(&state, &parts).await;
            }
            return StatusCode::NOT_FOUND.into_response();
        }
    }
    next.run(request).await
}

fn is_console(page: &str) -> bool {
    page.strip_prefix(CONSOLE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The cookie with which a page of the console is asked for.
fn former_session(state: &AppState, request: &Request, page: &str) -> Option<String> {
    let is_page = is_console(page) && matches!(*request.method(), Method::GET | Method::HEAD);
    Jar::Session.read(request.headers(), state.config.is_https()).filter(|_| is_page).map(str::to_owned)
}

/// Whether an administrator asks; somebody else who is signed in is written down (ASVS 16.3.2).
async fn is_administrator(state: &AppState, user: Option<CurrentUser>, request: RequestInfo, path: &str) -> bool {
    let Some(user) = user else { return false };
    if !user.is_admin() {
        // Refused either way.
        let _ = write_down(state, &request, &user, path).await;
    }
    user.is_admin()
}

/// Writes down that somebody asked for what their roles do not allow.
///
/// # Errors
/// [`AuthError::Unexpected`] when the database is away.
pub async fn write_down(
    state: &AppState,
    request: &RequestInfo,
    user: &CurrentUser,
    path: &str,
) -> Result<(), AuthError> {
    tracing::warn!(user = %user.id, path, "refused: not for this person");
    Ok(denied::run(state, request, user, path).await?)
}

fn is_confirmed(state: &AppState, request: &Request) -> bool {
    request.extensions().get::<CurrentUser>().is_some_and(|user| current_user::is_confirmed(state, user))
}

/// To the page that asks for the password, with the way back.
fn to_confirm(request: &Request) -> Response {
    let asked = request.uri().path_and_query().and_then(|asked| SafePath::parse(asked.as_str()));
    let asked = asked.unwrap_or_else(SafePath::dashboard);
    see_other(&format!("{}?next={}", api::CONFIRM_PASSWORD.page, asked.query_value()), None)
}

/// Where somebody who is signed in already wanted to go.
fn wanted(request: &Request) -> SafePath {
    let query = request.uri().query().unwrap_or_default();
    let next = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "next");
    next.and_then(|(_, value)| SafePath::parse(&value)).unwrap_or_else(SafePath::dashboard)
}

/// To sign-in, with the way back, and with word of what became of the session.
async fn to_sign_in(state: &AppState, request: &Parts) -> Response {
    let is_https = state.config.is_https();
    let ended = match Jar::Session.read(&request.headers, is_https) {
        Some(cookie) => store::end_reason(&state.db, cookie, state.now()).await.unwrap_or_default(),
        None => None,
    };
    // A form was sent with a session that had ended; its answer took the cookie away.
    let is_form_of_ended =
        request.extensions.get::<Flash>().is_some_and(|flash| flash.error == Some(AuthError::NotSignedIn));
    let notice = match ended {
        None if is_form_of_ended => Notice::SessionEnded,
        Some(EndReason::Idle | EndReason::Expired) => Notice::SessionExpired,
        Some(EndReason::SignedOut | EndReason::Replaced) | None => Notice::SignInFirst,
        Some(EndReason::AccountDeleted) => Notice::AccountToBeDeleted,
        Some(_) => Notice::SessionEnded,
    };
    let asked = request.uri.path_and_query().and_then(|asked| SafePath::parse(asked.as_str()));
    let target = asked.map_or_else(|| "/sign-in".into(), |asked| format!("/sign-in?next={}", asked.query_value()));
    see_other(&target, flash::set(&Flash::notice(notice), is_https))
}

fn see_other(target: &str, cookie: Option<axum::http::HeaderValue>) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
