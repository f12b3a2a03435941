//! Answers requests for a link in the background: a mail for people we know, nothing for others, so that asking takes the
//! same work for both (ASVS 6.3.8). Must not be called from a request.

use crate::server::{
    error::ServerError,
    flows::{reset_password, verify_email},
    mail::message::Circumstances,
    state::AppState,
    storage::{link_requests, tokens::Purpose, users},
};

/// Requests answered in one go.
const BATCH: i64 = 50;

/// Answers what is waiting.
///
/// # Errors
/// When the database is away; what was not answered waits.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    let waiting = link_requests::oldest(&mut state.db.read().await?, BATCH).await?;
    for request in waiting {
        let mut tx = state.db.begin().await?;
        if !link_requests::take(&mut tx, &request.id).await? {
            continue;
        }
        if let Some(user) = users::find_by_email_key(&mut tx, &request.email_key).await? {
            let circumstances =
                Circumstances { at: request.created_at(), user_agent: &request.user_agent, address: &request.address };
            match request.purpose() {
                Some(Purpose::ResetPassword) => {
                    reset_password::mail_link(state, &mut tx, &user, circumstances).await?;
                }
                Some(Purpose::VerifyEmail) => verify_email::mail_link(state, &mut tx, &user, circumstances).await?,
                Some(Purpose::ChangeEmail | Purpose::NotMe | Purpose::SetUp) | None => {}
            }
        }
        tx.commit().await?;
    }
    Ok(())
}
