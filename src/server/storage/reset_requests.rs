//! "I forgot my password", not answered yet, as rows. Must not know who exists.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError,
    db::{execute, fetch},
};

/// A request as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ResetRequest {
    /// Names the row.
    pub id: String,
    /// [`crate::domain::email::Email::key`] of what was entered.
    pub email_key: String,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    created_at: i64,
}

impl ResetRequest {
    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> Moment {
        Moment(self.created_at)
    }
}

/// Adds a request.
pub async fn create(
    on: impl Into<Handle<'_>>,
    id: &str,
    email_key: &str,
    address: &str,
    user_agent: &str,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into reset_requests (id, email_key, address, user_agent, created_at) values ($1, $2, $3, $4, $5)",
        id,
        email_key,
        address,
        user_agent,
        now.0
    )?;
    Ok(())
}

/// The oldest requests.
pub async fn oldest(on: impl Into<Handle<'_>>, most: i64) -> Result<Vec<ResetRequest>, StoreError> {
    fetch!(
        fetch_all,
        ResetRequest,
        on,
        "select id, email_key, address, user_agent, created_at from reset_requests order by created_at, id limit $1",
        most
    )
}

/// Takes a request off the list. `true` for exactly one of any number of callers.
pub async fn take(on: impl Into<Handle<'_>>, id: &str) -> Result<bool, StoreError> {
    Ok(execute!(on, "delete from reset_requests where id = $1", id)? == 1)
}
