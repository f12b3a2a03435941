//! Errors as pages: plain words, a way on, and the request's id for whoever is asked for help. Must not show a cause.

use leptos::prelude::*;

use crate::{components::layout::Layout, domain::site::Site};

use super::frame::Frame;

/// A whole document for an error.
#[must_use]
pub fn document(site: &Site, title: &'static str, sentence: &str, request_id: &str) -> String {
    let (name, sentence, request_id) = (site.name.clone(), sentence.to_owned(), request_id.to_owned());
    super::whole_document(site, &format!("{title} – {}", site.name), move || {
        view! {
            <Layout site_name=name navigation=().into_any()>
                <h1>{title}</h1>
                <p class="lead">{sentence}</p>
                <p class="actions">
                    <a class="button" href="/">
                        "Go to the front page"
                    </a>
                </p>
                <p class="hint">"If you ask for help, give this number: " <code class="wrap">{request_id}</code></p>
            </Layout>
        }
        .into_any()
    })
}

/// What the route table shows where it has no page; the server answers 404 before it comes to that.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Frame title="There is no such page">
            <h1>"There is no such page"</h1>
        </Frame>
    }
}
