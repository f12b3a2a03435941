//! What administrators see of people: lists, one person, whom an act would hit. Must not change anything, and must not show what
//! opens something.

use std::collections::HashMap;

use crate::{
    domain::{
        account::CurrentUser,
        console::{
            Act, ActData, EventLine, PeopleData, PeopleQuery, PersonData, PersonLine, PersonState, SessionLine, Total,
            Who,
        },
        error::AuthError,
        event::{EventKind, Outcome},
        moment::Moment,
        query::ListPage,
        role::Role,
    },
    server::{
        audit, device,
        error::FlowError,
        state::AppState,
        storage::{
            Conn, StoreError,
            events::{self, EventRow, Wanted},
            people::{self, PersonRow},
        },
    },
};

use super::acts;

/// People on a page.
const PAGE_SIZE: usize = 25;
/// People are counted no further.
const MOST_COUNTED: u32 = 10_000;
/// Sessions on a person's page.
const MOST_SESSIONS: usize = 20;
/// Events on a person's page.
const MOST_EVENTS: i64 = 10;

/// A page of the list of people.
///
/// # Errors
/// When the database is away.
pub async fn people(state: &AppState, query: PeopleQuery) -> Result<PeopleData, FlowError> {
    let (now, mut conn) = (state.now(), state.db.read().await?);
    let mut rows = people::list(&mut conn, &query, now, i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX)).await?;
    let has_more = rows.len() > PAGE_SIZE;
    let is_backwards = matches!(query.page, ListPage::Before(_));
    if has_more && is_backwards {
        rows.remove(0);
    }
    rows.truncate(PAGE_SIZE);
    let (has_previous, has_next) = match query.page {
        ListPage::First => (false, has_more),
        ListPage::After(_) => (true, has_more),
        ListPage::Before(_) => (has_more, true),
    };
    let previous = rows.first().filter(|_| has_previous).map(|row| ListPage::Before(row.id.clone()));
    let next = rows.last().filter(|_| has_next).map(|row| ListPage::After(row.id.clone()));
    let total = if query.page == ListPage::First && !has_more {
        Total::Exactly(u32::try_from(rows.len()).unwrap_or(u32::MAX))
    } else {
        total(&mut conn, &query, now).await?
    };
    Ok(PeopleData {
        total,
        people: lines(&mut conn, rows, now).await?,
        roles: people::all_roles(&mut conn).await?,
        previous,
        next,
        query,
    })
}

async fn total(conn: &mut Conn, query: &PeopleQuery, now: Moment) -> Result<Total, StoreError> {
    let counted = people::count(conn, query, now, i64::from(MOST_COUNTED) + 1).await?;
    let counted = u32::try_from(counted).unwrap_or(u32::MAX);
    Ok(if counted > MOST_COUNTED { Total::MoreThan(MOST_COUNTED) } else { Total::Exactly(counted) })
}

/// Rows with what other tables know of these people.
pub(super) async fn lines(conn: &mut Conn, rows: Vec<PersonRow>, now: Moment) -> Result<Vec<PersonLine>, StoreError> {
    let ids = || rows.iter().map(|row| row.id.as_str());
    let locked = people::locked_among(&mut *conn, ids(), now).await?;
    let mut roles: HashMap<String, Vec<Role>> = HashMap::new();
    for (id, role) in people::roles_of(&mut *conn, ids()).await? {
        roles.entry(id).or_default().push(role);
    }
    Ok(rows.into_iter().map(|row| line(row, &mut roles, &locked)).collect())
}

fn line(row: PersonRow, roles: &mut HashMap<String, Vec<Role>>, locked: &[String]) -> PersonLine {
    let state = match () {
        () if row.disabled_at.is_some() => PersonState::Disabled,
        () if row.deletion_at.is_some() => PersonState::Leaving,
        () if locked.contains(&row.id) => PersonState::Locked,
        () => PersonState::Active,
    };
    PersonLine {
        roles: roles.remove(&row.id).unwrap_or_default(),
        is_verified: row.email.as_ref().map(|_| row.email_verified_at.is_some()),
        state,
        joined: Moment(row.created_at),
        last_sign_in: row.last_sign_in_at.map(Moment),
        id: row.id,
        email: row.email,
        username: row.username,
    }
}

/// Whom an act was asked for: some, or all that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// These.
    Some(Vec<String>),
    /// All that the query asks for.
    All,
}

