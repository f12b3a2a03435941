//! A tick box with its label. Must not know what is agreed to.

use leptos::prelude::*;

/// A tick box that posts `true`.
#[component]
pub fn Checkbox(
    /// `id` and `name` of the input.
    name: &'static str,
    /// What ticking it means.
    label: &'static str,
    /// Whether it is ticked at first.
    checked: bool,
) -> impl IntoView {
    view! {
        <div class="checkbox">
            <input type="checkbox" id=name name=name value="true" checked=checked />
            <label for=name>{label}</label>
        </div>
    }
}
