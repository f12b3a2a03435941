//! What the pages of somebody's own account are given before they are drawn, from the address that was asked for. Must not
//! change anything.

use axum::http::request::Parts;
use leptos::prelude::provide_context;

use crate::{
    domain::{
        account::CurrentUser,
        error::AuthError,
        own_account::{AccountData, ActivityData, DeleteData, EventGroup, SessionsData},
        query,
    },
    server::{
        error::FlowError,
        flows::own_account::{self, activity, change_username, sessions},
        state::AppState,
        storage::events::Page,
    },
};

/// Fetches what a page below `/account` needs.
pub async fn fetch(state: &AppState, parts: &mut Parts, page: &str) -> Result<(), FlowError> {
    let user = || parts.extensions.get::<CurrentUser>().cloned().ok_or(AuthError::NotSignedIn);
    match page {
        "/account" => {
            let data = own_account::overview(state, &user()?).await?;
            parts.extensions.insert(data);
        }
        "/account/sessions" => {
            let chosen = parameter(parts, "session").unwrap_or_default();
            let chosen = match chosen.as_str() {
                "" => None,
                given => Some(query::id(given).ok_or(AuthError::NotFound)?),
            };
            let data = sessions::look_up(state, &user()?, chosen, &page_of_list(parts)).await?;
            parts.extensions.insert(data);
        }
        "/account/activity" => {
            let group = parameter(parts, "group").and_then(|name| EventGroup::parse(&name));
            let data = activity::look_up(state, &user()?, group, &page_of_list(parts)).await?;
            parts.extensions.insert(data);
        }
        "/account/username" if !change_username::is_open_to(state, &user()?) => {
            return Err(AuthError::NotFound.into());
        }
        "/account/delete" => {
            parts.extensions.insert(DeleteData { grace_days: state.config.deletion_grace_days });
        }
        _ => {}
    }
    Ok(())
}

/// Hands what was fetched to the page being drawn.
pub fn provide(parts: &Parts) {
    if let Some(data) = parts.extensions.get::<AccountData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<SessionsData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<ActivityData>() {
        provide_context(data.clone());
    }
    if let Some(data) = parts.extensions.get::<DeleteData>() {
        provide_context(*data);
    }
}

/// Where the page of a list begins; with the newest where the address says nothing that can be understood.
fn page_of_list(parts: &Parts) -> Page {
    let id = |name| parameter(parts, name).filter(|id| query::id(id).is_some());
    match (id("before"), id("after")) {
        (Some(id), _) => Page::OlderThan(id),
        (None, Some(id)) => Page::NewerThan(id),
        (None, None) => Page::First,
    }
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
