//! A small drawing above a heading that says how something went. Must not say anything that the heading does not.

use leptos::prelude::*;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A mail is on its way.
    Mail,
    /// All is well.
    Done,
    /// A link is broken.
    Broken,
    /// A page is not there, or not well.
    Lost,
}

impl Mark {
    /// In lines.
    fn drawing(self) -> &'static str {
        match self {
            Self::Mail => "M3.5 6h17v12.5h-17zM4 6.5l8 6.5l8-6.5",
            Self::Done => "M5 12.5l4.5 4.5L19 7.5",
            Self::Broken => {
                "M10 14.5L7.8 16.7a3.5 3.5 0 0 1-5-5L5 9.5M14 9.5l2.2-2.2a3.5 3.5 0 0 1 5 5L19 14.5M8.5 5.5V3M15.5 18.5V21"
            }
            Self::Lost => "M9 9.2a3.1 3.1 0 1 1 4.6 2.7c-1 .6-1.6 1.2-1.6 2.4v.4M12 18.2v.1",
        }
    }
}

/// The drawing.
#[component]
pub fn MarkSign(
    /// Which.
    mark: Mark,
) -> impl IntoView {
    let class = if mark == Mark::Done { "mark mark-success" } else { "mark" };
    view! {
        <svg class=class viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <path d=mark.drawing() />
        </svg>
    }
}
