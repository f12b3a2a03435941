//! `/account/email`: another address for somebody whose present one was never proven. Reached with a session only.

use leptos::prelude::*;

use crate::{
    api,
    components::{form::Form, password_input::PasswordField, sentence::Sentence, text_field::TextField},
    domain::{account::CurrentUser, field::Field, form::Form as Rules},
    words,
};

use super::frame::{Frame, flash};

/// The page.
#[component]
pub fn ChangeEmailPage() -> impl IntoView {
    use_context::<CurrentUser>().map(|user| view! { <Change user /> })
}

#[component]
fn Change(user: CurrentUser) -> impl IntoView {
    let text = words::change_email();
    let flash = flash();
    let errors = flash.field_errors();
    let present = user.email.as_ref().map(ToString::to_string).unwrap_or_default();
    let lead = if user.is_unverified { text.lead } else { text.confirmed };
    let heading = if user.is_unverified { text.heading } else { words::verify_email().done };
    let form = user.is_unverified.then(|| {
        view! {
            <Form action=api::CHANGE_EMAIL.action.to_owned() rules=Rules::ChangeEmail>
                <TextField
                    field=Field::Email
                    label=text.email
                    kind="email"
                    inputmode="email"
                    autocomplete="email"
                    value=flash.value(Field::Email)
                    errors=errors.clone()
                />
                <input type="text" name="username" autocomplete="username" value=user.credential_name() hidden readonly />
                <PasswordField field=Field::Password label=text.password autocomplete="current-password" errors />
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
        }
    });
    view! {
        <Frame title=text.title>
            <h1>{heading}</h1>
            {(!present.is_empty())
                .then(|| {
                    view! {
                        <p class="lead">
                            <Sentence text=lead>
                                <strong dir="ltr" class="wrap">{present}</strong>
                            </Sentence>
                        </p>
                    }
                })}
            {form}
            <p class="aside">
                <a href="/dashboard">{text.back}</a>
            </p>
        </Frame>
    }
}
