//! A password with show and hide, after the GOV.UK component: hidden again when the form is sent and when the page comes
//! back from the browser's cache. Must not read the password.
#![allow(missing_docs, reason = "the `island` macro makes a struct that cannot be documented")]

use leptos::prelude::*;

use crate::{
    domain::field::{Field, FieldError},
    words,
};

use super::field::{FieldFrame, described_by, error_for};

/// A password field with its label, hint and message. `children` stand below the input.
#[component]
pub fn PasswordField(
    /// Which field.
    field: Field,
    /// The label.
    label: &'static str,
    /// What helps before typing.
    #[prop(optional)]
    hint: Option<String>,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
    /// The messages of the form.
    errors: Vec<FieldError>,
    /// What stands below the input.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let error = error_for(field, &errors);
    let described_by = described_by(field, hint.is_some());
    view! {
        <FieldFrame field label hint error>
            <PasswordInput
                id=field.id().to_owned()
                name=field.name().to_owned()
                autocomplete=autocomplete.to_owned()
                described_by
                is_invalid=error.is_some()
            />
            {children.map(|children| children())}
        </FieldFrame>
    }
}

/// The input and its button.
#[island]
fn PasswordInput(
    id: String,
    name: String,
    autocomplete: String,
    described_by: String,
    is_invalid: bool,
) -> impl IntoView {
    let text = words::password_input();
    let input = NodeRef::<leptos::html::Input>::new();
    let (is_ready, set_ready) = signal(false);
    let (is_shown, set_shown) = signal(false);
    let (status, set_status) = signal("");

    let apply = move |show: bool| {
        let Some(element) = input.get_untracked() else { return };
        if show == is_shown.get_untracked() {
            return;
        }
        let caret = (element.selection_start().unwrap_or_default(), element.selection_end().unwrap_or_default());
        element.set_type(if show { "text" } else { "password" });
        let _ = element.set_selection_start(caret.0);
        let _ = element.set_selection_end(caret.1);
        set_shown.set(show);
    };
    let on_click = move |_| {
        let show = !is_shown.get_untracked();
        apply(show);
        set_status.set(if show { text.is_visible } else { text.is_hidden });
    };
    Effect::new(move |_| {
        set_ready.set(true);
        let hide = move || apply(false);
        let submitted = window_event_listener(leptos::ev::submit, move |_| hide());
        let came_back = window_event_listener_untyped("pageshow", move |_| hide());
        on_cleanup(move || {
            submitted.remove();
            came_back.remove();
        });
    });

    view! {
        <div class="password">
            <input
                class="input"
                id=id.clone()
                name=name
                type="password"
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                dir="ltr"
                required
                aria-describedby=described_by
                aria-invalid=is_invalid.then_some("true")
                node_ref=input
            />
            <button
                class="toggle"
                type="button"
                hidden=move || !is_ready.get()
                aria-controls=id
                aria-label=move || if is_shown.get() { text.hide_password } else { text.show_password }
                on:click=on_click
            >
                {move || if is_shown.get() { text.hide } else { text.show }}
            </button>
            <span class="visually-hidden" aria-live="polite">
                {move || status.get()}
            </span>
        </div>
    }
}
