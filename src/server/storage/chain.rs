//! The audit log as a chain: its links in order, what removed or emptied them. Must not compute a hash, nor judge one.

use crate::domain::event::EventKind;

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch},
    events::Content,
};

/// An event with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Link {
    /// Everything that it says; empty where it was deleted.
    #[sqlx(flatten)]
    pub content: Content,
    /// The hash of what it says, or said.
    pub content_hash: String,
    /// Its place, once it is sealed.
    pub sequence: Option<i64>,
    /// The hash of its link, once it is sealed.
    pub hash: Option<String>,
    /// The event that tells why the content is gone.
    pub redacted_by: Option<String>,
}

/// What a [`Link`] is read from, with the rest of the query.
macro_rules! select_link {
    ($rest:literal) => {
        concat!(
            "select id, at, kind, outcome, actor, target, session_id, address, user_agent, request_id, detail, salt, ",
            "content_hash, sequence, hash, redacted_by from events ",
            $rest
        )
    };
}

/// Links after a place, in order.
pub async fn after(on: impl Into<Handle<'_>>, sequence: i64, most: i64) -> Result<Vec<Link>, StoreError> {
    fetch!(fetch_all, Link, on, select_link!("where sequence > $1 order by sequence limit $2"), sequence, most)
}

/// Events that wait for their link, after an id, oldest first.
pub async fn unsealed_after(on: impl Into<Handle<'_>>, id: &str, most: i64) -> Result<Vec<Link>, StoreError> {
    fetch!(fetch_all, Link, on, select_link!("where sequence is null and id > $1 order by id limit $2"), id, most)
}

/// How many events wait for their link, and when the oldest of them happened.
pub async fn waiting(on: impl Into<Handle<'_>>) -> Result<(i64, Option<i64>), StoreError> {
    fetch!(
        fetch_one,
        (i64, Option<i64>),
        on,
        "select (select count(*) from events where sequence is null),
                (select at from events where sequence is null order by id limit 1)"
    )
}

/// An event by its id.
pub async fn find(on: impl Into<Handle<'_>>, id: &str) -> Result<Option<Link>, StoreError> {
    fetch!(fetch_optional, Link, on, select_link!("where id = $1"), id)
}

/// A link at a place that no link of ours has.
pub async fn misplaced(on: impl Into<Handle<'_>>) -> Result<Option<Link>, StoreError> {
    fetch!(fetch_optional, Link, on, select_link!("where sequence < 1 order by sequence limit 1"))
}

/// The place of the first link that is there.
pub async fn first_sequence(on: impl Into<Handle<'_>>) -> Result<Option<i64>, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        on,
        "select sequence from events where sequence is not null order by sequence limit 1"
    )?;
    Ok(row.map(|(sequence,)| sequence))
}

/// The last link.
pub async fn last(on: impl Into<Handle<'_>>) -> Result<Option<Link>, StoreError> {
    fetch!(fetch_optional, Link, on, select_link!("where sequence is not null order by sequence desc limit 1"))
}

/// The newest events that tell of a pruned beginning.
pub async fn prunings(on: impl Into<Handle<'_>>, most: i64) -> Result<Vec<Link>, StoreError> {
    fetch!(
        fetch_all,
        Link,
        on,
        select_link!("where kind = $1 order by id desc limit $2"),
        EventKind::EventsPruned.as_str(),
        most
    )
}

/// Removes the beginning of the chain, that place included; answers with how many events it held.
pub async fn remove_through(tx: &mut Tx, sequence: i64) -> Result<u64, StoreError> {
    execute!(tx, "delete from events where sequence <= $1", sequence)
}

/// Empties a sealed event for good. `true` unless that was done before, or it is not sealed.
pub async fn redact(tx: &mut Tx, id: &str, redacted_by: &str) -> Result<bool, StoreError> {
    let redacted = execute!(
        tx,
        "update events set at = 0, kind = '', outcome = '', actor = '', target = '', session_id = '', address = '',
                           user_agent = '', request_id = '', detail = '', salt = '', redacted_by = $2
         where id = $1 and sequence is not null and redacted_by is null",
        id,
        redacted_by
    )?;
    Ok(redacted == 1)
}
