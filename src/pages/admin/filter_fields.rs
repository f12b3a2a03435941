//! Fields of a filter: a line of text, a day, a choice. Must not know what is filtered.

use leptos::prelude::*;

use crate::words;

/// A line of text.
#[component]
pub fn TextFilter(
    /// Names it in the address.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What was asked for.
    value: String,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input"
                type="text"
                id=name
                name=name
                dir="ltr"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                value=value
            />
        </div>
    }
}

/// A day.
#[component]
pub fn DayFilter(
    /// Names it in the address.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What was asked for.
    value: String,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input class="input" type="date" id=name name=name value=value />
        </div>
    }
}

/// A choice among values, or any of them.
#[component]
pub fn ChoiceFilter(
    /// Names it in the address.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// Values and what they are called.
    choices: Vec<(String, String)>,
    /// What was asked for.
    chosen: String,
) -> impl IntoView {
    let options = choices.into_iter().map(|(value, label)| {
        let selected = value == chosen;
        view! {
            <option value=value selected=selected>
                {label}
            </option>
        }
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select class="input" id=name name=name>
                <option value="">{words::console().any}</option>
                {options.collect_view()}
            </select>
        </div>
    }
}

/// Parameters that go along with a form.
pub fn hidden(parameters: Vec<(&'static str, String)>) -> impl IntoView {
    parameters.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()
}
