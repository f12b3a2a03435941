//! Document shell and route table, nothing else.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::{
    domain::{site::Site, theme::Theme, visit::Visit},
    pages::{
        account::AccountPage,
        activity::ActivityPage,
        admin::{
            act::ActPage, audit::AuditPage, done::DonePage, new_person::NewPersonPage, overview::OverviewPage,
            people::PeoplePage, person::PersonPage, sessions::SessionRecordsPage, sessions_act::SessionsActPage,
        },
        change_email::ChangeEmailPage,
        change_password::ChangePasswordPage,
        change_username::ChangeUsernamePage,
        confirm_password::ConfirmPasswordPage,
        dashboard::DashboardPage,
        delete_account::DeleteAccountPage,
        error::NotFound,
        forgot_password::ForgotPasswordPage,
        home::HomePage,
        not_me::NotMePage,
        reset_password::ResetPasswordPage,
        sessions::SessionsPage,
        set_up::SetUpPage,
        sign_in::SignInPage,
        sign_up::SignUpPage,
        verify_email::VerifyEmailPage,
    },
    words,
};

/// The HTML document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Visit>().unwrap_or_default().theme;
    view! {
        <!DOCTYPE html>
        <html lang=words::language().tag() data-theme=theme.chosen()>
            <head>
                <Head />
                <AutoReload options=options.clone() />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// What the head of every document holds, pages and errors alike.
#[component]
pub fn Head() -> impl IntoView {
    let site = use_context::<Site>().unwrap_or_default();
    let theme = use_context::<Visit>().unwrap_or_default().theme;
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content=theme.color_scheme() />
        {theme_colors(theme)}
        <link rel="icon" href=site.brand.logo.unwrap_or_else(|| "/favicon.svg".into()) type="image/svg+xml" />
        <link rel="stylesheet" id="leptos" href=format!("/{}/latchkey.css", site.assets.pkg) />
        {site.brand.style.map(|style| view! { <link rel="stylesheet" href=style /> })}
    }
}

/// What browsers of phones paint around a page: `--surface` of `style/main.css`.
fn theme_colors(theme: Theme) -> impl IntoView {
    let color = |of: Theme, color: &'static str| {
        let media = (theme == Theme::System).then(|| format!("(prefers-color-scheme: {})", of.name()));
        (theme == of || theme == Theme::System)
            .then(|| view! { <meta name="theme-color" content=color /> }.attr("media", media))
    };
    view! {
        {color(Theme::Light, "#ffffff")}
        {color(Theme::Dark, "#161920")}
    }
}

/// The route table.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=SignUpPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/forgot-password") view=ForgotPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/reset-password") view=ResetPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/verify-email") view=VerifyEmailPage ssr=SsrMode::Async />
                <Route path=path!("/not-me") view=NotMePage ssr=SsrMode::Async />
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/account/sessions") view=SessionsPage ssr=SsrMode::Async />
                <Route path=path!("/account/activity") view=ActivityPage ssr=SsrMode::Async />
                <Route path=path!("/account/username") view=ChangeUsernamePage ssr=SsrMode::Async />
                <Route path=path!("/account/delete") view=DeleteAccountPage ssr=SsrMode::Async />
                <Route path=path!("/account/email") view=ChangeEmailPage ssr=SsrMode::Async />
                <Route path=path!("/dashboard") view=DashboardPage ssr=SsrMode::Async />
                <Route path=path!("/account/password") view=ChangePasswordPage ssr=SsrMode::Async />
                <Route path=path!("/account/confirm") view=ConfirmPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/admin") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/admin/audit") view=AuditPage ssr=SsrMode::Async />
                <Route path=path!("/admin/sessions") view=SessionRecordsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/sessions/act") view=SessionsActPage ssr=SsrMode::Async />
                <Route path=path!("/admin/people") view=PeoplePage ssr=SsrMode::Async />
                <Route path=path!("/admin/people/act") view=ActPage ssr=SsrMode::Async />
                <Route path=path!("/admin/people/done") view=DonePage ssr=SsrMode::Async />
                <Route path=path!("/admin/people/new") view=NewPersonPage ssr=SsrMode::Async />
                <Route path=path!("/admin/people/:id") view=PersonPage ssr=SsrMode::Async />
                <Route path=path!("/setup") view=SetUpPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
