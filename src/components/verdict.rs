//! How strong a password is, as bar, word and reason. Must not judge.

use leptos::prelude::*;

use crate::{domain::strength::Strength, words};

/// The verdict; there but hidden while there is none.
#[component]
pub fn Verdict(
    /// What was found.
    #[prop(into)]
    strength: Signal<Option<Strength>>,
) -> impl IntoView {
    let score = move || strength.get().map(|strength| strength.score.to_string());
    view! {
        <div class="meter" hidden=move || strength.get().is_none() data-score=score>
            <div class="meter-bar" aria-hidden="true">
                <span></span>
                <span></span>
                <span></span>
                <span></span>
            </div>
            <p class="meter-text" aria-hidden="true">
                <strong>{move || strength.get().map(words::strength_word)}</strong>
                <span>{move || strength.get().map(reason)}</span>
            </p>
        </div>
    }
}

/// The reason, after what stands before it.
#[must_use]
pub fn reason(strength: Strength) -> String {
    strength.reason.map(|reason| format!(" {}", words::reason(reason))).unwrap_or_default()
}
