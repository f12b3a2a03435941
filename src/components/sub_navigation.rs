//! Links between pages that belong together. Must not know which pages there are.

use leptos::prelude::*;

use crate::domain::visit::Visit;

/// A link of a sub-navigation: where it leads, and what it is called.
pub type Link = (&'static str, &'static str);

/// The links; the one to the page itself says so, and so does the one to what the page lies below.
#[component]
pub fn SubNavigation(
    /// What the links are called together.
    label: &'static str,
    /// The links.
    links: Vec<Link>,
    /// The path of the page that they stand on, or that it lies below.
    current: &'static str,
) -> impl IntoView {
    let is_here = use_context::<Visit>().is_some_and(|visit| visit.is_at(current));
    let mark = if is_here { "page" } else { "true" };
    let link = |(href, label): Link| {
        view! {
            <li>
                <a href=href aria-current=(href == current).then_some(mark)>
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
