//! `/forgot-password`: a link by mail, with one answer for everybody.

use leptos::prelude::*;

use crate::{
    api,
    components::{form::Form, text_field::TextField},
    domain::{
        field::Field,
        flash::{Flash, Notice},
        form::Form as Rules,
    },
};

use super::frame::{Frame, flash, site};

/// The page, and the same page after the form was sent.
#[component]
pub fn ForgotPasswordPage() -> impl IntoView {
    let flash = flash();
    if flash.notice == Some(Notice::ResetRequested) {
        return view! { <Sent flash /> }.into_any();
    }
    let errors = flash.field_errors();
    view! {
        <Frame title="Forgot password">
            <h1>"Forgot your password?"</h1>
            <p class="lead">"Enter the e-mail address of your account. We will mail you a link to choose a new password."</p>
            <Form action=api::FORGOT_PASSWORD.action.to_owned() rules=Rules::ForgotPassword>
                <TextField
                    field=Field::Email
                    label="E-mail address"
                    kind="email"
                    inputmode="email"
                    autocomplete="username"
                    value=flash.value(Field::Email)
                    errors
                />
                <button class="button" type="submit">
                    "Mail me a link"
                </button>
            </Form>
            <p class="aside">"Remembered it? " <a href="/sign-in">"Sign in"</a></p>
        </Frame>
    }
    .into_any()
}

#[component]
fn Sent(flash: Flash) -> impl IntoView {
    let mail_page = site().mail_page;
    view! {
        <Frame title="Check your mail">
            <h1>"Check your mail"</h1>
            <p>"We looked for an account with " <strong dir="ltr" class="wrap">{flash.value(Field::Email)}</strong> "."</p>
            <p>"Nothing after a few minutes? Look into the spam folder, or check the address and ask again."</p>
            {mail_page
                .map(|page| {
                    view! {
                        <p class="notice">
                            "No mail server is set on this machine: mail is kept and can be read at " <a href=page.clone()>{page.clone()}</a> "."
                        </p>
                    }
                })}
            <p class="actions">
                <a class="button button-secondary" href="/forgot-password">
                    "Use another address"
                </a>
                <a href="/sign-in">"Back to sign in"</a>
            </p>
        </Frame>
    }
}
