//! Links between pages that belong together. Must not know which pages there are.

use leptos::prelude::*;

/// A link of a sub-navigation: where it leads, and what it is called.
pub type Link = (&'static str, &'static str);

/// The links; the one to the page itself says so.
#[component]
pub fn SubNavigation(
    /// What the links are called together.
    label: &'static str,
    /// The links.
    links: Vec<Link>,
    /// The path of the page that they stand on.
    current: &'static str,
) -> impl IntoView {
    let link = |(href, label): Link| {
        view! {
            <li>
                <a href=href aria-current=(href == current).then_some("page")>
                    {label}
                </a>
            </li>
        }
    };
    view! {
        <nav class="sub-navigation" aria-label=label>
            <ul>{links.into_iter().map(link).collect_view()}</ul>
        </nav>
    }
}
