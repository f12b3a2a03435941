//! What each page is given before it is drawn, so that drawing never waits, and a database that is away is an error and not
//! half a page. Runs for people whom `access` let through. Must not change anything.

use axum::{
    extract::{MatchedPath, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use leptos::prelude::provide_context;

use crate::{
    domain::{
        account::CurrentUser,
        error::AuthError,
        page_data::{DashboardData, ResetLink, SetUpLink, VerifyLink},
    },
    server::{
        error::FlowError,
        flows::{current_user, reset_password, set_up, verify_email},
        state::AppState,
    },
};

use super::{account_pages, errors, links};

/// Fetches what the matched page needs.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match fetch(&state, &mut parts).await {
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
                let link = if_alive(verify_email::look_up(state, &token, user.as_deref()).await)?;
                parts.extensions.insert(link.unwrap_or(VerifyLink::Dead));
            }
        }
        "/setup" if if_alive(set_up::look_up(state, &link_token()).await)?.is_some() => {
            parts.extensions.insert(SetUpLink);
        }
        page => account_pages::fetch(state, parts, page).await?,
    }
    Ok(())
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
    if let Some(link) = parts.extensions.get::<SetUpLink>() {
        provide_context(*link);
    }
    account_pages::provide(parts);
}
