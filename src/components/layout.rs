//! Landmarks of a page: skip link, header, main, footer. Must not know who is signed in.

use leptos::prelude::*;

use crate::words;

/// A page's frame. `navigation` stands in the header beside the word mark.
#[component]
pub fn Layout(
    /// What the site is called.
    site_name: String,
    /// The address of its sign, where it has one of its own.
    logo: Option<String>,
    /// What stands in the header beside the word mark.
    navigation: AnyView,
    /// What stands in the footer.
    theme_switch: AnyView,
    /// A narrow column for forms, or the whole width.
    #[prop(optional)]
    is_wide: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let main_class = if is_wide { "main main-wide" } else { "main" };
    let sign = match logo {
        Some(logo) => view! { <img src=logo alt="" height="28" /> }.into_any(),
        None => view! {
            <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2.5" />
                <path d="M11.5 11.5 21 21M17 17l3-3" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" />
            </svg>
        }
        .into_any(),
    };
    let footer_name = site_name.clone();
    view! {
        <a class="skip-link" href="#main">
            {words::frame().skip_to_main}
        </a>
        <header class="header">
            <div class="header-inner">
                <a class="wordmark" href="/">
                    {sign}
                    <span>{site_name}</span>
                </a>
                {navigation}
            </div>
        </header>
        <main class=main_class id="main" tabindex="-1">
            {children()}
        </main>
        <footer class="footer">
            <p>{footer_name}</p>
            {theme_switch}
        </footer>
    }
}
