//! Where mail can be read while no mail server is set, for pages that say "check your mail". Nothing where there is one.

use leptos::prelude::*;

use crate::{components::sentence::Sentence, words};

use super::frame::site;

/// The notice.
#[component]
pub fn KeptMail() -> impl IntoView {
    site().mail_page.map(|page| {
        view! {
            <p class="notice">
                <Sentence text=words::dev_mail().kept>
                    <a href=page.clone()>{page.clone()}</a>
                </Sentence>
            </p>
        }
    })
}
