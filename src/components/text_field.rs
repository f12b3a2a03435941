//! A line of text with its label, hint and message. Must not hold its own state: what was typed before the script arrives
//! stays.

use leptos::prelude::*;

use crate::{
    domain::field::{Field, FieldError},
    words,
};

/// A message beside a field; there but hidden and empty while nothing is wrong, so that the browser's own check can fill it.
#[component]
pub fn FieldMessage(
    /// Which field.
    field: Field,
    /// What is wrong, if anything.
    error: Option<FieldError>,
) -> impl IntoView {
    view! {
        <p class="field-error" id=field.error_id() hidden=error.is_none()>
            {error
                .map(|error| {
                    view! {
                        <span class="visually-hidden">{words::form().message_prefix}</span>
                        {words::field_error(error)}
                    }
                })}
        </p>
    }
}

/// The message for one field among those of a form.
#[must_use]
pub fn error_for(field: Field, errors: &[FieldError]) -> Option<FieldError> {
    errors.iter().find(|error| error.field == field).copied()
}

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
    let hint_id = format!("{}-hint", field.id());
    let described_by = match hint {
        Some(_) => format!("{hint_id} {}", field.error_id()),
        None => field.error_id().to_owned(),
    };
    view! {
        <div class="field">
            <label for=field.id()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <FieldMessage field error />
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
        </div>
    }
}
