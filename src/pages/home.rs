//! `/`: what this is, with both ways in. Signed-in people never see it: they go to their dashboard.

use leptos::prelude::*;

use crate::words;

use super::frame::{Frame, site};

/// The front page.
#[component]
pub fn HomePage() -> impl IntoView {
    let text = words::home();
    view! {
        <Frame title=text.title is_wide=true>
            <section class="hero">
                <h1>{text.heading}</h1>
                <p class="lead">{(text.lead)(&site().name)}</p>
                <p class="actions">
                    <a class="button" href="/sign-up">
                        {text.create_account}
                    </a>
                    <a class="button button-secondary" href="/sign-in">
                        {text.sign_in}
                    </a>
                </p>
            </section>
            <ul class="facts">
                {text
                    .facts
                    .iter()
                    .map(|fact| {
                        view! {
                            <li>
                                <h2>{fact.heading}</h2>
                                <p>{fact.sentence}</p>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </Frame>
    }
}
