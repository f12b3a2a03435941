//! The audit log as rows: adding, sealing, reading. Must not compute a hash, nor decide what is worth an event.

use sqlx::AssertSqlSafe;

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, rows, write_later},
    filter::Filter,
    on_server,
};

/// Everything that an event says, as it is stored and hashed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Content {
    /// RFC 9562 version 7.
    pub id: String,
    /// Seconds since 1970.
    pub at: i64,
    /// What happened, as [`crate::domain::event::EventKind::as_str`].
    pub kind: String,
    /// How it ended, as [`crate::domain::event::Outcome::as_str`].
    pub outcome: String,
    /// Who did it: a person's id, or one of the names in [`crate::server::audit`].
    pub actor: String,
    /// Whom it concerns; empty for nobody.
    pub target: String,
    /// The session that it belongs to; empty for none.
    pub session_id: String,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// Names the request in logs.
    pub request_id: String,
    /// A JSON object of strings.
    pub detail: String,
    /// Random, in hexadecimal.
    pub salt: String,
}

/// Adds an event, not sealed yet.
pub async fn add(on: impl Into<Handle<'_>>, content: &Content, content_hash: &str) -> Result<(), StoreError> {
    write_later!(
        on,
        "insert into events (id, at, kind, outcome, actor, target, session_id, address, user_agent, request_id, detail, salt,
                             content_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &content.id,
        content.at,
        &content.kind,
        &content.outcome,
        &content.actor,
        &content.target,
        &content.session_id,
        &content.address,
        &content.user_agent,
        &content.request_id,
        &content.detail,
        &content.salt,
        content_hash,
    )
}

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    /// Events sealed since the beginning.
    pub count: i64,
    /// The hash of the last link.
    pub head: String,
    /// When the last link was added, in seconds since 1970.
    pub sealed_at: i64,
}

/// The end of the chain.
pub async fn head(on: impl Into<Handle<'_>>) -> Result<Head, StoreError> {
    fetch!(fetch_one, Head, on, "select count, head, sealed_at from audit_chain where id = 1")
}

/// Holds the end of the chain until the transaction ends: nobody else can add a link meanwhile.
pub async fn hold_head(tx: &mut Tx) -> Result<Head, StoreError> {
    execute!(&mut *tx, "update audit_chain set count = count where id = 1")?;
    head(tx).await
}

/// An event that waits for its link.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Unsealed {
    /// Its id.
    pub id: String,
    /// When it happened, in seconds since 1970.
    pub at: i64,
    /// What happened.
    pub kind: String,
    /// How it ended.
    pub outcome: String,
    /// The hash of what it says.
    pub content_hash: String,
}

/// Events that wait, oldest first.
pub async fn unsealed(on: impl Into<Handle<'_>>, most: i64) -> Result<Vec<Unsealed>, StoreError> {
    fetch!(
        fetch_all,
        Unsealed,
        on,
        "select id, at, kind, outcome, content_hash from events where sequence is null order by id limit $1",
        most
    )
}

/// The link of an event: its place in the chain, and the hash of everything up to it.
#[derive(Clone, Debug)]
pub struct Link<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its place.
    pub sequence: i64,
    /// The hash.
    pub hash: String,
}

