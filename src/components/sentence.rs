//! A sentence with something marked up inside, such as a name or a link. Must not word it, nor know where links lead.

use leptos::prelude::*;

use crate::words::around::Around;

/// The sentence; `children` are what it stands around.
#[component]
pub fn Sentence(
    /// What stands before and after.
    text: Around,
    /// What is marked up.
    children: Children,
) -> impl IntoView {
    let part = |part: &'static str| (!part.is_empty()).then_some(part);
    view! {
        {part(text.before)}
        {children()}
        {part(text.after)}
    }
}

/// A phrase of sentences, and the page that does what it says.
pub type Way = (&'static str, &'static str);

/// A sentence in which some phrases lead to the page that does what they say.
#[component]
pub fn LinkedSentence(
    /// The sentence.
    text: String,
    /// The phrases.
    ways: Vec<Way>,
) -> impl IntoView {
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    while let Some((at, phrase, href)) =
        ways.iter().filter_map(|(phrase, href)| rest.find(phrase).map(|at| (at, *phrase, *href))).min()
    {
        let (before, after) = rest.split_at(at);
        parts.push(before.to_owned().into_any());
        parts.push(view! { <a href=href>{phrase}</a> }.into_any());
        rest = after.strip_prefix(phrase).unwrap_or_default();
    }
    parts.push(rest.to_owned().into_any());
    parts
}
