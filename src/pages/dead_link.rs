//! What a link that opens nothing any more leads to. Must not say whose it was.

use leptos::prelude::*;

use crate::components::mark::{Mark, MarkSign};

use super::frame::Frame;

/// The page. The ways on are in `children`.
#[component]
pub fn DeadLink(
    /// What the page is, for the title.
    title: &'static str,
    /// Its heading.
    heading: &'static str,
    /// What happened to the link.
    lead: &'static str,
    /// The ways on.
    children: Children,
) -> impl IntoView {
    view! {
        <Frame title>
            <MarkSign mark=Mark::Broken />
            <h1>{heading}</h1>
            <p class="lead">{lead}</p>
            {children()}
        </Frame>
    }
}
