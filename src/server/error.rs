//! What the server's own code can fail with. The cause goes to the log; people see `AuthError`'s sentences alone.

use crate::domain::error::AuthError;

use super::storage::StoreError;

/// What the session layer, whose errors are texts, says when the database was away.
pub const UNAVAILABLE: &str = "the database is away";

/// A failure that is nobody's answer.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The database refused or was not there.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The session layer failed.
    #[error("session: {0}")]
    Session(#[from] tower_sessions::session::Error),
    /// The hashing pool failed.
    #[error("password hashing: {0}")]
    Hashing(String),
    /// The operator's list of breached passwords cannot be read; nothing is accepted unread.
    #[error("breached_passwords: {0}")]
    BreachedPasswords(String),
    /// The operator's sign cannot be used.
    #[error("{0}")]
    Logo(String),
    /// Access tokens cannot be signed.
    #[error("signing keys: {0}")]
    Keys(String),
    /// Traces cannot be sent where the settings say.
    #[error("traces_url: {0}")]
    Traces(String),
    /// No randomness.
    #[error("the operating system gave no randomness")]
    Random,
    /// A value in the database that this version cannot read.
    #[error("unreadable value in the database: {0}")]
    Corrupt(&'static str),
    /// A link or address could not be formed.
    #[error("cannot form a link: {0}")]
    Link(#[from] url::ParseError),
}

impl ServerError {
    /// Whether the database was away, so that the same may go well in a moment.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        use tower_sessions::{session::Error, session_store};
        match self {
            Self::Store(error) => error.is_unavailable(),
            Self::Session(Error::Store(session_store::Error::Backend(text))) => text == UNAVAILABLE,
            _ => false,
        }
    }
}

/// How a use case ends other than well: with an answer for the person, or a failure for the log.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// Said to the person.
    #[error(transparent)]
    Answer(#[from] AuthError),
    /// Said to the log.
    #[error(transparent)]
    Failure(#[from] ServerError),
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<FlowError> for AuthError {
    /// Logs a failure and answers with the plain sentence for it (ASVS 16.3.4, 16.5.1).
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Answer(answer) => answer,
            // No form of ours sends such a text.
            FlowError::Failure(ServerError::Store(StoreError::NoText)) => Self::Malformed,
            FlowError::Failure(failure) => {
                tracing::error!(error = %failure, "a use case failed");
                if failure.is_unavailable() { Self::Unavailable } else { Self::Unexpected }
            }
        }
    }
}
