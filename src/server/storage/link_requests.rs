//! Requests for a link by mail that are not answered yet, as rows. Must not know who exists.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError,
    db::{execute, fetch},
    tokens::Purpose,
};

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

    /// What the link is for; `None` for a kind that a newer version has written.
    #[must_use]
    pub fn purpose(&self) -> Option<Purpose> {
        Purpose::parse(&self.purpose)
    }
}

/// Adds a request.
pub async fn create(
    on: impl Into<Handle<'_>>,
    id: &str,
    purpose: Purpose,
    email_key: &str,
    address: &str,
    user_agent: &str,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into link_requests (id, purpose, email_key, address, user_agent, created_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        purpose.as_str(),
        email_key,
        address,
        user_agent,
        now.0
    )?;
    Ok(())
}

/// The oldest requests.
pub async fn oldest(on: impl Into<Handle<'_>>, most: i64) -> Result<Vec<LinkRequest>, StoreError> {
    fetch!(
        fetch_all,
        LinkRequest,
        on,
        "select id, purpose, email_key, address, user_agent, created_at from link_requests order by created_at, id limit $1",
        most
    )
}

/// Takes a request off the list. `true` for exactly one of any number of callers.
pub async fn take(on: impl Into<Handle<'_>>, id: &str) -> Result<bool, StoreError> {
    Ok(execute!(on, "delete from link_requests where id = $1", id)? == 1)
}
