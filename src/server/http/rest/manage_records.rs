//! What the console shows and does with sessions and the audit log, for administrators' programs. Must not choose what is written
//! down.

use axum::{Extension, Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema, openapi::Schema};

use crate::{
    domain::{
        console::Who,
        error::AuthError,
        event::{EventKind, Outcome},
        moment::Moment,
        query,
        records::{AuditLine, AuditQuery, RecordLine, SessionsQuery, Standing},
    },
    server::{
        audit::export::Format,
        flows::manage::{look_records, overview as figures, records},
        http::{
            audit_export,
            bearer::{AdminRead, AdminWrite, RequireScope},
        },
        request_info::RequestInfo,
        state::AppState,
        storage::session_records::Wanted,
    },
};

use super::{
    document::{MANAGE, one_of},
    input::{self, Body, Named, Parameters},
    manage_users::{Count, cursor, known},
    problem::Refusal,
};

/// The figures of the console's first page.
#[derive(Serialize, ToSchema)]
pub struct Overview {
    /// How many people there are.
    users: u32,
    /// How many sessions are live.
    sessions: u32,
    /// Mail that waits to be sent.
    mail_waiting: u32,
    /// Mail that was given up on.
    mail_failed: u32,
    /// The last 30 days, oldest first.
    days: Vec<Day>,
}

/// A day.
#[derive(Serialize, ToSchema)]
pub struct Day {
    /// When it begins (RFC 3339).
    #[schema(format = DateTime)]
    at: String,
    /// Sessions that began.
    sign_ins: u32,
    /// Tries that failed.
    failures: u32,
}

/// Figures
#[utoipa::path(
    get, path = "/manage/overview", tag = MANAGE, security(("bearer" = ["admin:read"])),
    responses((status = 200, body = Overview))
)]
pub async fn overview(State(state): State<AppState>, _: RequireScope<AdminRead>) -> Result<Json<Overview>, Refusal> {
    let data = figures::run(&state).await?;
    let day = |day: &crate::domain::console::Day| Day {
        at: day.at.rfc3339(),
        sign_ins: day.sign_ins,
        failures: day.failures,
    };
    Ok(Json(Overview {
        users: data.people,
        sessions: data.sessions,
        mail_waiting: data.mail_waiting,
        mail_failed: data.mail_failed,
        days: data.days.iter().map(day).collect(),
    }))
}

fn standings() -> Schema {
    one_of(Standing::ALL.iter().map(|one| one.as_str()))
}
fn kinds() -> Schema {
    one_of(EventKind::ALL.iter().map(|one| one.as_str()))
}
fn outcomes() -> Schema {
    one_of([Outcome::Success.as_str(), Outcome::Failure.as_str()])
}
fn formats() -> Schema {
    one_of(Format::ALL.iter().map(|one| one.name()))
}

/// Which sessions are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SessionsFilter {
    /// A person's e-mail address, user name or id.
    #[serde(default)]
    person: String,
    /// The first day on which they began, like `2026-11-20`.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// The last day.
    #[param(value_type = Option<String>, format = Date)]
    until: Option<String>,
    /// How they stand.
    #[param(schema_with = standings)]
    state: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// `previous` of the page after.
    before: Option<String>,
}

fn day(given: Option<&String>) -> Result<String, Refusal> {
    let day = known(given.map(String::as_str), |day| Moment::parse_day(day).map(|_| day.to_owned()))?;
    Ok(day.unwrap_or_default())
}

/// A session of the record.
#[derive(Serialize, ToSchema)]
pub struct SessionRecord {
    /// Names it; opens nothing.
    id: String,
    /// Whose it is.
    user_id: String,
    /// What that person is called.
    user: String,
    /// Browser and system in words.
    device: String,
    /// The client's address.
    address: String,
    /// When it began (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last heard of (RFC 3339).
    #[schema(format = DateTime)]
    last_seen_at: String,
    /// When it ended (RFC 3339), if it did.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// How it stands, or how it ended.
    #[schema(schema_with = standings)]
    state: &'static str,
}

impl From<RecordLine> for SessionRecord {
    fn from(line: RecordLine) -> Self {
        Self {
            id: line.id,
            user_id: line.person_id,
            user: line.person,
            device: line.device,
            address: line.address,
            created_at: line.since.rfc3339(),
            last_seen_at: line.last_seen.rfc3339(),
            ended_at: line.ended.map(Moment::rfc3339),
            state: line.standing.as_str(),
        }
    }
}

