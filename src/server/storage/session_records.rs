//! Sessions as the record of who signed in and out, for administrators: lists, counts, deletion. Must not decide who may.

use crate::domain::{moment::Moment, records::Standing};

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, hold},
    events::{Page, first_id_at},
    filter::Filter,
};

/// A session as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Record {
    /// Names the session; opens nothing.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// What that person is called.
    pub name: Option<String>,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Seconds since 1970, up to a minute behind.
    pub last_seen_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Why, as [`super::sessions::EndReason::as_str`].
    pub end_reason: Option<String>,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
}

/// Which sessions are asked for; what is `None` or empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those of a person.
    pub user_id: Option<String>,
    /// Those that began at this instant or later.
    pub from: Option<Moment>,
    /// Those that began before this instant.
    pub until: Option<Moment>,
    /// Those that stand so.
    pub standing: Option<Standing>,
    /// These alone.
    pub ids: Vec<String>,
    /// Every one but this.
    pub spared: Option<String>,
}

impl Wanted {
    fn filter(&self) -> Filter {
        let mut filter = Filter::default()
            .and_if("user_id = ?", self.user_id.as_deref())
            // Identifiers begin with the instant, so the primary key finds them.
            .and_if("id >= ?", self.from.map(first_id_at).as_deref())
            .and_if("id < ?", self.until.map(first_id_at).as_deref())
            .and_if("id <> ?", self.spared.as_deref());
        filter = match self.standing {
            None => filter,
            Some(Standing::Live) => filter.and_plainly("ended_at is null"),
            Some(Standing::Ended) => filter.and_plainly("ended_at is not null"),
            Some(reason) => filter.and("end_reason = ?", reason.as_str()),
        };
        if self.ids.is_empty() { filter } else { filter.and_in("id", self.ids.iter().map(String::as_str)) }
    }
}

const SELECT: &str = "select id, user_id, created_at, last_seen_at, ended_at, end_reason, address, user_agent,
    (select coalesce(users.email, users.username) from users where users.id = sessions.user_id) as name
    from sessions";

/// A page of sessions, newest first.
pub async fn page(
    on: impl Into<Handle<'_>>,
    wanted: &Wanted,
    page: &Page,
    most: i64,
) -> Result<Vec<Record>, StoreError> {
    let filter = wanted.filter();
    match page {
        Page::First => filter.fetch(on, SELECT, "order by id desc", most).await,
        Page::OlderThan(id) => filter.and("id < ?", id.as_str()).fetch(on, SELECT, "order by id desc", most).await,
        Page::NewerThan(id) => {
            let mut rows: Vec<Record> =
                filter.and("id > ?", id.as_str()).fetch(on, SELECT, "order by id", most).await?;
            rows.reverse();
            Ok(rows)
        }
    }
}

/// How many sessions are wanted, counted no further than so many.
pub async fn count(on: impl Into<Handle<'_>>, wanted: &Wanted, most: i64) -> Result<i64, StoreError> {
    wanted.filter().count(on, "sessions", most).await
}

/// The events that make up the record of sessions: beginning and end. What was done in them is not among these, nor that
/// somebody else ended them: nobody empties what they did to others.
pub async fn events_of(on: impl Into<Handle<'_>>, session_ids: &[String]) -> Result<Vec<String>, StoreError> {
    const MOST: i64 = 10_000;
    let filter = Filter::default()
        .and_in("session_id", session_ids.iter().map(String::as_str))
        .and_in("kind", ["signed_in", "signed_out", "session_ended"])
        .and_plainly("kind <> 'session_ended' or actor = target or actor = 'system'");
    let rows: Vec<(String,)> = filter.fetch(on, "select id from events", "order by id", MOST).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Deletes a session. `true` if it was there.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(execute!(tx, "delete from sessions where id = $1", id)? == 1)
}

/// Deletes sessions that ended before an instant, at most so many; answers with how many. By their ids, as everybody holds them.
pub async fn remove_ended(tx: &mut Tx, before: Moment, most: i64) -> Result<u64, StoreError> {
    let held = hold!(
        tx,
        "for update",
        "select id from sessions where id in (
             select id from sessions where ended_at is not null and ended_at < $1 limit $2) order by id",
        before.0,
        most
    )?;
    let mut removed = 0;
    for id in &held {
        removed += u64::from(remove(tx, id).await?);
    }
    Ok(removed)
}
