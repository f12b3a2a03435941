//! Events as lists and exports show them: with the names of those they tell of, and the link before. Must not decide who may
//! see them.

use super::{
    Handle, StoreError,
    chain::Link,
    events::{Page, Wanted},
};

/// An event, and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Listed {
    /// The event.
    #[sqlx(flatten)]
    pub link: Link,
    /// The hash of the link before, where that is there.
    pub previous: Option<String>,
    /// What the actor is called, if it is somebody who has an account.
    pub actor_name: Option<String>,
    /// What the person is called whom it concerns, if they have an account.
    pub target_name: Option<String>,
}

const SELECT: &str =
    "select id, at, kind, outcome, actor, target, session_id, address, user_agent, request_id, detail, salt,
    content_hash, sequence, hash, redacted_by,
    (select earlier.hash from events as earlier where earlier.sequence = events.sequence - 1) as previous,
    (select coalesce(users.email, users.username) from users where users.id = events.actor) as actor_name,
    (select coalesce(users.email, users.username) from users where users.id = events.target) as target_name
    from events";

/// A page of events, newest first.
pub async fn page(
    on: impl Into<Handle<'_>>,
    wanted: &Wanted,
    page: &Page,
    most: i64,
) -> Result<Vec<Listed>, StoreError> {
    let filter = wanted.filter();
    match page {
        Page::First => filter.fetch(on, SELECT, "order by id desc", most).await,
        Page::OlderThan(id) => filter.and("id < ?", id.as_str()).fetch(on, SELECT, "order by id desc", most).await,
        Page::NewerThan(id) => {
            let mut rows: Vec<Listed> =
                filter.and("id > ?", id.as_str()).fetch(on, SELECT, "order by id", most).await?;
            rows.reverse();
            Ok(rows)
        }
    }
}

/// Sealed events after a place, in the order of the chain.
pub async fn sealed_after(on: impl Into<Handle<'_>>, sequence: i64, most: i64) -> Result<Vec<Listed>, StoreError> {
    super::filter::Filter::default().and("sequence > ?", sequence).fetch(on, SELECT, "order by sequence", most).await
}

/// Sealed events that are wanted, after an id, oldest first.
pub async fn wanted_after(
    on: impl Into<Handle<'_>>,
    wanted: &Wanted,
    id: &str,
    most: i64,
) -> Result<Vec<Listed>, StoreError> {
    let filter = wanted.filter().and_plainly("sequence is not null").and("id > ?", id);
    filter.fetch(on, SELECT, "order by id", most).await
}