/// A page of sessions.
#[derive(Serialize, ToSchema)]
pub struct SessionRecords {
    /// At most 25, newest first.
    sessions: Vec<SessionRecord>,
    /// On all pages.
    total: Count,
    /// `before` of the page before, if there is one.
    previous: Option<String>,
    /// `after` of the page after, if there is one.
    next: Option<String>,
}

/// The record of who signed in and out
#[utoipa::path(
    get, path = "/manage/sessions", tag = MANAGE, security(("bearer" = ["admin:read"])), params(SessionsFilter),
    responses((status = 200, body = SessionRecords))
)]
pub async fn sessions(
    State(state): State<AppState>,
    administrator: RequireScope<AdminRead>,
    Parameters(filter): Parameters<SessionsFilter>,
) -> Result<Json<SessionRecords>, Refusal> {
    let asked = SessionsQuery {
        from: day(filter.from.as_ref())?,
        until: day(filter.until.as_ref())?,
        standing: known(filter.state.as_deref(), Standing::parse)?,
        page: input::page(filter.after.as_deref(), filter.before.as_deref())?,
        ..SessionsQuery::parse([("person", filter.person.as_str())])
    };
    let data = look_records::sessions(&state, &administrator, asked).await?;
    Ok(Json(SessionRecords {
        sessions: data.records.into_iter().map(SessionRecord::from).collect(),
        total: data.total.into(),
        previous: cursor(data.newer),
        next: cursor(data.older),
    }))
}

/// Sessions by their ids.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionIds {
    /// At most 100.
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<String>,
}

impl SessionIds {
    fn wanted(&self) -> Result<Wanted, Refusal> {
        let ids: Option<Vec<String>> = self.ids.iter().map(|id| query::id(id).map(str::to_owned)).collect();
        let ids = ids.filter(|ids| (1..=100).contains(&ids.len())).ok_or(Refusal(AuthError::MalformedJson))?;
        Ok(Wanted { ids: records::named(&ids), ..Wanted::default() })
    }
}

/// How many it was done to.
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// So many.
    count: usize,
}

/// End sessions
///
/// Those that are over, or are not there, or are the administrator's own, are not counted.
#[utoipa::path(
    post, path = "/manage/sessions/end", tag = MANAGE, security(("bearer" = ["admin:write"])), request_body = SessionIds,
    responses((status = 200, body = Done))
)]
pub async fn end_sessions(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    Body(named): Body<SessionIds>,
) -> Result<Json<Done>, Refusal> {
    let (actor, now) = (administrator.actor(&request), state.now());
    let count = records::end(&state, actor, &named.wanted()?, now, records::MOST_AT_ONCE).await?;
    Ok(Json(Done { count }))
}

/// Delete the record of sessions
///
/// Live ones end first. That it was deleted, and by whom, stays in the audit log.
#[utoipa::path(
    post, path = "/manage/sessions/delete", tag = MANAGE, security(("bearer" = ["admin:write"])), request_body = SessionIds,
    responses((status = 200, body = Done))
)]
pub async fn delete_sessions(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    Body(named): Body<SessionIds>,
) -> Result<Json<Done>, Refusal> {
    let (actor, now) = (administrator.actor(&request), state.now());
    let count = records::delete(&state, actor, &named.wanted()?, now, records::MOST_AT_ONCE).await?;
    Ok(Json(Done { count }))
}

/// Which events are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsFilter {
    /// What happened.
    #[param(schema_with = kinds)]
    kind: Option<String>,
    /// Who did it: e-mail address, user name or id.
    #[serde(default)]
    actor: String,
    /// Whom it concerns, likewise.
    #[serde(default)]
    target: String,
    /// From which address.
    #[serde(default)]
    address: String,
    /// How it ended.
    #[param(schema_with = outcomes)]
    outcome: Option<String>,
    /// The first day, like `2026-11-20`.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// The last day.
    #[param(value_type = Option<String>, format = Date)]
    until: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// `previous` of the page after.
    before: Option<String>,
}

