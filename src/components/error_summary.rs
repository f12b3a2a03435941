//! What is wrong with a form, first on its page, taking focus, each message a link to its field. Must not word messages.

use leptos::prelude::*;

use crate::{domain::error::AuthError, words};

use super::sentence::{LinkedSentence, Way};

/// The `id` of the summary.
pub const ID: &str = "error-summary";

/// The summary; there but hidden while nothing is wrong, so that the browser's own check can fill it.
#[component]
pub fn ErrorSummary(
    /// What is wrong, if anything.
    error: Option<AuthError>,
    /// Phrases of sentences that are links.
    ways: Vec<Way>,
) -> impl IntoView {
    let is_hidden = error.is_none();
    let lines = error.map(|error| {
        if error.fields().is_empty() {
            return view! {
                <li>
                    <LinkedSentence text=words::error(&error) ways />
                </li>
            }
            .into_any();
        }
        let links = error.fields().iter().map(|field| {
            view! {
                <li>
                    <a href=format!("#{}", field.field.id())>{words::field_error(*field)}</a>
                </li>
            }
        });
        links.collect_view().into_any()
    });
    view! {
        <div class="summary" id=ID role="alert" tabindex="-1" autofocus=!is_hidden hidden=is_hidden>
            <h2>{words::form().problem}</h2>
            <ul id="error-summary-list">{lines}</ul>
        </div>
    }
}
