//! `/account/username`: another user name, where the site has such. Reached by somebody who has just shown the password.

use leptos::prelude::*;

use crate::{
    api,
    components::{form::Form, sentence::Sentence, text_field::TextField},
    domain::{account::CurrentUser, field::Field, form::Form as Rules},
    words,
};

use super::{account_frame::AccountFrame, frame::flash};

/// The page.
#[component]
pub fn ChangeUsernamePage() -> impl IntoView {
    use_context::<CurrentUser>().map(|user| view! { <Change user /> })
}

#[component]
fn Change(user: CurrentUser) -> impl IntoView {
    let text = words::change_username();
    let flash = flash();
    let errors = flash.field_errors();
    let present = match user.username {
        Some(username) => view! {
            <Sentence text=text.present>
                <strong dir="ltr" class="wrap">
                    {username.to_string()}
                </strong>
            </Sentence>
        }
        .into_any(),
        None => text.none.into_any(),
    };
    view! {
        <AccountFrame title=text.title path=api::CHANGE_USERNAME.page>
            <h1>{text.title}</h1>
            <p class="lead">{present}</p>
            <Form action=api::CHANGE_USERNAME.action.to_owned() rules=Rules::ChangeUsername>
                <TextField
                    field=Field::Username
                    label=text.username
                    hint=words::new_account().username_hint
                    autocomplete="username"
                    value=flash.value(Field::Username)
                    errors
                />
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
            <p class="aside">
                <a href="/account">{words::account_frame().back}</a>
            </p>
        </AccountFrame>
    }
}
