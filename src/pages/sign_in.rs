//! `/sign-in`: a new session.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api,
    components::{checkbox::Checkbox, form::Form, password_input::PasswordField, text_field::TextField},
    domain::{field::Field, form::Form as Rules, safe_path::SafePath},
};

use super::frame::{Frame, flash};

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let flash = flash();
    let errors = flash.field_errors();
    let next = use_query_map().with_untracked(|query| query.get("next")).and_then(|next| SafePath::parse(&next));
    view! {
        <Frame title="Sign in">
            <h1>"Sign in"</h1>
            <Form action=api::SIGN_IN.action.to_owned() rules=Rules::SignIn>
                <TextField
                    field=Field::Identifier
                    label="E-mail address or user name"
                    inputmode="email"
                    autocomplete="username"
                    value=flash.value(Field::Identifier)
                    errors=errors.clone()
                />
                <PasswordField field=Field::Password label="Password" autocomplete="current-password" errors />
                <Checkbox name="remember" label="Keep me signed in on this device" checked=flash.remember />
                {next.map(|next| view! { <input type="hidden" name="next" value=next.as_str().to_owned() /> })}
                <button class="button" type="submit">
                    "Sign in"
                </button>
            </Form>
            <p class="aside">
                <a href="/forgot-password">"Forgot your password?"</a>
            </p>
            <p class="aside">"New here? " <a href="/sign-up">"Create account"</a></p>
        </Frame>
    }
}
