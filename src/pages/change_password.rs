//! `/account/password`: a new password in exchange for the current one. Reached with a session only.

use leptos::prelude::*;

use crate::{
    api,
    components::{checkbox::Checkbox, form::Form, password_input::PasswordField},
    domain::{account::CurrentUser, field::Field, form::Form as Rules},
    words,
};

use super::{
    account_frame::AccountFrame,
    frame::{flash, site},
    new_password::NewPasswordField,
};

/// The page.
#[component]
pub fn ChangePasswordPage() -> impl IntoView {
    use_context::<CurrentUser>().map(|user| view! { <Change user /> })
}

#[component]
fn Change(user: CurrentUser) -> impl IntoView {
    let text = words::change_password();
    let (site, flash) = (site(), flash());
    let errors = flash.field_errors();
    let rules = Rules::ChangePassword { minimum: site.password_minimum };
    let own_words: Vec<String> =
        user.email.iter().map(ToString::to_string).chain(user.username.iter().map(ToString::to_string)).collect();
    view! {
        <AccountFrame title=text.title path=api::CHANGE_PASSWORD.page>
            <h1>{text.heading}</h1>
            <Form action=api::CHANGE_PASSWORD.action.to_owned() rules>
                <input type="text" name="username" autocomplete="username" value=user.credential_name() hidden readonly />
                <PasswordField field=Field::Password label=text.current_password autocomplete="current-password" errors=errors.clone() />
                <NewPasswordField label=text.new_password site own_words errors />
                <Checkbox name="sign_out_others" label=text.sign_out_others checked=true />
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
            <p class="aside">
                <a href="/dashboard">{text.back}</a>
            </p>
        </AccountFrame>
    }
}
