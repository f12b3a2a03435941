//! `/sign-in`: a new session.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api,
    components::{
        checkbox::Checkbox, form::Form, password_input::PasswordField, sentence::Sentence, text_field::TextField,
    },
    domain::{field::Field, form::Form as Rules, safe_path::SafePath},
    words,
};

use super::frame::{Frame, flash, site};

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let text = words::sign_in();
    let flash = flash();
    let errors = flash.field_errors();
    let next = use_query_map().with_untracked(|query| query.get("next")).and_then(|next| SafePath::parse(&next));
    view! {
        <Frame title=text.title description=(text.description)(&site().name)>
            <h1>{text.heading}</h1>
            <Form action=api::SIGN_IN.action.to_owned() rules=Rules::SignIn>
                <TextField
                    field=Field::Identifier
                    label=text.identifier
                    inputmode="email"
                    autocomplete="username"
                    value=flash.value(Field::Identifier)
                    errors=errors.clone()
                />
                <PasswordField field=Field::Password label=text.password autocomplete="current-password" errors />
                <Checkbox name="remember" label=text.remember checked=flash.remember />
                {next.map(|next| view! { <input type="hidden" name="next" value=next.as_str().to_owned() /> })}
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
            <p class="aside">
                <a href="/forgot-password">{text.forgot_password}</a>
            </p>
            {site()
                .needs_verification
                .then(|| {
                    view! {
                        <p class="aside">
                            <Sentence text=text.just_signed_up>
                                <a href="/verify-email">{text.open_the_link}</a>
                            </Sentence>
                        </p>
                    }
                })}
            <p class="aside">
                <Sentence text=text.new_here>
                    <a href="/sign-up">{text.create_account}</a>
                </Sentence>
            </p>
        </Frame>
    }
}
