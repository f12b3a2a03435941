//! `/reset-password`: a new password by link. Looking at it uses nothing up.

use leptos::prelude::*;

use crate::{
    api,
    components::form::Form,
    domain::{error::AuthError, form::Form as Rules, page_data::ResetLink},
};

use super::{
    frame::{Frame, flash, site},
    new_password::NewPasswordField,
};

/// The page behind a mailed link.
#[component]
pub fn ResetPasswordPage() -> impl IntoView {
    match use_context::<ResetLink>() {
        Some(link) => view! { <Choose link /> }.into_any(),
        None => view! { <DeadLink /> }.into_any(),
    }
}

#[component]
fn Choose(link: ResetLink) -> impl IntoView {
    let (site, flash) = (site(), flash());
    let errors = flash.field_errors();
    let rules = Rules::ResetPassword { minimum: site.password_minimum };
    view! {
        <Frame title="Choose a new password">
            <h1>"Choose a new password"</h1>
            <p class="lead">"For " <strong dir="ltr" class="wrap">{link.credential_name.clone()}</strong> ". Every session ends, here and elsewhere; then you sign in with the new password."</p>
            <Form action=api::RESET_PASSWORD.action.to_owned() rules>
                <input type="text" name="username" autocomplete="username" value=link.credential_name hidden readonly />
                <NewPasswordField label="New password" site own_words=link.own_words errors />
                <button class="button" type="submit">
                    "Save new password"
                </button>
            </Form>
        </Frame>
    }
}

#[component]
fn DeadLink() -> impl IntoView {
    let sentence = AuthError::LinkDead.sentence();
    view! {
        <Frame title="Link does not work">
            <h1>"This link does not work"</h1>
            <p class="lead">{sentence}</p>
            <p class="actions">
                <a class="button" href="/forgot-password">
                    "Ask for a new link"
                </a>
                <a href="/sign-in">"Back to sign in"</a>
            </p>
        </Frame>
    }
}
