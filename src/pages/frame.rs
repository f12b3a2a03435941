//! What every page of the site stands in: its title, the header for whoever looks, the summary of errors and the notice of
//! the last redirect. Must not know a particular page.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::{
    api,
    components::{
        error_summary::ErrorSummary, layout::Layout, notice::NoticeBox, sentence::Way, session_timer::SessionTimer,
        theme_switch::ThemeSwitch,
    },
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

/// Who looks at a page, as far as can be told.
#[derive(Clone, Debug)]
pub enum Visitor {
    /// Somebody who is signed in.
    Known(Box<CurrentUser>),
    /// Nobody is signed in.
    Nobody,
    /// Nobody has asked the database.
    Unknown,
}

/// The phrases of sentences that lead somewhere.
pub fn ways() -> Vec<Way> {
    let text = words::ways();
    vec![(text.sign_in, "/sign-in"), (text.reset_password, "/forgot-password")]
}

/// A page. Its heading is the first thing in `children`.
#[component]
pub fn Frame(
    /// What the page is, for the title.
    title: &'static str,
    /// What it is for, for search engines; without it they are asked to leave it out.
    #[prop(optional)]
    description: Option<String>,
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
    let user = use_context::<CurrentUser>();
    let time = user.as_ref().map(|user| user.session.time);
    let timer = time.map(|time| view! { <SessionTimer action=api::KEEP_SESSION.action.to_owned() time /> });
    let visitor = user.map_or(Visitor::Nobody, |user| Visitor::Known(Box::new(user)));
    let found_by_search_engines = match description {
        Some(description) => view! { <Meta name="description" content=description /> }.into_any(),
        None => view! { <Meta name="robots" content="noindex" /> }.into_any(),
    };
    view! {
        <Title text=title />
        {found_by_search_engines}
        <Surroundings visitor is_wide>
            <ErrorSummary error ways=ways() />
            {notice
                .map(|notice| {
                    view! { <NoticeBox sentence=words::notice(notice) is_success=notice.is_success() /> }
                })}
            {children()}
            {timer}
        </Surroundings>
    }
}

/// What stands around every page, errors and a developer's pages included.
#[component]
pub fn Surroundings(
    /// Who looks at it.
    visitor: Visitor,
    /// A narrow column for forms, or the whole width.
    #[prop(optional)]
    is_wide: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let (site, visit) = (site(), visit());
    let navigation = view! { <Navigation visitor visit=visit.clone() /> };
    let switch = view! { <ThemeSwitch action=api::SET_THEME.action theme=visit.theme next=visit.path /> };
    view! {
        <Layout
            site_name=site.name
            logo=site.brand.logo
            navigation=navigation.into_any()
            theme_switch=switch.into_any()
            is_wide
        >
            {children()}
        </Layout>
    }
}

/// For administrators, wherever they are; it says so on every page of the console.
fn console_link(visit: &Visit) -> impl IntoView + use<> {
    let path = visit.path.as_str().split('?').next().unwrap_or_default();
    let current = match path {
        "/admin" => Some("page"),
        path if path.starts_with("/admin/") => Some("true"),
        _ => None,
    };
    view! {
        <a href="/admin" aria-current=current>
            {words::console().console}
        </a>
    }
}

#[component]
fn Navigation(visitor: Visitor, visit: Visit) -> impl IntoView {
    let text = words::frame();
    let link = |href: &'static str, label: String| {
        view! {
            <a href=href aria-current=visit.is_at(href).then_some("page")>
                {label}
            </a>
        }
    };
    let links = match visitor {
        Visitor::Known(user) => view! {
            {user.is_admin().then(|| console_link(&visit))}
            {link("/dashboard", user.name())}
            {link("/account", text.account.to_owned())}
            <form method="post" action=api::SIGN_OUT.action>
                <button class="button button-quiet" type="submit">
                    {text.sign_out}
                </button>
            </form>
        }
        .into_any(),
        Visitor::Nobody => view! {
            {link("/sign-in", text.sign_in.to_owned())}
            {link("/sign-up", text.create_account.to_owned())}
        }
        .into_any(),
        Visitor::Unknown => link("/dashboard", text.account.to_owned()).into_any(),
    };
    view! {
        <nav class="navigation" aria-label=text.navigation>
            {links}
        </nav>
    }
}
