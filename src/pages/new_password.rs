//! The fields in which a password is chosen, the same on every page that has them. Must not know which page.

use leptos::prelude::*;

use crate::{
    components::{
        meter::StrengthMeter,
        password_input::PasswordField,
        text_field::{EmailField, TextField},
    },
    domain::{
        field::{Field, FieldError},
        flash::Flash,
        identifier::IdentifierMode,
        site::Site,
    },
    words,
};

/// The new password with its rules and its meter.
#[component]
pub fn NewPasswordField(
    /// The label.
    label: &'static str,
    /// The settings.
    site: Site,
    /// Own words of a person we know already.
    #[prop(optional)]
    own_words: Vec<String>,
    /// The messages of the form.
    errors: Vec<FieldError>,
) -> impl IntoView {
    let hint = (words::new_account().password_hint)(site.password_minimum);
    let worker = format!("/{}/worker.js", site.assets.estimator);
    let own_words = std::iter::once(site.name).chain(own_words).collect();
    let own_inputs = [Field::Email, Field::Username].map(|field| field.id().to_owned()).to_vec();
    view! {
        <PasswordField field=Field::NewPassword label hint autocomplete="new-password" errors>
            <StrengthMeter worker input_id=Field::NewPassword.id().to_owned() own_inputs own_words />
        </PasswordField>
    }
}

/// The identifiers and the password of a new account, by the setting `identifier`.
#[component]
pub fn NewAccountFields(
    /// The settings.
    site: Site,
    /// What had been typed, and what was wrong with it.
    flash: Flash,
) -> impl IntoView {
    let text = words::new_account();
    let errors = flash.field_errors();
    let mode = site.identifier;
    let is_optional = mode == IdentifierMode::Either;
    // Exactly one field carries the token that password managers file the password under.
    let username_token = if mode.asks_email() { "nickname" } else { "username" };
    let username = mode.asks_username().then(|| {
        view! {
            <TextField
                field=Field::Username
                label=text.username
                hint=text.username_hint
                autocomplete=username_token
                value=flash.value(Field::Username)
                is_optional
                errors=errors.clone()
            />
        }
    });
    let email = mode.asks_email().then(|| {
        view! {
            <EmailField label=text.email value=flash.value(Field::Email) is_optional errors=errors.clone() />
        }
    });
    view! {
        {is_optional.then(|| view! { <p class="lead">{text.either}</p> })}
        {username}
        {email}
        <NewPasswordField label=text.password site errors />
    }
}
