//! Mails that tell people what was done with their account, each with one link for whoever did not do it (ASVS 6.3.5,
//! 6.3.7). Must not do what it tells of.

use crate::server::{
    crypto::token::OneTimeToken,
    error::ServerError,
    mail::message::{Circumstances, Message},
    request_info::RequestInfo,
    state::AppState,
    storage::{Tx, not_me_links, users::UserRow},
};

use super::not_me;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The password became another one.
    PasswordChanged,
    /// Another address was asked for.
    EmailChangeRequested,
    /// The address became another one; goes to the former.
    EmailChanged,
    /// The user name became another one.
    UsernameChanged,
    /// The account is to be deleted.
    DeletionRequested,
    /// Somebody signed in with a browser that was not known.
    SignedIn,
    /// A personal access token was made.
    TokenCreated,
    /// A refresh token was used twice.
    TokenReused,
}

impl What {
    fn message(self) -> Message {
        match self {
            Self::PasswordChanged => Message::PasswordChanged,
            Self::EmailChangeRequested => Message::EmailChangeRequested,
            Self::EmailChanged => Message::EmailChanged,
            Self::UsernameChanged => Message::UsernameChanged,
            Self::DeletionRequested => Message::DeletionRequested,
            Self::SignedIn => Message::SignedIn,
            Self::TokenCreated => Message::TokenCreated,
            Self::TokenReused => Message::TokenReused,
        }
    }
}

/// Mails word of it to a person, as they were before it, in the transaction of what was done; nothing to somebody without an
/// address. Links of earlier mails stay alive, also after another address was taken.
///
/// # Errors
/// When the database is away or there is no randomness; then the transaction must not be committed.
pub async fn changed(
    state: &AppState,
    tx: &mut Tx,
    user: &UserRow,
    request: &RequestInfo,
    what: What,
) -> Result<(), ServerError> {
    let Some(email) = user.email() else { return Ok(()) };
    let token = OneTimeToken::draw(state.random.as_ref())?;
    let now = state.now();
    not_me_links::add(&mut *tx, &token.hash(), &user.id, &email, now, now.plus(not_me::LINK_SECONDS)).await?;
    let link = super::token_link(state, not_me::PATH, token.secret())?;
    what.message().enqueue(state, tx, &email, &link, Circumstances::of(request, now)).await
}

/// Mails word of an account that is gone, in the transaction that deletes it: no link could open anything any more.
///
/// # Errors
/// When the database is away or there is no randomness; then the transaction must not be committed.
pub async fn deleted(state: &AppState, tx: &mut Tx, user: &UserRow, request: &RequestInfo) -> Result<(), ServerError> {
    let Some(email) = user.email() else { return Ok(()) };
    let link = super::link(state, "/")?;
    Message::AccountDeleted.enqueue(state, tx, &email, &link, Circumstances::of(request, state.now())).await
}
