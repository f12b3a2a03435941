//! What a page is given before it is drawn. Drawing never waits and never fails; whatever could is done by then.

use super::account::PreviousSignIn;

/// For `/dashboard`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DashboardData {
    /// The sign-in before this session.
    pub previous: Option<PreviousSignIn>,
}

/// For `/reset-password`, where the browser brought a link that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetLink {
    /// What the person signs in with, for their password manager.
    pub credential_name: String,
    /// What the new password must not contain, for the meter.
    pub own_words: Vec<String>,
    /// Whether it is the first: there was no password before.
    pub is_first: bool,
}

/// For `/verify-email`, where the browser brought a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyLink {
    /// One that works.
    Alive {
        /// The address that it proves.
        email: String,
        /// Whether it then replaces another one.
        is_change: bool,
        /// Whether the password is asked for, because this browser is not signed in as the one whose link it is.
        needs_password: bool,
    },
    /// One that does not.
    Dead {
        /// The address that was to replace another one by it, as [`super::email::Email::key`].
        change_to: Option<String>,
    },
}

/// For `/setup`, where the browser brought a link that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetUpLink;
