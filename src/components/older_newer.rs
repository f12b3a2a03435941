//! The ways from a page of a list to the pages beside it. Must not know the list.

use leptos::prelude::*;

use crate::words;

/// The links; nothing where there is one page alone.
#[component]
pub fn OlderNewer(
    /// The address of newer entries.
    newer: Option<String>,
    /// The address of older entries.
    older: Option<String>,
) -> impl IntoView {
    let text = words::account_frame();
    (newer.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="older-newer" aria-label=text.pages>
                {newer
                    .map(|href| {
                        view! {
                            <a class="button button-secondary" href=href rel="prev">
                                {text.newer}
                            </a>
                        }
                    })}
                {older
                    .map(|href| {
                        view! {
                            <a class="button button-secondary" href=href rel="next">
                                {text.older}
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
