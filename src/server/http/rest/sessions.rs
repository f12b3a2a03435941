//! Sessions of one's own: seen and ended (ASVS 7.5.2). Must not touch anybody else's.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::own_account::SessionEntry,
    server::{
        flows::own_account::sessions,
        http::bearer::{AccountRead, AccountWrite, RequireScope},
        request_info::RequestInfo,
        state::AppState,
        storage::events::Page,
    },
};

use super::{document::ACCOUNT, input::Id, problem::Refusal};

/// A live session.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Names it; opens nothing.
    id: String,
    /// Browser and system, or the program, in words.
    device: String,
    /// The client's address.
    address: String,
    /// When it began (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last heard of, up to a minute behind (RFC 3339).
    #[schema(format = DateTime)]
    last_seen_at: String,
    /// Whether it is the one of this token.
    current: bool,
}

impl From<SessionEntry> for Session {
    fn from(entry: SessionEntry) -> Self {
        Self {
            device: entry.user_agent.unwrap_or(entry.device),
            id: entry.id,
            address: entry.address,
            created_at: entry.since.rfc3339(),
            last_seen_at: entry.last_seen.rfc3339(),
            current: entry.is_this,
        }
    }
}

/// Live sessions.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// The one of this token first, then newest first; at most 100.
    sessions: Vec<Session>,
    /// How many there are.
    total: i64,
}

/// Live sessions of the account
#[utoipa::path(
    get, path = "/users/me/sessions", tag = ACCOUNT, security(("bearer" = ["account:read"])),
    responses((status = 200, body = Sessions))
)]
pub async fn list(State(state): State<AppState>, user: RequireScope<AccountRead>) -> Result<Json<Sessions>, Refusal> {
    let data = sessions::look_up(&state, &user, None, &Page::First).await?;
    Ok(Json(Sessions { total: data.count, sessions: data.live.into_iter().map(Session::from).collect() }))
}

/// End all sessions of the account but the one of this token
#[utoipa::path(
    delete, path = "/users/me/sessions", tag = ACCOUNT, security(("bearer" = ["account:write"])),
    responses((status = 204, description = "They have ended"))
)]
pub async fn end_others(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    user: RequireScope<AccountWrite>,
) -> Result<StatusCode, Refusal> {
    sessions::end_others(&state, &user, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End a session of the account
#[utoipa::path(
    delete, path = "/users/me/sessions/{id}", tag = ACCOUNT, security(("bearer" = ["account:write"])),
    params(("id" = String, Path, description = "Names the session")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "The account has no such session"),
    )
)]
pub async fn end(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    user: RequireScope<AccountWrite>,
    Id(id): Id,
) -> Result<StatusCode, Refusal> {
    sessions::end(&state, &user, &request, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
