//! The way through a list that is shown a page at a time. Must not know where a page begins: addresses are given.

use leptos::prelude::*;

/// Links to the pages before and after; nothing where there is one page alone.
#[component]
pub fn Pager(
    /// What a screen reader calls it.
    label: &'static str,
    /// The words of the way back.
    back: &'static str,
    /// Where that leads, unless this is the first page.
    back_to: Option<String>,
    /// The words of the way on.
    on: &'static str,
    /// Where that leads, unless this is the last page.
    on_to: Option<String>,
) -> impl IntoView {
    let is_needed = back_to.is_some() || on_to.is_some();
    is_needed.then(|| {
        view! {
            <nav class="pager" aria-label=label>
                {back_to
                    .map(|href| {
                        view! {
                            <a class="button button-secondary" rel="prev" href=href>
                                {back}
                            </a>
                        }
                    })}
                {on_to
                    .map(|href| {
                        view! {
                            <a class="button button-secondary pager-on" rel="next" href=href>
                                {on}
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
