//! What the page behind "This was not me" is given before it is drawn. Must not hold a token.

/// For `/not-me`, where the browser brought a link that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMeData {
    /// The address that the mail went to.
    pub mailed_to: String,
    /// Whether the account has another address by now, and gets this one back.
    pub gives_back: bool,
}
