//! Notes what was seen of proxies, for `latchkey doctor`. Must not judge it.

use crate::server::{error::ServerError, proxies, state::AppState};

/// Notes what is new.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    proxies::note(state).await
}
