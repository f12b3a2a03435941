//! "This was not me": whoever reads a mail that told of something undoes what can be undone, and goes on to choose a new
//! password. Must not sign anybody in.

use crate::{
    domain::{error::AuthError, event::EventKind, not_me::NotMeData},
    server::{
        audit::Event,
        crypto::token::{OneTimeToken, presented_hash},
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        session,
        state::AppState,
        storage::{
            StoreError, deletions, known_devices,
            not_me_links::{self, NotMeLink},
            sessions::EndReason,
            tokens::{self, Purpose},
            users::{self, UserRow},
            wanted_email,
        },
    },
};

use super::{personal_tokens, reset_password};

/// How long a link works.
pub const LINK_SECONDS: i64 = 7 * 86_400;
/// Where the link leads.
pub const PATH: &str = "/not-me";

/// What the link would do, without using it up.
///
/// # Errors
/// [`AuthError::LinkDead`].
pub async fn look_up(state: &AppState, token: &str) -> Result<NotMeData, FlowError> {
    let (user, link, _) = find(state, token).await?;
    let gives_back = !is_present(&user, &link);
    Ok(NotMeData { mailed_to: link.mailed_to.to_string(), gives_back })
}

/// Ends every session, makes the password worthless, forgets every browser and every other link, keeps or gives back the
/// address that the mail went to, and uses the link up: all of it or none. Answers with the token of a link to choose a new
/// password, and whose it is.
///
/// # Errors
/// [`AuthError::LinkDead`].
pub async fn run(state: &AppState, request: &RequestInfo, token: &str) -> Result<Reported, FlowError> {
    match act(state, request, token).await {
        // Somebody took the address at the same moment: now it is seen to be theirs.
        Err(FlowError::Failure(ServerError::Store(StoreError::Taken))) => act(state, request, token).await,
        done => done,
    }
}

/// What is left to do.
pub struct Reported {
    /// Whose account it is.
    pub user_id: String,
    /// Opens the page that chooses a new password.
    pub reset: OneTimeToken,
}

async fn act(state: &AppState, request: &RequestInfo, token: &str) -> Result<Reported, FlowError> {
    let (user, link, token_hash) = find(state, token).await?;
    let now = state.now();
    let mut tx = state.db.begin().await?;
    // The person before the link, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
    let is_ours = users::forget_password(&mut tx, &user.id).await?
        && tokens::spend(&mut tx, &token_hash, Purpose::NotMe, now).await?;
    if !is_ours {
        return Err(AuthError::LinkDead.into());
    }
    let user = users::find(&mut tx, &user.id).await?.ok_or(AuthError::LinkDead)?;
    wanted_email::forget(&mut tx, &user.id).await?;
    if deletions::cancel(&mut tx, &user.id).await? {
        Event::of(EventKind::DeletionCancelled, request).about(&user.id).record(state, &mut tx).await?;
    }
    let mut event = Event::of(EventKind::NotMe, request).about(&user.id);
    let email_key = link.mailed_to.key();
    if is_present(&user, &link) {
        // Whoever took an address over must not disarm the links that went to the one before.
        not_me_links::spend_mailed_to(&mut tx, &user.id, &email_key, now).await?;
    } else {
        let is_free = users::find_by_email_key(&mut tx, &email_key).await?.is_none();
        if is_free {
            wanted_email::give_back(&mut tx, &user.id, &link.mailed_to, now).await?;
        }
        event = event.with("address", if is_free { "given_back" } else { "taken" });
        tokens::spend_all(&mut tx, Purpose::NotMe, Some(&user.id), now).await?;
    }
    for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail, Purpose::ChangeEmail] {
        tokens::spend_all(&mut tx, purpose, Some(&user.id), now).await?;
    }
    known_devices::forget_all(&mut tx, &user.id).await?;
    let ended = Event::of(EventKind::SessionEnded, request).about(&user.id);
    session::end_others(state, &mut tx, &user.id, "", EndReason::NotMe, &ended).await?;
    let revoked = Event::of(EventKind::TokenRevoked, request).about(&user.id);
    personal_tokens::revoke_all(state, &mut tx, &user.id, &revoked).await?;
    event.record(state, &mut tx).await?;
    let user = users::find(&mut tx, &user.id).await?.ok_or(AuthError::LinkDead)?;
    let mailed_to = Some(&link.mailed_to).filter(|_| is_present(&user, &link));
    let reset = reset_password::make_token(state, &mut tx, &user, mailed_to, reset_password::LINK_SECONDS).await?;
    tx.commit().await?;
    tracing::warn!(user = %user.id, address = %request.address, "the owner says that it was not them");
    Ok(Reported { user_id: user.id, reset })
}

/// Whether the mail went to the address that the account has now.
fn is_present(user: &UserRow, link: &NotMeLink) -> bool {
    user.email().is_some_and(|email| email.key() == link.mailed_to.key())
}

async fn find(state: &AppState, token: &str) -> Result<(UserRow, NotMeLink, String), FlowError> {
    let token_hash = presented_hash(token).ok_or(AuthError::LinkDead)?;
    let mut conn = state.db.read().await?;
    let link = not_me_links::find_live(&mut conn, &token_hash, state.now()).await?.ok_or(AuthError::LinkDead)?;
    let user = users::find(&mut conn, &link.user_id).await?.filter(UserRow::is_active).ok_or(AuthError::LinkDead)?;
    Ok((user, link, token_hash))
}
