//! What the page about the JSON API is given. Must not hold a text of that page.

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiDocs {
    /// What the API is.
    pub about: String,
    /// Its operations, in groups.
    pub groups: Vec<Group>,
    /// How it refuses.
    pub problems: Vec<Problem>,
}

/// Operations that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they are called.
    pub name: String,
    /// What they are for.
    pub about: String,
    /// Each of them.
    pub operations: Vec<Operation>,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Names it on the page.
    pub id: String,
    /// The method.
    pub method: String,
    /// The path, with names in place of its parts.
    pub path: String,
    /// What it does, in a phrase.
    pub summary: String,
    /// More of it.
    pub about: String,
    /// The scope of the token that it takes; empty where it takes none, or any.
    pub scope: String,
    /// Parts of the path and parameters.
    pub parameters: Vec<Member>,
    /// Members of the body.
    pub body: Vec<Member>,
    /// What comes back.
    pub answers: Vec<Answer>,
}

/// A parameter, or a member of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What kind of value it has.
    pub kind: String,
    /// Whether it must be there.
    pub is_required: bool,
    /// What it is.
    pub about: String,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: String,
    /// When.
    pub about: String,
    /// Members of the body, where that is an object.
    pub members: Vec<Member>,
}

/// A kind of refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its code.
    pub code: String,
    /// The status that goes with it.
    pub status: u16,
    /// What people are told.
    pub sentence: String,
}
