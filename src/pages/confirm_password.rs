//! `/account/confirm`: the password once more, before something sensitive. Reached with a session only. Must not do the act: it
//! leads back to it, with what was typed there.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api,
    components::{form::Form, password_input::PasswordField},
    domain::{account::CurrentUser, field::Field, form::Form as Rules, safe_path::SafePath},
    words,
};

use super::frame::{Frame, flash};

/// What may have been typed into the form of the act.
const TYPED: [Field; 2] = [Field::Email, Field::Username];

/// The page.
#[component]
pub fn ConfirmPasswordPage() -> impl IntoView {
    use_context::<CurrentUser>().map(|user| view! { <Confirm user /> })
}

#[component]
fn Confirm(user: CurrentUser) -> impl IntoView {
    let text = words::confirm_password();
    let flash = flash();
    let errors = flash.field_errors();
    let next = use_query_map().with_untracked(|query| query.get("next")).and_then(|next| SafePath::parse(&next));
    let typed = TYPED.map(|field| (field.name(), flash.value(field)));
    let kept = typed.into_iter().filter(|(_, value)| !value.is_empty());
    view! {
        <Frame title=text.title>
            <h1>{text.heading}</h1>
            <p class="lead">{text.lead}</p>
            <Form action=api::CONFIRM_PASSWORD.action.to_owned() rules=Rules::Password>
                <input type="text" autocomplete="username" value=user.credential_name() hidden readonly />
                <PasswordField field=Field::Password label=text.password autocomplete="current-password" errors />
                {kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()}
                {next.map(|next| view! { <input type="hidden" name="next" value=next.as_str().to_owned() /> })}
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
            <p class="aside">
                <a href="/dashboard">{text.back}</a>
            </p>
        </Frame>
    }
}
