//! What every page of the site stands in: its title, the header for whoever looks, the summary of errors and the notice of
//! the last redirect. Must not know a particular page.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api,
    components::{error_summary::ErrorSummary, layout::Layout, notice::NoticeBox, theme_switch::ThemeSwitch},
    domain::{account::CurrentUser, error::AuthError, flash::Flash, site::Site, visit::Visit},
    words,
};

/// The settings that pages show.
pub fn site() -> Site {
    use_context::<Site>().unwrap_or_default()
}

/// What the page after a redirect is told.
pub fn flash() -> Flash {
    use_context::<Flash>().unwrap_or_default()
}

/// The request that is answered.
pub fn visit() -> Visit {
    use_context::<Visit>().unwrap_or_default()
}

/// A page. Its heading is the first thing in `children`.
#[component]
pub fn Frame(
    /// What the page is, for the title.
    title: &'static str,
    /// A narrow column for forms, or the whole width.
    #[prop(optional)]
    is_wide: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let site = site();
    let Flash { notice, error, .. } = flash();
    // Said where the session ended, and by the page of the link itself.
    let error = error.filter(|error| !matches!(error, AuthError::NotSignedIn | AuthError::LinkDead));
    let prefix = if error.is_some() { words::form().title_prefix } else { "" };
    let title = format!("{prefix}{}", (words::frame().title)(title, &site.name));
    let navigation = match use_context::<CurrentUser>() {
        Some(user) => view! { <SignedInNavigation user /> }.into_any(),
        None => view! { <SignedOutNavigation /> }.into_any(),
    };
    view! {
        <Title text=title />
        <Surroundings navigation is_wide>
            <ErrorSummary error />
            {notice
                .map(|notice| {
                    view! { <NoticeBox sentence=words::notice(notice) is_success=notice.is_success() /> }
                })}
            {children()}
        </Surroundings>
    }
}

/// What stands around every page, errors and a developer's pages included.
#[component]
pub fn Surroundings(
    /// What stands in the header beside the word mark.
    navigation: AnyView,
    /// A narrow column for forms, or the whole width.
    #[prop(optional)]
    is_wide: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let (site, visit) = (site(), visit());
    let switch = view! { <ThemeSwitch action=api::SET_THEME.action theme=visit.theme next=visit.path /> };
    view! {
        <Layout site_name=site.name logo=site.brand.logo navigation theme_switch=switch.into_any() is_wide>
            {children()}
        </Layout>
    }
}

#[component]
fn SignedOutNavigation() -> impl IntoView {
    let text = words::frame();
    view! {
        <nav class="navigation" aria-label=text.navigation>
            <a href="/sign-in">{text.sign_in}</a>
            <a href="/sign-up">{text.create_account}</a>
        </nav>
    }
}

#[component]
fn SignedInNavigation(user: CurrentUser) -> impl IntoView {
    let text = words::frame();
    view! {
        <nav class="navigation" aria-label=text.navigation>
            <a href="/dashboard">{user.name()}</a>
            <form method="post" action=api::SIGN_OUT.action>
                <button class="button button-quiet" type="submit">
                    {text.sign_out}
                </button>
            </form>
        </nav>
    }
}