/// Seals events, all in one statement.
pub async fn seal(tx: &mut Tx, links: &[Link<'_>]) -> Result<(), StoreError> {
    if links.is_empty() {
        return Ok(());
    }
    // What the columns of values are called is the same on both engines.
    let sql = AssertSqlSafe(format!(
        "update events set sequence = links.column2, hash = links.column3 from (values {}) as links
         where events.id = links.column1 and events.sequence is null",
        rows(links.len(), 3, "")
    ));
    macro_rules! bound {
        () => {
            // Not kept: it is another text for every number of events.
            links
                .iter()
                .fold(sqlx::query(sql), |query, link| query.bind(link.id).bind(link.sequence).bind(&link.hash))
                .persistent(false)
        };
    }
    match &mut Handle::from(tx) {
        Handle::Sqlite(asked) => asked.execute(bound!()).await.map(drop),
        Handle::Postgres(connection) => on_server::execute(connection, bound!()).await.map(drop),
    }
}

/// Moves the end of the chain.
pub async fn set_head(tx: &mut Tx, head: &Head) -> Result<(), StoreError> {
    write_later!(
        tx,
        "update audit_chain set count = $1, head = $2, sealed_at = $3 where id = 1",
        head.count,
        &head.head,
        head.sealed_at
    )
}

/// Counts events of a day, for charts.
pub async fn count_day(tx: &mut Tx, day: i64, kind: &str, outcome: &str, count: i64) -> Result<(), StoreError> {
    write_later!(
        tx,
        "insert into event_days (day, kind, outcome, count) values ($1, $2, $3, $4)
         on conflict (day, kind, outcome) do update set count = event_days.count + $4",
        day,
        kind,
        outcome,
        count
    )
}

/// The day of an instant: days since 1970 in UTC.
#[must_use]
pub fn day_of(at: Moment) -> i64 {
    at.0.div_euclid(86_400)
}

/// An event as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EventRow {
    /// Everything that it says; empty where it was deleted.
    #[sqlx(flatten)]
    pub content: Content,
    /// Its place in the chain, once it is sealed.
    pub sequence: Option<i64>,
    /// The event that tells why the content is gone.
    pub redacted_by: Option<String>,
}

/// Which events are asked for; what is `None` or empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those that concern a person.
    pub target: Option<String>,
    /// Those that somebody brought about.
    pub actor: Option<String>,
    /// Those of some kinds, as stored.
    pub kinds: Vec<&'static str>,
    /// Those that ended so, as stored.
    pub outcome: Option<&'static str>,
    /// Those that came from an address.
    pub address: Option<String>,
    /// From this instant on.
    pub from: Option<Moment>,
    /// Before this instant.
    pub until: Option<Moment>,
}

impl Wanted {
    /// As conditions on the columns of `events`.
    pub(super) fn filter(&self) -> Filter {
        let mut filter = Filter::default()
            .and_if("target = ?", self.target.as_deref())
            .and_if("actor = ?", self.actor.as_deref())
            .and_if("outcome = ?", self.outcome)
            .and_if("address = ?", self.address.as_deref())
            // Identifiers begin with the instant, so the primary key finds them.
            .and_if("id >= ?", self.from.map(first_id_at).as_deref())
            .and_if("id < ?", self.until.map(first_id_at).as_deref());
        if !self.kinds.is_empty() {
            filter = filter.and_in("kind", self.kinds.iter().copied());
        }
        filter
    }
}

/// Where a page of a list begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// With the newest.
    #[default]
    First,
    /// With the newest that is older than this id.
    OlderThan(String),
    /// With the oldest that are newer than this id.
    NewerThan(String),
}

const SELECT_EVENT: &str =
    "select id, at, kind, outcome, actor, target, session_id, address, user_agent, request_id, detail, salt,
    sequence, redacted_by from events";

/// A page of events, newest first.
pub async fn list(
    on: impl Into<Handle<'_>>,
    wanted: &Wanted,
    page: &Page,
    most: i64,
) -> Result<Vec<EventRow>, StoreError> {
    let filter = wanted.filter();
    match page {
        Page::First => filter.fetch(on, SELECT_EVENT, "order by id desc", most).await,
        Page::OlderThan(id) => {
            filter.and("id < ?", id.as_str()).fetch(on, SELECT_EVENT, "order by id desc", most).await
        }
        Page::NewerThan(id) => {
            let mut rows: Vec<EventRow> =
                filter.and("id > ?", id.as_str()).fetch(on, SELECT_EVENT, "order by id", most).await?;
            rows.reverse();
            Ok(rows)
        }
    }
}

/// When an id was given out (RFC 9562, 5.7).
#[must_use]
pub fn time_of(id: &str) -> Moment {
    let digits: String = id.chars().filter(|digit| *digit != '-').take(12).collect();
    Moment(i64::from_str_radix(&digits, 16).unwrap_or_default() / 1_000)
}

/// What comes before every id that was given out from an instant on (RFC 9562, 5.7: 48 bits of milliseconds).
#[must_use]
pub fn first_id_at(at: Moment) -> String {
    let millis = u64::try_from(at.0.max(0)).unwrap_or_default().saturating_mul(1_000).min((1 << 48) - 1);
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}
