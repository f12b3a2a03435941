//! The shape of the texts of the page about the JSON API. Must not hold a text.

use super::around::Around;

/// `/api-docs`
#[derive(Clone, Copy, Debug)]
pub struct ApiDocs {
    /// Title and heading.
    pub title: &'static str,
    /// Around the link to the document for programs.
    pub for_programs: Around,
    /// The contents, for screen readers.
    pub contents: &'static str,
    /// Around the scope of the token that it takes.
    pub takes: Around,
    /// It takes no token.
    pub takes_nothing: &'static str,
    /// The heading of parameters.
    pub parameters: &'static str,
    /// The heading of the members of the body.
    pub body: &'static str,
    /// The heading of answers.
    pub answers: &'static str,
    /// The mark of what must be there.
    pub required: &'static str,
    /// The heading of problems.
    pub problems: &'static str,
    /// What they are.
    pub problems_lead: &'static str,
}
