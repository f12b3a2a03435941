//! Answers requests for a link in the background: a mail for people we know, nothing for others, so that asking takes the
//! same work for both (ASVS 6.3.8). Must not be called from a request.

use crate::server::{
    error::ServerError,
    flows::{reset_password, verify_email},
    mail::message::Circumstances,
    state::AppState,
    storage::{
        link_requests::{self, Kind},
        users,
    },
};

/// Requests answered in one go.
const BATCH: i64 = 50;

/// Answers what is waiting.
///
/// # Errors
/// When the database is away; what was not answered waits.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    let (waiting, any_for_nothing) = {
        let mut conn = state.db.read().await?;
        (link_requests::oldest(&mut conn, BATCH).await?, link_requests::any_for_nothing(&mut conn).await?)
    };
    for request in waiting {
        let mut tx = state.db.begin().await?;
        if !link_requests::take(&mut tx, &request.id).await? {
            continue;
        }
        if let Some(user) = users::find_by_email_key(&mut tx, &request.email_key).await? {
            let circumstances =
                Circumstances { at: request.created_at(), user_agent: &request.user_agent, address: &request.address };
            match request.kind() {
                Some(Kind::ResetPassword) => {
                    reset_password::mail_link(state, &mut tx, &user, circumstances).await?;
                }
                Some(Kind::VerifyEmail) => verify_email::mail_link(state, &mut tx, &user, circumstances).await?,
                Some(Kind::Reminder) => verify_email::remind(state, &mut tx, &user, circumstances).await?,
                Some(Kind::Nothing) | None => {}
            }
        }
        tx.commit().await?;
    }
    if any_for_nothing {
        let mut tx = state.db.begin().await?;
        link_requests::remove_for_nothing(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
