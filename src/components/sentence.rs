//! A sentence with something marked up inside, such as a name or a link. Must not word it.

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
