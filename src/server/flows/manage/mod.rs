//! What administrators do to other people's accounts, on the console and the command line alike. Must not choose a password for
//! anybody (ASVS 6.4.6).

/// Keeping somebody out, and letting them in again.
pub mod access;
/// The record of who signed in and out.
pub mod records;
/// Giving and taking roles.
pub mod roles;

use crate::{
    domain::{error::AuthError, event::EventKind, role::Role},
    server::{
        audit::Event,
        error::FlowError,
        request_info::RequestInfo,
        storage::{
            Tx,
            locks::{self, Lock},
            users,
        },
    },
};

/// Who does something to somebody else's account.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// An administrator with a session.
    Administrator {
        /// Their id.
        user_id: &'a str,
        /// Their session.
        session_id: &'a str,
        /// Where the request came from.
        request: &'a RequestInfo,
    },
    /// Whoever runs `latchkey` on the server.
    CommandLine,
}

impl Actor<'_> {
    /// An event of theirs.
    #[must_use]
    pub fn event(self, kind: EventKind) -> Event {
        match self {
            Self::Administrator { user_id, session_id, request } => {
                Event::of(kind, request).by(user_id).in_session(session_id)
            }
            Self::CommandLine => Event::by_command_line(kind),
        }
    }
}

/// Lets a transaction go on that takes somebody out of the ranks of administrators, unless none were left. No two such
/// transactions overtake each other (ASVS 2.3.4, 15.4.2).
///
/// # Errors
/// [`AuthError::LastAdministrator`].
pub(super) async fn keep_an_administrator(tx: &mut Tx, leaving: &str) -> Result<(), FlowError> {
    locks::hold(&mut *tx, Lock::Administrators).await?;
    if users::is_last_with_role(tx, leaving, &Role::admin()).await? {
        return Err(AuthError::LastAdministrator.into());
    }
    Ok(())
}
