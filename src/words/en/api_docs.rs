//! English for the page about the JSON API. What operations do is said beside them.

use crate::words::{api_docs::ApiDocs, around::Around};

/// `/api-docs`
pub const API_DOCS: &ApiDocs = &ApiDocs {
    title: "API",
    for_programs: Around::new("The same for programs: {}"),
    contents: "Operations",
    takes: Around::new("Takes a token with the scope {}."),
    takes_nothing: "Takes no token.",
    parameters: "Parameters",
    body: "Body",
    answers: "Answers",
    required: "required",
    problems: "Problems",
    problems_lead: "Every refusal has one of these codes. The sentences may change; the codes do not.",
};
