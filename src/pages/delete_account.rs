//! `/account/delete`: the end of somebody's account. Reached with a session only; the password is asked for again in any case.

use leptos::prelude::*;

use crate::{
    api,
    components::{form::Form, password_input::PasswordField, sentence::Sentence, text_field::TextField},
    domain::{account::CurrentUser, field::Field, form::Form as Rules, own_account::DeleteData},
    words,
};

use super::{account_frame::AccountFrame, frame::flash};

/// The page.
#[component]
pub fn DeleteAccountPage() -> impl IntoView {
    let data = use_context::<DeleteData>();
    use_context::<CurrentUser>().zip(data).map(|(user, data)| view! { <Delete user data /> })
}

#[component]
fn Delete(user: CurrentUser, data: DeleteData) -> impl IntoView {
    let text = words::delete_account();
    let flash = flash();
    let errors = flash.field_errors();
    let hint = (text.identifier_hint)(&user.credential_name());
    view! {
        <AccountFrame title=text.title path=api::DELETE_ACCOUNT.page>
            <h1>{text.title}</h1>
            <p>{(text.lead)(data.grace_days)}</p>
            <p>{text.sessions_end}</p>
            <p>
                <Sentence text=text.data>
                    <a href="/account">{text.download_it}</a>
                </Sentence>
            </p>
            <Form action=api::DELETE_ACCOUNT.action.to_owned() rules=Rules::DeleteAccount>
                <TextField
                    field=Field::Identifier
                    label=text.identifier
                    hint
                    inputmode="email"
                    autocomplete="off"
                    value=flash.value(Field::Identifier)
                    errors=errors.clone()
                />
                <PasswordField field=Field::Password label=text.password autocomplete="current-password" errors />
                <button class="button button-danger" type="submit">
                    {text.submit}
                </button>
            </Form>
            <p class="aside">
                <a href="/account">{words::account_frame().back}</a>
            </p>
        </AccountFrame>
    }
}
