//! A line of text with its label, hint and message. Must not hold its own state: what was typed before the script arrives
//! stays.

use leptos::prelude::*;

use crate::domain::field::{Field, FieldError};

use super::field::{FieldFrame, described_by, error_for};

/// A line of text.
#[component]
pub fn TextField(
    /// Which field.
    field: Field,
    /// The label.
    label: &'static str,
    /// What helps before typing.
    #[prop(optional, into)]
    hint: Option<String>,
    /// `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// `autocomplete` token.
    autocomplete: &'static str,
    /// Which keyboard a phone shows.
    #[prop(default = "text")]
    inputmode: &'static str,
    /// What stands in it at first.
    value: String,
    /// Whether it may stay empty.
    #[prop(optional)]
    is_optional: bool,
    /// The messages of the form.
    errors: Vec<FieldError>,
) -> impl IntoView {
    let error = error_for(field, &errors);
    let described_by = described_by(field, hint.is_some());
    view! {
        <FieldFrame field label hint error>
            <input
                class="input"
                id=field.id()
                name=field.name()
                type=kind
                inputmode=inputmode
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                dir="ltr"
                value=value
                required=!is_optional
                aria-describedby=described_by
                aria-invalid=error.map(|_| "true")
            />
        </FieldFrame>
    }
}

/// An e-mail address that a password belongs to.
#[component]
pub fn EmailField(
    /// The label.
    label: &'static str,
    /// What stands in it at first.
    value: String,
    /// Whether it may stay empty.
    #[prop(optional)]
    is_optional: bool,
    /// The messages of the form.
    errors: Vec<FieldError>,
) -> impl IntoView {
    view! {
        <TextField
            field=Field::Email
            label
            kind="email"
            inputmode="email"
            autocomplete="username"
            value
            is_optional
            errors
        />
    }
}
