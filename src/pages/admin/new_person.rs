//! `/admin/people/new`: an account for somebody else, who chooses the password (ASVS 6.4.6).

use leptos::prelude::*;

use crate::{
    api,
    components::{
        checkbox::Checkbox,
        text_field::{FieldMessage, TextField, error_for},
    },
    domain::{field::Field, identifier::IdentifierMode},
    words,
};

use crate::pages::{
    console::{Area, ConsoleFrame},
    frame::{flash, site},
};

/// The page.
#[component]
pub fn NewPersonPage() -> impl IntoView {
    let (text, account) = (words::new_person(), words::new_account());
    let (mode, flash) = (site().identifier, flash());
    let errors = flash.field_errors();
    let is_optional = mode == IdentifierMode::Either;
    let role_error = error_for(Field::Role, &errors);
    view! {
        <ConsoleFrame title=text.title area=Area::People>
            <h1>{text.heading}</h1>
            <p class="lead">{text.lead}</p>
            <form class="form form-narrow card" method="post" action=api::ADMIN_CREATE.action>
                {mode
                    .asks_email()
                    .then(|| {
                        view! {
                            <TextField
                                field=Field::Email
                                label=account.email
                                kind="email"
                                inputmode="email"
                                autocomplete="off"
                                value=flash.value(Field::Email)
                                is_optional
                                errors=errors.clone()
                            />
                        }
                    })}
                {mode
                    .asks_username()
                    .then(|| {
                        view! {
                            <TextField
                                field=Field::Username
                                label=account.username
                                hint=account.username_hint
                                autocomplete="off"
                                value=flash.value(Field::Username)
                                is_optional
                                errors=errors.clone()
                            />
                        }
                    })}
                <div class="field">
                    <label for=Field::Role.id()>{text.roles}</label>
                    <p class="hint" id="role-hint">
                        {text.roles_hint}
                    </p>
                    <FieldMessage field=Field::Role error=role_error />
                    <input
                        class="input"
                        id=Field::Role.id()
                        name="roles"
                        type="text"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        dir="ltr"
                        aria-describedby="role-hint role-error"
                        aria-invalid=role_error.map(|_| "true")
                    />
                </div>
                {if mode.asks_email() {
                    view! {
                        <Checkbox name="invite" label=text.invite checked=true />
                        <p class="hint">{text.invite_hint}</p>
                    }
                        .into_any()
                } else {
                    view! { <p class="hint">{text.no_mail}</p> }.into_any()
                }}
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </form>
            <p class="actions">
                <a href="/admin/people">{text.cancel}</a>
            </p>
        </ConsoleFrame>
    }
}
