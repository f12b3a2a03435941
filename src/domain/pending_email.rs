//! What the page about the own address is given before it is drawn. Must not say whether somebody else has an address.

use super::email::Email;

/// For `/account/email`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingEmail {
    /// The address that waits to be confirmed and then replaces the present one.
    pub wanted: Option<Email>,
}
