//! Mail waiting to be sent, as rows. Must not send.

use crate::domain::{email::Email, moment::Moment};

use super::{
    Handle, StoreError,
    db::{execute, fetch},
};

/// A mail as stored.
#[derive(Clone, sqlx::FromRow)]
pub struct OutboxRow {
    /// Names the mail, also in its `Message-ID`.
    pub id: String,
    /// To whom.
    pub recipient: String,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub body: String,
    /// The same as HTML; empty where there is none.
    pub html: String,
    created_at: i64,
    /// How often it was tried.
    pub attempts: i64,
}

impl std::fmt::Debug for OutboxRow {
    /// Says nothing of the content: it may hold a link (ASVS 16.2.5).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxRow").field("id", &self.id).field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

impl OutboxRow {
    /// When it was written.
    #[must_use]
    pub fn created_at(&self) -> Moment {
        Moment(self.created_at)
    }
}

/// Adds a mail.
pub async fn add(
    on: impl Into<Handle<'_>>,
    id: &str,
    recipient: &Email,
    subject: &str,
    body: &str,
    html: &str,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into outbox (id, recipient, subject, body, html, created_at, next_attempt_at, attempts)
         values ($1, $2, $3, $4, $5, $6, $6, 0)",
        id,
        recipient.as_str(),
        subject,
        body,
        html,
        now.0
    )?;
    Ok(())
}

/// Mail that is due, oldest first; also what is to wait longer than mail ever does, since a clock that was wrong wrote that.
pub async fn due(
    on: impl Into<Handle<'_>>,
    now: Moment,
    longest: Moment,
    most: i64,
) -> Result<Vec<OutboxRow>, StoreError> {
    fetch!(
        fetch_all,
        OutboxRow,
        on,
        "select id, recipient, subject, body, html, created_at, attempts from outbox
         where sent_at is null and failed_at is null and (next_attempt_at <= $1 or next_attempt_at > $2)
         order by created_at, id limit $3",
        now.0,
        longest.0,
        most
    )
}

/// Takes a due mail for one attempt, and nobody else may until `retry_at`. `true` for exactly one of several nodes.
pub async fn claim(
    on: impl Into<Handle<'_>>,
    row: &OutboxRow,
    now: Moment,
    longest: Moment,
    retry_at: Moment,
) -> Result<bool, StoreError> {
    let claimed = execute!(
        on,
        "update outbox set attempts = attempts + 1, next_attempt_at = $4
         where id = $1 and attempts = $2 and sent_at is null and failed_at is null
           and (next_attempt_at <= $3 or next_attempt_at > $5)",
        &row.id,
        row.attempts,
        now.0,
        retry_at.0,
        longest.0
    )?;
    Ok(claimed == 1)
}

/// Notes that a mail was handed to the mail server, and forgets both parts.
pub async fn mark_sent(on: impl Into<Handle<'_>>, id: &str, now: Moment) -> Result<(), StoreError> {
    execute!(on, "update outbox set sent_at = $2, body = '', html = '', last_error = null where id = $1", id, now.0)?;
    Ok(())
}

/// Notes why an attempt failed; with `given_up`, it was the last, and both parts are forgotten.
pub async fn mark_failed(
    on: impl Into<Handle<'_>>,
    id: &str,
    error: &str,
    given_up: Option<Moment>,
) -> Result<(), StoreError> {
    execute!(
        on,
        "update outbox set last_error = $2, failed_at = $3, body = case when $3 is null then body else '' end,
         html = case when $3 is null then html else '' end where id = $1",
        id,
        error,
        given_up.map(|moment| moment.0)
    )?;
    Ok(())
}

/// The newest mails, for a developer to read.
pub async fn newest(on: impl Into<Handle<'_>>, most: i64) -> Result<Vec<OutboxRow>, StoreError> {
    fetch!(
        fetch_all,
        OutboxRow,
        on,
        "select id, recipient, subject, body, html, created_at, attempts from outbox order by created_at desc, id desc limit $1",
        most
    )
}

/// One mail, for a developer to read.
pub async fn find(on: impl Into<Handle<'_>>, id: &str) -> Result<Option<OutboxRow>, StoreError> {
    fetch!(
        fetch_optional,
        OutboxRow,
        on,
        "select id, recipient, subject, body, html, created_at, attempts from outbox where id = $1",
        id
    )
}

/// Removes mails that were handed over or given up before an instant, at most so many; answers with how many.
pub async fn remove_done(on: impl Into<Handle<'_>>, before: Moment, most: i64) -> Result<u64, StoreError> {
    execute!(
        on,
        "delete from outbox where id in (select id from outbox where sent_at < $1 or failed_at < $1 limit $2)",
        before.0,
        most
    )
}
