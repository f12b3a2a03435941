//! What each page is given before it is drawn, so that drawing never waits, and a database that is away is an error and not
//! half a page. Runs for people whom `access` let through. Must not change anything.

use axum::{
    extract::{MatchedPath, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use leptos::prelude::provide_context;
use tracing::Instrument as _;

use crate::{
    domain::{
        account::CurrentUser,
        console::{Act, ActData, ActReport, OverviewData, PeopleData, PeopleQuery, PersonData},
        error::AuthError,
        not_me::NotMeData,
        page_data::{DashboardData, ResetLink, SetUpLink, VerifyLink},
        pending_email::PendingEmail,
        query,
        records::{AuditData, AuditQuery, RecordAct, RecordActData, SessionsData, SessionsQuery},
    },
    server::{
        error::FlowError,
        flows::{
            change_email, current_user,
            manage::{
                acts,
                look::{self, Chosen},
                look_records, overview,
            },
            not_me, reset_password, set_up, verify_email,
        },
        state::AppState,
        telemetry::spans,
    },
};

use super::{account_pages, errors, links};

/// Fetches what the matched page needs.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match fetch(&state, &mut parts).instrument(spans::page_data()).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => errors::answer(&AuthError::from(error)),
    }
}

/// The pages that need something, one arm each.
async fn fetch(state: &AppState, parts: &mut Parts) -> Result<(), FlowError> {
    let page = parts.extensions.get::<MatchedPath>().map(|page| page.as_str().to_owned()).unwrap_or_default();
    let link_token = || links::token(&parts.headers, &page, state.config.is_https());
    match page.as_str() {
        "/dashboard" => {
            let user = parts.extensions.get::<CurrentUser>().cloned().ok_or(AuthError::NotSignedIn)?;
            let previous = current_user::previous_sign_in(state, &user).await?;
            parts.extensions.insert(DashboardData { previous });
        }
        "/reset-password" => {
            if let Some(link) = if_alive(reset_password::look_up(state, &link_token()).await)? {
                parts.extensions.insert(link);
            }
        }
        "/verify-email" => {
            let user = parts.extensions.get::<CurrentUser>().map(|user| user.id.clone());
            let token = link_token();
            if !token.is_empty() {
                parts.extensions.insert(verify_email::look_up(state, &token, user.as_deref()).await?);
            }
        }
        "/account/email" => {
            let user = parts.extensions.get::<CurrentUser>().map(|user| user.id.clone()).unwrap_or_default();
            parts.extensions.insert(change_email::pending(state, &user).await?);
        }
        "/not-me" => {
            if let Some(data) = if_alive(not_me::look_up(state, &link_token()).await)? {
                parts.extensions.insert(data);
            }
        }
        "/admin" => {
            let data = overview::run(state).await?;
            parts.extensions.insert(data);
        }
        "/admin/audit" => {
            let pairs = parameters(parts);
            let query = AuditQuery::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let data = look_records::audit(state, query).await?;
            parts.extensions.insert(data);
        }
        "/admin/sessions" => {
            let user = parts.extensions.get::<CurrentUser>().cloned().ok_or(AuthError::NotSignedIn)?;
            let data = look_records::sessions(state, &user, sessions_query(parts)).await?;
            parts.extensions.insert(data);
        }
        "/admin/sessions/act" => {
            let user = parts.extensions.get::<CurrentUser>().cloned().ok_or(AuthError::NotSignedIn)?;
            let (act, ids) = record_act(parts);
            let here = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
            let data = look_records::targets(state, &user, act, ids, sessions_query(parts), here).await?;
            parts.extensions.insert(data);
        }
        "/admin/people" => {
            let data = look::people(state, people_query(parts)).await?;
            parts.extensions.insert(data);
        }
        "/admin/people/act" => {
            let user = parts.extensions.get::<CurrentUser>().cloned().ok_or(AuthError::NotSignedIn)?;
            let (act, chosen) = act_query(parts);
            let here = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
            let data = look::targets(state, &user.id, act, chosen, &people_query(parts), here).await?;
            parts.extensions.insert(data);
        }
        "/admin/people/done" => {
            let user = parts.extensions.get::<CurrentUser>().cloned().ok_or(AuthError::NotSignedIn)?;
            parts.extensions.insert(acts::report(state, &user.id).await?);
        }
        "/admin/people/{id}" => {
            let user = parts.extensions.get::<CurrentUser>().cloned().ok_or(AuthError::NotSignedIn)?;
            let id = parts.uri.path().rsplit('/').next().and_then(query::id).ok_or(AuthError::NotFound)?;
            let data = look::person(state, &user, id).await?;
            parts.extensions.insert(data);
        }
        "/setup" if if_alive(set_up::look_up(state, &link_token()).await)?.is_some() => {
            parts.extensions.insert(SetUpLink);
        }
        page => account_pages::fetch(state, parts, page).await?,
    }
    Ok(())
}

/// Which people the address asks for.
fn people_query(parts: &Parts) -> PeopleQuery {
    let pairs = parameters(parts);
    PeopleQuery::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// What is to be done, and to whom.
fn act_query(parts: &Parts) -> (Option<Act>, Chosen) {
    let pairs = parameters(parts);
    let act = pairs.iter().find(|(name, _)| name == "act").and_then(|(_, value)| Act::parse(value));
    if pairs.iter().any(|(name, value)| name == "all" && value == "true") {
        return (act, Chosen::All);
    }
    (act, Chosen::Some(ids(pairs)))
}

/// Which sessions the address asks for.
fn sessions_query(parts: &Parts) -> SessionsQuery {
    let pairs = parameters(parts);
    SessionsQuery::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// What is to be done to sessions, and to which; `None` for all that match.
fn record_act(parts: &Parts) -> (Option<RecordAct>, Option<Vec<String>>) {
    let pairs = parameters(parts);
    let act = pairs.iter().find(|(name, _)| name == "act").and_then(|(_, value)| RecordAct::parse(value));
    let is_all = pairs.iter().any(|(name, value)| name == "all" && value == "true");
    (act, if is_all { None } else { Some(ids(pairs)) })
}

/// The ids that an address names; what is none names nothing.
fn ids(pairs: Vec<(String, String)>) -> Vec<String> {
    let ids = pairs.into_iter().filter(|(name, value)| name == "id" && query::id(value).is_some());
    ids.map(|(_, value)| value).collect()
}

fn parameters(parts: &Parts) -> Vec<(String, String)> {
    url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// A dead link is a page of its own, no error.
fn if_alive<T>(found: Result<T, FlowError>) -> Result<Option<T>, FlowError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(FlowError::Answer(AuthError::LinkDead)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Hands what was fetched to the page being drawn.
pub fn provide(parts: &Parts) {
    if let Some(data) = parts.extensions.get::<DashboardData>() {
        provide_context(data.clone());
    }
    if let Some(link) = parts.extensions.get::<ResetLink>() {
        provide_context(link.clone());
    }
    if let Some(link) = parts.extensions.get::<VerifyLink>() {
        provide_context(link.clone());
    }
    if let Some(data) = parts.extensions.get::<PendingEmail>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<NotMeData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<OverviewData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<PeopleData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<ActData>() {
        provide_context(data.clone());
    }
    if let Some(report) = parts.extensions.get::<Option<ActReport>>() {
        provide_context(report.clone());
    }
    if let Some(data) = parts.extensions.get::<AuditData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<SessionsData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<RecordActData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<PersonData>() {
        provide_context(data.clone());
    }
    if let Some(link) = parts.extensions.get::<SetUpLink>() {
        provide_context(*link);
    }
    account_pages::provide(parts);
}
