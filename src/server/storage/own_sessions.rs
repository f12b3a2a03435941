//! Sessions as their owner lists them: every query is bound to one person (ASVS 8.2.2). Must not end one, nor read a token.

use crate::domain::moment::Moment;

use super::{Handle, StoreError, db::fetch, events::Page, filter::Filter};

/// A session as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OwnSession {
    /// Names it in lists; opens nothing.
    pub id: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Seconds since 1970, up to a minute behind.
    pub last_seen_at: i64,
    /// When it ends whatever happens.
    pub expires_at: i64,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// How the person proved who they are, separated by spaces.
    pub factors: String,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Why, as [`crate::domain::end_reason::EndReason::as_str`].
    pub end_reason: Option<String>,
}

const SELECT: &str =
    "select id, created_at, last_seen_at, expires_at, address, user_agent, factors, ended_at, end_reason from sessions";

/// Those of a person's sessions that are live, newest first.
pub async fn live(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    now: Moment,
    most: i64,
) -> Result<Vec<OwnSession>, StoreError> {
    live_of(user_id, now).fetch(on, SELECT, "order by id desc", most).await
}

/// How many of a person's sessions are live.
pub async fn count_live(on: impl Into<Handle<'_>>, user_id: &str, now: Moment) -> Result<i64, StoreError> {
    let counted: Vec<(i64,)> = live_of(user_id, now).fetch(on, "select count(*) from sessions", "", 1).await?;
    Ok(counted.first().map_or(0, |(count,)| *count))
}

fn live_of(user_id: &str, now: Moment) -> Filter {
    Filter::default()
        .and("user_id = ?", user_id)
        .and_plainly("ended_at is null")
        .and("expires_at > ?", now.0)
        .and("last_seen_at + idle_seconds > ?", now.0)
}

/// A page of those of a person's sessions that have ended, newest first.
pub async fn past(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    page: &Page,
    most: i64,
) -> Result<Vec<OwnSession>, StoreError> {
    let filter = Filter::default().and("user_id = ?", user_id).and_plainly("ended_at is not null");
    match page {
        Page::First => filter.fetch(on, SELECT, "order by id desc", most).await,
        Page::OlderThan(id) => filter.and("id < ?", id.as_str()).fetch(on, SELECT, "order by id desc", most).await,
        Page::NewerThan(id) => {
            let mut rows: Vec<OwnSession> =
                filter.and("id > ?", id.as_str()).fetch(on, SELECT, "order by id", most).await?;
            rows.reverse();
            Ok(rows)
        }
    }
}

/// One of a person's sessions, also one that has ended; `None` for somebody else's.
pub async fn find(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    session_id: &str,
) -> Result<Option<OwnSession>, StoreError> {
    fetch!(
        fetch_optional,
        OwnSession,
        on,
        "select id, created_at, last_seen_at, expires_at, address, user_agent, factors, ended_at, end_reason
         from sessions where id = $2 and user_id = $1",
        user_id,
        session_id
    )
}

/// A page of all of a person's sessions, oldest first, for a copy of their data.
pub async fn all_after(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    id: &str,
    most: i64,
) -> Result<Vec<OwnSession>, StoreError> {
    Filter::default().and("user_id = ?", user_id).and("id > ?", id).fetch(on, SELECT, "order by id", most).await
}