/// Whom an act would hit. The administrator's own account is left out of what would lock them out.
///
/// # Errors
/// When the database is away.
pub async fn targets(
    state: &AppState,
    own_id: &str,
    act: Option<Act>,
    chosen: Chosen,
    query: &PeopleQuery,
    here: String,
) -> Result<ActData, FlowError> {
    let (now, mut conn) = (state.now(), state.db.read().await?);
    let first = query.at(ListPage::First);
    let mut of = None;
    let rows = match chosen {
        Chosen::All => {
            let rows = people::list(&mut conn, &first, now, i64::try_from(acts::MOST).unwrap_or(i64::MAX)).await?;
            if rows.len() == acts::MOST {
                of = Some(total(&mut conn, &first, now).await?).filter(|of| *of != Total::Exactly(1_000));
            }
            rows
        }
        Chosen::Some(ids) => {
            let ids = ids.iter().take(acts::MOST).map(String::as_str);
            let mut rows = people::find_all(&mut conn, ids).await?;
            rows.sort_by(|one, other| one.email.cmp(&other.email).then_with(|| one.id.cmp(&other.id)));
            rows
        }
    };
    let mut people = lines(&mut conn, rows, now).await?;
    let before = people.len();
    if act == Some(Act::Disable) {
        people.retain(|person| person.id != own_id);
    }
    Ok(ActData { act, is_own_left_out: people.len() < before, people, of, back: query.address(), here })
}

/// One person, with live sessions and the latest events about them.
///
/// # Errors
/// [`AuthError::NotFound`] if there is no such person.
pub async fn person(state: &AppState, looking: &CurrentUser, id: &str) -> Result<PersonData, FlowError> {
    let (now, mut conn) = (state.now(), state.db.read().await?);
    let row = people::find(&mut conn, id).await?.ok_or(AuthError::NotFound)?;
    let person = lines(&mut conn, vec![row], now).await?.pop().ok_or(AuthError::NotFound)?;
    let most = i64::try_from(MOST_SESSIONS + 1).unwrap_or(i64::MAX);
    let live = people::live_sessions(&mut conn, id, now, most).await?;
    let has_more_sessions = live.len() > MOST_SESSIONS;
    let sessions = live.into_iter().take(MOST_SESSIONS).map(|session| SessionLine {
        device: device::in_words(&session.user_agent),
        address: session.address,
        since: Moment(session.created_at),
        last_seen: Moment(session.last_seen_at),
        is_this: session.id == looking.session.id,
        id: session.id,
    });
    let wanted = Wanted { target: Some(id.to_owned()), ..Wanted::default() };
    let rows = events::list(&mut conn, &wanted, &events::Page::First, MOST_EVENTS).await?;
    let mut roles = people::all_roles(&mut conn).await?;
    if !roles.contains(&Role::admin()) {
        roles.push(Role::admin());
    }
    roles.retain(|role| !person.roles.contains(role));
    Ok(PersonData {
        is_self: looking.id == person.id,
        sessions: sessions.collect(),
        has_more_sessions,
        events: event_lines(&mut conn, rows).await?,
        roles,
        person,
    })
}

/// Events with the names of those they tell of.
pub(super) async fn event_lines(conn: &mut Conn, rows: Vec<EventRow>) -> Result<Vec<EventLine>, StoreError> {
    let ids = rows.iter().flat_map(|row| [row.content.actor.as_str(), row.content.target.as_str()]);
    let known = people::find_all(&mut *conn, ids).await?;
    let names: HashMap<String, String> =
        known.into_iter().map(|row| (row.id.clone(), row.email.or(row.username).unwrap_or(row.id))).collect();
    let who = |id: &str| match id {
        "" => Who::Nobody,
        audit::ANONYMOUS => Who::Anonymous,
        audit::COMMAND_LINE => Who::CommandLine,
        audit::SYSTEM => Who::Server,
        id => {
            let id = id.to_owned();
            match names.get(&id) {
                Some(name) => Who::Person { name: name.clone(), id },
                None => Who::Gone { id },
            }
        }
    };
    let lines = rows.iter().filter_map(|row| {
        let event = &row.content;
        let detail: HashMap<String, String> = serde_json::from_str(&event.detail).unwrap_or_default();
        Some(EventLine {
            at: Moment(event.at),
            kind: EventKind::parse(&event.kind)?,
            is_refused: Outcome::parse(&event.outcome) == Some(Outcome::Failure),
            actor: who(&event.actor),
            target: who(&event.target),
            address: event.address.clone(),
            detail: ["role", "path"].iter().find_map(|name| detail.get(*name)).cloned().unwrap_or_default(),
        })
    });
    Ok(lines.collect())
}
