//! Errors as pages: plain words, a way on, and the request's id for whoever is asked for help. Must not show a cause.

use leptos::prelude::*;

use crate::{
    components::{
        mark::{Mark, MarkSign},
        sentence::{LinkedSentence, Sentence},
    },
    domain::{site::Site, visit::Visit},
    words,
};

use super::frame::{Frame, Surroundings, Visitor, ways};

/// A whole document for an error. After a fault of ours it leads to the same page once more, if that can be opened again.
#[must_use]
pub fn document(
    site: &Site,
    visit: &Visit,
    visitor: Visitor,
    is_fault: bool,
    title: &'static str,
    sentence: &str,
    request_id: &str,
) -> String {
    let text = words::error_page();
    let (sentence, request_id) = (sentence.to_owned(), request_id.to_owned());
    let again = (is_fault && !visit.is_at("/")).then(|| visit.path.as_str().to_owned());
    let ways_on = move || match again.clone() {
        Some(path) => view! {
            <a class="button" href=path>
                {text.try_again}
            </a>
            <a href="/">{text.front_page}</a>
        }
        .into_any(),
        None => view! {
            <a class="button" href="/">
                {text.front_page}
            </a>
        }
        .into_any(),
    };
    super::whole_document(title, site, visit, move || {
        view! {
            <Surroundings visitor>
                <MarkSign mark=Mark::Lost />
                <h1>{title}</h1>
                <p class="lead">
                    <LinkedSentence text=sentence ways=ways() />
                </p>
                <p class="actions">{ways_on()}</p>
                <p class="hint">
                    <Sentence text=text.ask_for_help>
                        <code class="wrap">{request_id}</code>
                    </Sentence>
                </p>
            </Surroundings>
        }
        .into_any()
    })
}

/// What the route table shows where it has no page; the server answers 404 before it comes to that.
#[component]
pub fn NotFound() -> impl IntoView {
    let title = words::error_page().not_found;
    view! {
        <Frame title>
            <h1>{title}</h1>
        </Frame>
    }
}
