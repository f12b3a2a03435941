//! What administrators see of the record of sessions and of the audit log. Must not change anything.

use std::collections::BTreeMap;

use crate::{
    domain::{
        account::CurrentUser,
        console::{Total, Who},
        event::{EventKind, Outcome},
        identifier::Identifier,
        moment::Moment,
        query::ListPage,
        records::{
            AuditData, AuditLine, AuditQuery, RecordAct, RecordActData, RecordLine, SessionsData, SessionsQuery,
            Standing, Verification,
        },
    },
    server::{
        audit, device,
        error::{FlowError, ServerError},
        jobs::verification,
        state::AppState,
        storage::{
            event_list::{self, Listed},
            events::{self, Page},
            session_records::{self, Record, Wanted},
            users,
        },
    },
};

use super::records;

/// Rows on a page.
const PAGE_SIZE: usize = 25;
/// Sessions are counted no further.
const MOST_COUNTED: u32 = 10_000;

/// The id of whoever is meant; what is nobody's address or name is an id.
///
/// # Errors
/// When the database is away.
pub async fn person(state: &AppState, typed: &str) -> Result<Option<String>, ServerError> {
    if typed.is_empty() {
        return Ok(None);
    }
    let Ok(identifier) = Identifier::parse(typed) else { return Ok(Some(typed.to_owned())) };
    let found = users::find_by_identifier(&mut state.db.read().await?, &identifier).await?;
    Ok(Some(found.map_or_else(|| typed.to_owned(), |user| user.id)))
}

/// Which events a query means.
///
/// # Errors
/// When the database is away.
pub async fn wanted_events(state: &AppState, query: &AuditQuery) -> Result<events::Wanted, ServerError> {
    let (from, until) = query.span();
    Ok(events::Wanted {
        target: person(state, &query.target).await?,
        actor: person(state, &query.actor).await?,
        kinds: query.kind.map(EventKind::as_str).into_iter().collect(),
        outcome: query.outcome.map(Outcome::as_str),
        address: Some(query.address.clone()).filter(|address| !address.is_empty()),
        from,
        until,
    })
}

/// Which sessions a query means.
///
/// # Errors
/// When the database is away.
pub async fn wanted_sessions(state: &AppState, query: &SessionsQuery) -> Result<Wanted, ServerError> {
    let (from, until) = query.span();
    let user_id = person(state, &query.person).await?;
    Ok(Wanted { user_id, from, until, standing: query.standing, ..Wanted::default() })
}

/// A page of the audit log, and whether it holds.
///
/// # Errors
/// When the database is away.
pub async fn audit(state: &AppState, query: AuditQuery) -> Result<AuditData, FlowError> {
    let wanted = wanted_events(state, &query).await?;
    let rows = event_list::page(&mut state.db.read().await?, &wanted, &start(&query.page), more_than_a_page()).await?;
    let (rows, newer, older) = cut(rows, &query.page, |row| &row.link.content.id);
    let noted = verification::noted(state).await?;
    Ok(AuditData {
        events: rows.into_iter().map(audit_line).collect(),
        newer,
        older,
        verification: noted.map(|noted| Verification {
            at: noted.at,
            through: noted.report.last,
            broken: noted.report.broken.map(|broken| broken.to_string()),
        }),
        query,
    })
}

fn audit_line(row: Listed) -> AuditLine {
    let content = row.link.content;
    let detail: BTreeMap<String, String> = serde_json::from_str(&content.detail).unwrap_or_default();
    AuditLine {
        // What was deleted keeps the time that its id begins with.
        at: if row.link.redacted_by.is_some() { events::time_of(&content.id) } else { Moment(content.at) },
        kind: EventKind::parse(&content.kind),
        outcome: Outcome::parse(&content.outcome),
        actor: who(content.actor, row.actor_name),
        target: who(content.target, row.target_name),
        address: content.address,
        user_agent: content.user_agent,
        request_id: content.request_id,
        detail: detail.into_iter().collect(),
        sequence: row.link.sequence,
        id: content.id,
    }
}

fn who(id: String, name: Option<String>) -> Who {
    match (id.as_str(), name) {
        ("", _) => Who::Nobody,
        (audit::ANONYMOUS, _) => Who::Anonymous,
        (audit::COMMAND_LINE, _) => Who::CommandLine,
        (audit::SYSTEM, _) => Who::Server,
        (_, Some(name)) => Who::Person { id, name },
        (_, None) => Who::Gone { id },
    }
}