impl EventsFilter {
    fn query(&self) -> Result<AuditQuery, Refusal> {
        let texts = [("actor", &*self.actor), ("target", &*self.target), ("address", &*self.address)];
        Ok(AuditQuery {
            kind: known(self.kind.as_deref(), EventKind::parse)?,
            outcome: known(self.outcome.as_deref(), Outcome::parse)?,
            from: day(self.from.as_ref())?,
            until: day(self.until.as_ref())?,
            page: input::page(self.after.as_deref(), self.before.as_deref())?,
            ..AuditQuery::parse(texts)
        })
    }
}

/// An event of the audit log.
#[derive(Serialize, ToSchema)]
pub struct Event {
    /// Names it.
    id: String,
    /// When (RFC 3339).
    #[schema(format = DateTime)]
    at: String,
    /// What happened; null where that was deleted.
    kind: Option<&'static str>,
    /// How it ended; null where that was deleted.
    outcome: Option<&'static str>,
    /// Who did it: a person's id, or `anonymous`, `command_line` or `system`; empty where that was deleted.
    actor: String,
    /// Whom it concerns: a person's id, or empty.
    target: String,
    /// The client's address.
    address: String,
    /// As the browser named itself.
    user_agent: String,
    /// Names the request in logs.
    request_id: String,
    /// More to know.
    detail: std::collections::BTreeMap<String, String>,
    /// Its place in the chain, once it is sealed.
    sequence: Option<i64>,
}

impl From<AuditLine> for Event {
    fn from(line: AuditLine) -> Self {
        Self {
            id: line.id,
            at: line.at.rfc3339(),
            kind: line.kind.map(EventKind::as_str),
            outcome: line.outcome.map(Outcome::as_str),
            actor: id_of(line.actor),
            target: id_of(line.target),
            address: line.address,
            user_agent: line.user_agent,
            request_id: line.request_id,
            detail: line.detail.into_iter().collect(),
            sequence: line.sequence,
        }
    }
}

fn id_of(who: Who) -> String {
    use crate::server::audit::{ANONYMOUS, COMMAND_LINE, SYSTEM};
    match who {
        Who::Person { id, .. } | Who::Gone { id } => id,
        Who::Anonymous => ANONYMOUS.into(),
        Who::CommandLine => COMMAND_LINE.into(),
        Who::Server => SYSTEM.into(),
        Who::Nobody => String::new(),
    }
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub struct AuditLog {
    /// At most 25, newest first.
    events: Vec<Event>,
    /// `before` of the page before, if there is one.
    previous: Option<String>,
    /// `after` of the page after, if there is one.
    next: Option<String>,
}

/// The audit log
#[utoipa::path(
    get, path = "/manage/events", tag = MANAGE, security(("bearer" = ["admin:read"])), params(EventsFilter),
    responses((status = 200, body = AuditLog))
)]
pub async fn events(
    State(state): State<AppState>,
    _: RequireScope<AdminRead>,
    Parameters(filter): Parameters<EventsFilter>,
) -> Result<Json<AuditLog>, Refusal> {
    let data = look_records::audit(&state, filter.query()?).await?;
    Ok(Json(AuditLog {
        events: data.events.into_iter().map(Event::from).collect(),
        previous: cursor(data.newer),
        next: cursor(data.older),
    }))
}

/// Which file is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ExportPath {
    /// The format of the file.
    #[param(schema_with = formats)]
    #[expect(dead_code, reason = "describes a part of the path")]
    format: String,
}

/// The audit log as a file
///
/// JSON Lines or CSV, whole and proven as `latchkey audit verify` proves it. That it was taken is an event, so it is posted.
#[utoipa::path(
    post, path = "/manage/events/export/{format}", tag = MANAGE, security(("bearer" = ["admin:write"])),
    params(EventsFilter, ExportPath),
    responses(
        (status = 200, description = "The file", content((String = "application/x-ndjson"), (String = "text/csv"))),
        (status = 404, description = "There is no such format"),
    )
)]
pub async fn export(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    administrator: RequireScope<AdminWrite>,
    Named(format): Named,
    Parameters(filter): Parameters<EventsFilter>,
) -> Result<Response, Refusal> {
    let format = Format::parse(&format).ok_or(AuthError::NotFound)?;
    Ok(audit_export::file(&state, &administrator, &request, &filter.query()?, format).await?)
}
