//! A form that the browser checks by the same rules as the server before it is sent, and that is sent once. It is a real
//! POST with or without scripting. Must not send anything itself.
#![allow(missing_docs, reason = "the `island` macro makes a struct that cannot be documented")]

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::{
    domain::{
        field::{Field, FieldError},
        form::Form as Rules,
    },
    words,
};

use super::error_summary;

/// Every field a form of ours can have.
const FIELDS: [Field; 5] = [Field::Email, Field::Username, Field::Identifier, Field::Password, Field::NewPassword];

/// A form around its fields.
#[island]
pub fn Form(
    /// Where it is posted.
    action: String,
    /// The rules it is checked by.
    rules: Rules,
    /// Its fields and its button.
    children: Children,
) -> impl IntoView {
    let (is_busy, set_busy) = signal(false);
    let form = NodeRef::<leptos::html::Form>::new();

    let on_submit = move |event: leptos::ev::SubmitEvent| {
        if is_busy.get_untracked() {
            event.prevent_default();
            return;
        }
        let errors = rules.check(value_of);
        show(&errors);
        if errors.is_empty() {
            set_busy.set(true);
        } else {
            event.prevent_default();
        }
    };
    // The page may come back from the browser's cache while it still says that it is busy.
    Effect::new(move |_| {
        let came_back = window_event_listener_untyped("pageshow", move |_| set_busy.set(false));
        on_cleanup(move || came_back.remove());
    });
    Effect::new(move |_| {
        let is_busy = is_busy.get();
        let Some(form) = form.get() else { return };
        let Ok(Some(button)) = form.query_selector("button[type=submit]") else { return };
        if is_busy {
            let _ = button.set_attribute("aria-busy", "true");
            let _ = button.set_attribute("aria-disabled", "true");
        } else {
            let _ = button.remove_attribute("aria-busy");
            let _ = button.remove_attribute("aria-disabled");
        }
    });

    view! {
        <form class="form" method="post" action=action novalidate node_ref=form on:submit=on_submit>
            {children()}
            <p class="visually-hidden" role="status">
                {move || if is_busy.get() { words::form().sending } else { "" }}
            </p>
        </form>
    }
}

fn value_of(field: Field) -> String {
    let element = document().get_element_by_id(field.id());
    element
        .and_then(|element| element.dyn_into::<web_sys::HtmlInputElement>().ok())
        .map(|input| input.value())
        .unwrap_or_default()
}

/// Writes messages where the server would have written them, and moves focus to the summary.
fn show(errors: &[FieldError]) {
    for field in FIELDS {
        let error = errors.iter().find(|error| error.field == field);
        mark(field, error);
    }
    let document = document();
    let Some(summary) = document.get_element_by_id(error_summary::ID) else { return };
    if errors.is_empty() {
        let _ = summary.set_attribute("hidden", "");
        return;
    }
    if let Some(list) = document.get_element_by_id("error-summary-list") {
        list.set_text_content(None);
        for error in errors {
            let (Ok(item), Ok(link)) = (document.create_element("li"), document.create_element("a")) else { continue };
            let _ = link.set_attribute("href", &format!("#{}", error.field.id()));
            link.set_text_content(Some(&words::field_error(*error)));
            let _ = item.append_child(&link);
            let _ = list.append_child(&item);
        }
    }
    let _ = summary.remove_attribute("hidden");
    let (prefix, title) = (words::form().title_prefix, document.title());
    if !title.starts_with(prefix) {
        document.set_title(&format!("{prefix}{title}"));
    }
    if let Ok(summary) = summary.dyn_into::<web_sys::HtmlElement>() {
        let _ = summary.focus();
    }
}

fn mark(field: Field, error: Option<&FieldError>) {
    let document = document();
    let Some(input) = document.get_element_by_id(field.id()) else { return };
    let _ = match error {
        Some(_) => input.set_attribute("aria-invalid", "true"),
        None => input.remove_attribute("aria-invalid"),
    };
    let Some(message) = document.get_element_by_id(field.error_id()) else { return };
    message.set_text_content(None);
    let Some(error) = error else {
        let _ = message.set_attribute("hidden", "");
        return;
    };
    if let Ok(prefix) = document.create_element("span") {
        prefix.set_class_name("visually-hidden");
        prefix.set_text_content(Some(words::form().message_prefix));
        let _ = message.append_child(&prefix);
    }
    let _ = message.append_child(&document.create_text_node(&words::field_error(*error)));
    let _ = message.remove_attribute("hidden");
}
