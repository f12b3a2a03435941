//! Requests for a link by mail that are not answered yet, as rows. Must not know who exists.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, hold},
};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A link to choose a new password.
    ResetPassword,
    /// A link that proves the address.
    VerifyEmail,
    /// The same, unless one was made a moment ago.
    Reminder,
    /// Nothing: it is written where somebody else would be reminded, so that nobody can tell.
    Nothing,
}

impl Kind {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
            Self::Reminder => "reminder",
            Self::Nothing => "nothing",
        }
    }
}

/// A request as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LinkRequest {
    /// Names the row.
    pub id: String,
    purpose: String,
    /// [`crate::domain::email::Email::key`] of what was entered.
    pub email_key: String,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    created_at: i64,
}

impl LinkRequest {
    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> Moment {
        Moment(self.created_at)
    }

    /// What is asked for; `None` for a kind that a newer version has written.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        [Kind::ResetPassword, Kind::VerifyEmail, Kind::Reminder, Kind::Nothing]
            .into_iter()
            .find(|kind| kind.as_str() == self.purpose)
    }
}

/// Adds a request.
pub async fn create(
    on: impl Into<Handle<'_>>,
    id: &str,
    kind: Kind,
    email_key: &str,
    address: &str,
    user_agent: &str,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into link_requests (id, purpose, email_key, address, user_agent, created_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        kind.as_str(),
        email_key,
        address,
        user_agent,
        now.0
    )?;
    Ok(())
}

/// The oldest requests, those that nobody asked for themselves last; none for nothing.
pub async fn oldest(on: impl Into<Handle<'_>>, most: i64) -> Result<Vec<LinkRequest>, StoreError> {
    fetch!(
        fetch_all,
        LinkRequest,
        on,
        "select id, purpose, email_key, address, user_agent, created_at from link_requests where purpose <> $2
         order by case when purpose = $3 then 1 else 0 end, created_at, id limit $1",
        most,
        Kind::Nothing.as_str(),
        Kind::Reminder.as_str()
    )
}

/// Whether anything was asked for nothing.
pub async fn any_for_nothing(on: impl Into<Handle<'_>>) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        on,
        "select cast(1 as bigint) from link_requests where purpose = $1 limit 1",
        Kind::Nothing.as_str()
    )?;
    Ok(row.is_some())
}

/// Takes all that was asked for nothing off the list.
pub async fn remove_for_nothing(tx: &mut Tx) -> Result<(), StoreError> {
    // In one order, so that no two nodes wait for each other (ASVS 15.4.3).
    hold!(tx, "for update", "select id from link_requests where purpose = $1 order by id", Kind::Nothing.as_str())?;
    execute!(tx, "delete from link_requests where purpose = $1", Kind::Nothing.as_str())?;
    Ok(())
}

/// Takes a request off the list. `true` for exactly one of any number of callers.
pub async fn take(on: impl Into<Handle<'_>>, id: &str) -> Result<bool, StoreError> {
    Ok(execute!(on, "delete from link_requests where id = $1", id)? == 1)
}
