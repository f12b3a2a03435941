//! One file per URL: title, form, states. Must not hold SQL or rules.

/// `/account`
pub mod account;
/// What the pages of an account stand in.
mod account_frame;
/// `/account/activity`
pub mod activity;
/// The console.
pub mod admin;
/// `/api-docs`
pub mod api_docs;
/// `/account/email`
pub mod change_email;
/// `/account/password`
pub mod change_password;
/// `/account/username`
pub mod change_username;
/// `/account/confirm`
pub mod confirm_password;
/// What every page of the console stands in.
pub mod console;
/// `/dashboard`
pub mod dashboard;
/// Behind a link that opens nothing any more.
mod dead_link;
/// `/account/delete`
pub mod delete_account;
/// `/dev/mail`
pub mod dev_mail;
/// `/dev/style`
pub mod dev_style;
/// Errors.
pub mod error;
/// `/forgot-password`
pub mod forgot_password;
/// What every page of the site stands in.
pub mod frame;
/// `/`
pub mod home;
/// Where mail can be read while no mail server is set.
mod kept_mail;
/// The fields in which a password is chosen.
mod new_password;
/// `/not-me`
pub mod not_me;
/// `/reset-password`
pub mod reset_password;
/// `/account/sessions`
pub mod sessions;
/// `/setup`
pub mod set_up;
/// `/sign-in`
pub mod sign_in;
/// `/sign-up`
pub mod sign_up;
/// `/verify-email`
pub mod verify_email;

use crate::{
    domain::{site::Site, visit::Visit},
    words,
};

/// A page rendered outside of the route table, as a whole document. Its own reactive owner ends with it.
fn whole_document(title: &str, site: &Site, visit: &Visit, page: impl FnOnce() -> leptos::prelude::AnyView) -> String {
    use leptos::prelude::*;

    let title = (words::frame().title)(title, &site.name);
    let owner = Owner::new_root(None);
    owner.with(|| {
        provide_context(site.clone());
        provide_context(visit.clone());
        view! {
            <!DOCTYPE html>
            <html lang=words::language().tag() data-theme=visit.theme.chosen()>
                <head>
                    <crate::app::Head />
                    <title></title>
                    <meta name="robots" content="noindex" />
                </head>
                <body>{page()}</body>
            </html>
        }
        .to_html()
        .replacen("<title></title>", &format!("<title>{}</title>", escape(&title)), 1)
    })
}

/// Text for a `<title>`, into which leptos would write its markers.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
