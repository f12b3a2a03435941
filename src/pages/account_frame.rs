//! What the pages of somebody's own account stand in: the frame of every page, and the links between them. Must not know a
//! particular page.

use leptos::prelude::*;

use crate::{components::sub_navigation::SubNavigation, words};

use super::frame::Frame;

/// A page of the account. Its heading is the first thing in `children`.
#[component]
pub fn AccountFrame(
    /// What the page is, for the title.
    title: &'static str,
    /// The path of the page.
    path: &'static str,
    /// A narrow column for forms, or the whole width.
    #[prop(optional)]
    is_wide: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let text = words::account_frame();
    let links = vec![
        ("/account", text.overview),
        ("/account/password", text.password),
        ("/account/sessions", text.sessions),
        ("/account/activity", text.activity),
        ("/account/delete", text.delete),
    ];
    view! {
        <Frame title is_wide>
            <SubNavigation label=text.navigation links current=path />
            {children()}
        </Frame>
    }
}
