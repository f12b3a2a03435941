//! `/reset-password`: a new password by link. Looking at it uses nothing up.

use leptos::prelude::*;

use crate::{
    api,
    components::{form::Form, sentence::Sentence},
    domain::{form::Form as Rules, page_data::ResetLink},
    words,
};

use super::{
    dead_link::DeadLink,
    frame::{Frame, flash, site},
    new_password::NewPasswordField,
};

/// The page behind a mailed link.
#[component]
pub fn ResetPasswordPage() -> impl IntoView {
    match use_context::<ResetLink>() {
        Some(link) => view! { <Choose link /> }.into_any(),
        None => view! { <Dead /> }.into_any(),
    }
}

#[component]
fn Choose(link: ResetLink) -> impl IntoView {
    let text = words::reset_password();
    let (site, flash) = (site(), flash());
    let errors = flash.field_errors();
    let name = link.credential_name.clone();
    let rules = Rules::ResetPassword { minimum: site.password_minimum };
    let (title, lead) = if link.is_first { (text.first_title, text.first_lead) } else { (text.title, text.lead) };
    view! {
        <Frame title>
            <h1>{title}</h1>
            <p class="lead">
                <Sentence text=lead>
                    <strong dir="ltr" class="wrap">{name}</strong>
                </Sentence>
            </p>
            <Form action=api::RESET_PASSWORD.action.to_owned() rules>
                <input type="text" name="username" autocomplete="username" value=link.credential_name hidden readonly />
                <NewPasswordField label=text.new_password site own_words=link.own_words errors />
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
        </Frame>
    }
}

#[component]
fn Dead() -> impl IntoView {
    let text = words::reset_password();
    view! {
        <DeadLink title=text.dead_title heading=text.dead_heading lead=text.dead_lead>
            <p class="actions">
                <a class="button" href="/forgot-password">
                    {text.ask_again}
                </a>
                <a href="/sign-in">{text.back_to_sign_in}</a>
            </p>
        </DeadLink>
    }
}
