//! `/forgot-password`: a link by mail, with one answer for everybody.

use leptos::prelude::*;

use crate::{
    api,
    components::{
        form::Form,
        mark::{Mark, MarkSign},
        sentence::Sentence,
        text_field::EmailField,
    },
    domain::{
        field::Field,
        flash::{Flash, Notice},
        form::Form as Rules,
    },
    words,
};

use super::{
    frame::{Frame, flash},
    kept_mail::KeptMail,
};

/// The page, and the same page after the form was sent.
#[component]
pub fn ForgotPasswordPage() -> impl IntoView {
    let flash = flash();
    if flash.notice == Some(Notice::ResetRequested) {
        return view! { <Sent flash /> }.into_any();
    }
    let text = words::forgot_password();
    let errors = flash.field_errors();
    view! {
        <Frame title=text.title>
            <h1>{text.heading}</h1>
            <p class="lead">{text.lead}</p>
            <Form action=api::FORGOT_PASSWORD.action.to_owned() rules=Rules::ForgotPassword>
                <EmailField label=text.email value=flash.value(Field::Email) errors />
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
            <p class="aside">
                <Sentence text=text.remembered>
                    <a href="/sign-in">{text.sign_in}</a>
                </Sentence>
            </p>
        </Frame>
    }
    .into_any()
}

#[component]
fn Sent(flash: Flash) -> impl IntoView {
    let text = words::forgot_password();
    view! {
        <Frame title=text.sent>
            <MarkSign mark=Mark::Mail />
            <h1>{text.sent}</h1>
            <p>
                <Sentence text=text.looked_for>
                    <strong dir="ltr" class="wrap">{flash.value(Field::Email)}</strong>
                </Sentence>
            </p>
            <p>{text.nothing_yet}</p>
            <KeptMail />
            <p class="actions">
                <a class="button button-secondary" href="/forgot-password">
                    {text.another_address}
                </a>
                <a href="/sign-in">{text.back_to_sign_in}</a>
            </p>
        </Frame>
    }
}