/// A page of the record of sessions.
///
/// # Errors
/// When the database is away.
pub async fn sessions(
    state: &AppState,
    looking: &CurrentUser,
    query: SessionsQuery,
) -> Result<SessionsData, FlowError> {
    let wanted = wanted_sessions(state, &query).await?;
    let mut conn = state.db.read().await?;
    let rows = session_records::page(&mut conn, &wanted, &start(&query.page), more_than_a_page()).await?;
    let (rows, newer, older) = cut(rows, &query.page, |row| &row.id);
    let total = total(session_records::count(&mut conn, &wanted, i64::from(MOST_COUNTED) + 1).await?);
    let records = rows.into_iter().map(|row| record_line(row, looking)).collect();
    Ok(SessionsData { query, records, total, newer, older })
}

fn total(counted: i64) -> Total {
    let counted = u32::try_from(counted).unwrap_or(u32::MAX);
    if counted > MOST_COUNTED { Total::MoreThan(MOST_COUNTED) } else { Total::Exactly(counted) }
}

fn record_line(row: Record, looking: &CurrentUser) -> RecordLine {
    let standing = match (&row.ended_at, &row.end_reason) {
        (None, _) => Standing::Live,
        (Some(_), reason) => reason.as_deref().and_then(Standing::parse).unwrap_or(Standing::Ended),
    };
    RecordLine {
        device: device::in_words(&row.user_agent),
        person: row.name.unwrap_or_else(|| row.user_id.clone()),
        since: Moment(row.created_at),
        last_seen: Moment(row.last_seen_at),
        ended: row.ended_at.map(Moment),
        is_this: row.id == looking.session.id,
        standing,
        id: row.id,
        person_id: row.user_id,
        user_agent: row.user_agent,
        address: row.address,
    }
}

/// Which sessions an act would hit; with no ids, all that match.
///
/// # Errors
/// When the database is away.
pub async fn targets(
    state: &AppState,
    looking: &CurrentUser,
    act: Option<RecordAct>,
    ids: Option<Vec<String>>,
    query: SessionsQuery,
    here: String,
) -> Result<RecordActData, FlowError> {
    let as_of = state.now();
    let is_all = ids.is_none();
    let asked = match ids {
        None => wanted_sessions(state, &query).await?,
        Some(ids) => Wanted { ids: records::named(&ids), ..Wanted::default() },
    };
    let wanted = records::meant(&asked, act, &looking.session.id, as_of);
    let mut conn = state.db.read().await?;
    let rows = session_records::page(&mut conn, &wanted, &Page::First, i64::try_from(PAGE_SIZE).unwrap_or(25)).await?;
    let counted = session_records::count(&mut conn, &wanted, i64::from(MOST_COUNTED) + 1).await?;
    let own = Wanted { ids: vec![looking.session.id.clone()], ..asked.clone() };
    let is_own_asked = if asked.ids.is_empty() {
        session_records::count(&mut conn, &own, 1).await? > 0
    } else {
        asked.ids.contains(&looking.session.id)
    };
    let most = i64::try_from(records::MOST_AT_ONCE).unwrap_or(i64::MAX);
    Ok(RecordActData {
        act,
        records: rows.into_iter().map(|row| record_line(row, looking)).collect(),
        is_all,
        total: total(counted),
        at_once: (counted > most).then(|| u32::try_from(most).unwrap_or(u32::MAX)),
        is_own_left_out: is_own_asked,
        query,
        as_of,
        here,
    })
}

/// One more than is shown tells whether there are more.
fn more_than_a_page() -> i64 {
    i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX)
}

fn start(page: &ListPage) -> Page {
    match page {
        ListPage::First => Page::First,
        ListPage::After(id) => Page::OlderThan(id.clone()),
        ListPage::Before(id) => Page::NewerThan(id.clone()),
    }
}

/// The rows of a page, newest first, and where the pages around it begin.
fn cut<Row>(
    mut rows: Vec<Row>,
    page: &ListPage,
    id: impl Fn(&Row) -> &String,
) -> (Vec<Row>, Option<ListPage>, Option<ListPage>) {
    let has_more = rows.len() > PAGE_SIZE;
    if has_more && matches!(page, ListPage::Before(_)) {
        rows.remove(0);
    }
    rows.truncate(PAGE_SIZE);
    let (has_newer, has_older) = match page {
        ListPage::First => (false, has_more),
        ListPage::After(_) => (true, has_more),
        ListPage::Before(_) => (has_more, true),
    };
    let newer = rows.first().filter(|_| has_newer).map(|row| ListPage::Before(id(row).clone()));
    let older = rows.last().filter(|_| has_older).map(|row| ListPage::After(id(row).clone()));
    (rows, newer, older)
}
