//! A copy of everything that is stored of a person, for them to take away. Must not hold a hash, a token, or what belongs to
//! somebody else (ASVS 14.2.6, 15.3.1).

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    domain::{
        account::CurrentUser,
        error::AuthError,
        event::EventKind,
        moment::Moment,
        own_account::{Agent, EventGroup},
        scope::Scope,
    },
    server::{
        error::FlowError,
        request_info::RequestInfo,
        state::AppState,
        storage::{
            Conn,
            events::{self, Page, Wanted},
            own_sessions,
            personal_tokens::{self, TokenRow},
            profiles,
        },
    },
};

use super::activity;

/// Rows read at once.
const BATCH: i64 = 1_000;

/// The copy.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    site: String,
    exported_at: String,
    profile: Value,
    roles: Vec<Value>,
    known_devices: i64,
    programs: Vec<Value>,
    sessions: Vec<Value>,
    events: Vec<Value>,
}

/// Writes down that a copy is made, and makes it: first, so that nobody takes one that is not written down.
///
/// # Errors
/// [`AuthError::NotSignedIn`] if the session or the account is gone by now.
pub async fn run(state: &AppState, user: &CurrentUser, request: &RequestInfo) -> Result<Export, FlowError> {
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, user).await?;
    super::own_event(EventKind::DataExported, user, request).record(state, &mut tx).await?;
    tx.commit().await?;
    let export = copy(state, &user.id).await?;
    tracing::info!(user = %user.id, address = %request.address, "data exported");
    Ok(export)
}

/// The copy alone; nobody who writes waits for it, however much there is.
///
/// # Errors
/// [`AuthError::NotSignedIn`] if the account is gone by now.
pub async fn copy(state: &AppState, user_id: &str) -> Result<Export, FlowError> {
    let mut conn = state.db.read().await?;
    let profile = profiles::find(&mut conn, user_id).await?.ok_or(AuthError::NotSignedIn)?;
    let roles = profiles::roles(&mut conn, user_id).await?;
    Ok(Export {
        site: state.config.site_name.clone(),
        exported_at: state.now().rfc3339(),
        profile: json!({
            "id": profile.id,
            "email": profile.email,
            "email_confirmed_at": instant(profile.email_verified_at),
            "wanted_email": profile.wanted_email,
            "username": profile.username,
            "wanted_username": profile.wanted_username,
            "member_since": Moment(profile.created_at).rfc3339(),
            "password_changed_at": instant(profile.password_changed_at),
            "last_sign_in_at": instant(profile.last_sign_in_at),
        }),
        roles: roles
            .into_iter()
            .map(|held| json!({ "role": held.role, "granted_at": Moment(held.granted_at).rfc3339() }))
            .collect(),
        known_devices: profiles::count_devices(&mut conn, user_id).await?,
        programs: programs(&mut conn, user_id, state.now()).await?,
        sessions: sessions(&mut conn, user_id).await?,
        events: events(&mut conn, user_id).await?,
    })
}

/// What the person's own programs may do.
async fn programs(conn: &mut Conn, user_id: &str, now: Moment) -> Result<Vec<Value>, FlowError> {
    let rows = personal_tokens::live(conn, user_id, now).await?;
    let tokens = rows.into_iter().map(TokenRow::for_owner).map(|token| {
        json!({
            "id": token.id,
            "name": token.name,
            "scopes": Scope::join(&token.scopes),
            "made_at": token.created_at.rfc3339(),
            "expires_at": token.expires_at.rfc3339(),
            "last_used_at": token.last_used_at.map(Moment::rfc3339),
        })
    });
    Ok(tokens.collect())
}

async fn sessions(conn: &mut Conn, user_id: &str) -> Result<Vec<Value>, FlowError> {
    let mut sessions = Vec::new();
    let mut last = String::new();
    loop {
        let rows = own_sessions::all_after(&mut *conn, user_id, &last, BATCH).await?;
        let Some(end) = rows.last().map(|row| row.id.clone()) else { return Ok(sessions) };
        last = end;
        sessions.extend(rows.into_iter().map(|row| {
            json!({
                "id": row.id,
                "signed_in_at": Moment(row.created_at).rfc3339(),
                "last_seen_at": Moment(row.last_seen_at).rfc3339(),
                "ends_at_the_latest": Moment(row.expires_at).rfc3339(),
                "ended_at": instant(row.ended_at),
                "end_reason": row.end_reason,
                "address": row.address,
                "user_agent": row.user_agent,
                "factors": row.factors,
            })
        }));
    }
}

async fn events(conn: &mut Conn, user_id: &str) -> Result<Vec<Value>, FlowError> {
    let kinds = EventGroup::told().map(EventKind::as_str).collect();
    let wanted = Wanted { target: Some(user_id.to_owned()), kinds, ..Wanted::default() };
    let mut exported = Vec::new();
    let mut page = Page::First;
    loop {
        let rows = events::list(&mut *conn, &wanted, &page, BATCH).await?;
        let Some(last) = rows.last() else { break };
        page = Page::OlderThan(last.content.id.clone());
        exported.extend(rows.iter().map(|row| {
            let content = &row.content;
            let by = activity::agent(content);
            let is_shown = activity::shows_origin(by);
            json!({
                "at": Moment(content.at).rfc3339(),
                "kind": content.kind,
                "outcome": content.outcome,
                "by": match by {
                    Agent::Owner => "you",
                    Agent::Unknown => "unknown",
                    Agent::Administrator => "administrator",
                    Agent::System => "system",
                },
                "session_id": (by != Agent::Administrator).then_some(&content.session_id),
                "address": is_shown.then_some(&content.address),
                "user_agent": is_shown.then_some(&content.user_agent),
                "detail": activity::detail(content),
            })
        }));
    }
    // As sessions are: oldest first.
    exported.reverse();
    Ok(exported)
}

fn instant(at: Option<i64>) -> Option<String> {
    at.map(|at| Moment(at).rfc3339())
}
