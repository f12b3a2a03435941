//! What administrators do to other people's accounts, on the console and the command line alike. Must not choose a password for
//! anybody (ASVS 6.4.6).

/// Keeping somebody out, and letting them in again.
pub mod access;
/// Accounts that are made, mailed to and deleted.
pub mod accounts;
/// Acts on one person or on many.
pub mod acts;
/// What administrators see of people.
pub mod look;
/// What administrators see of records.
pub mod look_records;
/// The figures of the first page.
pub mod overview;
/// The record of who signed in and out.
pub mod records;
/// Giving and taking roles.
pub mod roles;
/// Ending somebody's sessions.
pub mod session_ends;

use crate::{
    domain::{error::AuthError, event::EventKind, role::Role},
    server::{
        audit::Event,
        error::FlowError,
        request_info::RequestInfo,
        state::AppState,
        storage::{
            Tx,
            locks::{self, Lock},
            people, users,
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

    /// Whether they act on themselves.
    #[must_use]
    pub fn is(self, id: &str) -> bool {
        matches!(self, Self::Administrator { user_id, .. } if user_id == id)
    }

    /// The session that they act from; empty on the command line.
    #[must_use]
    pub fn session_id(&self) -> &str {
        match self {
            Self::Administrator { session_id, .. } => session_id,
            Self::CommandLine => "",
        }
    }

    /// Lets a transaction go on if they are an administrator at this very moment: whoever takes that away waits, or is waited for
    /// (ASVS 8.3.2, 15.4.2). First in every transaction, so that no two wait for each other (ASVS 15.4.3).
    ///
    /// # Errors
    /// [`AuthError::NotFound`].
    pub async fn check(&self, tx: &mut Tx) -> Result<(), FlowError> {
        locks::hold(&mut *tx, Lock::Administrators).await?;
        match self {
            Self::Administrator { user_id, session_id, .. }
                if !people::may_act(tx, user_id, session_id, &Role::admin()).await? =>
            {
                Err(AuthError::NotFound.into())
            }
            Self::Administrator { .. } | Self::CommandLine => Ok(()),
        }
    }
}

/// Writes down that something was refused, and why; answers with the refusal.
async fn refused(state: &AppState, event: Event, refusal: FlowError) -> FlowError {
    if let FlowError::Answer(AuthError::LastAdministrator) = &refusal {
        let event = event.refused().with("reason", "last_administrator");
        if let Err(failure) = event.record_alone(state).await {
            return failure.into();
        }
    }
    refusal
}

/// Lets a transaction go on that takes somebody out of the ranks of administrators, unless none were left who may sign in, or
/// none who has a password where there was one: who was invited and never came keeps no site. No two such transactions
/// overtake each other (ASVS 2.3.4, 15.4.2).
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
