//! What stands around an input: its label, hint and message. Must not know which kind of input.

use leptos::prelude::*;

use crate::{
    domain::field::{Field, FieldError},
    words,
};

/// A field: the label, the hint, the message, and the input as `children`, which [`described_by`] ties to them.
#[component]
pub fn FieldFrame(
    /// Which field.
    field: Field,
    /// The label.
    label: &'static str,
    /// What helps before typing.
    hint: Option<String>,
    /// What is wrong, if anything.
    error: Option<FieldError>,
    /// The input, and what stands below it.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=field.id()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id(field)>{hint}</p> })}
            <FieldMessage field error />
            {children()}
        </div>
    }
}

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

fn hint_id(field: Field) -> String {
    format!("{}-hint", field.id())
}

/// `aria-describedby` of the input in a [`FieldFrame`].
#[must_use]
pub fn described_by(field: Field, has_hint: bool) -> String {
    if has_hint { format!("{} {}", hint_id(field), field.error_id()) } else { field.error_id().to_owned() }
}

/// The message for one field among those of a form.
#[must_use]
pub fn error_for(field: Field, errors: &[FieldError]) -> Option<FieldError> {
    errors.iter().find(|error| error.field == field).copied()
}
