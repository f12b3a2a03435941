//! A message that is no error. Must not vanish by itself.

use leptos::prelude::*;

/// A message, announced politely.
#[component]
pub fn NoticeBox(
    /// The sentence.
    #[prop(into)]
    sentence: String,
    /// Whether it is good news.
    #[prop(optional)]
    is_success: bool,
) -> impl IntoView {
    let class = if is_success { "notice notice-success" } else { "notice" };
    view! {
        <p class=class role="status">
            {sentence}
        </p>
    }
}
