//! What every page of the console stands in: the frame of the site, and the way from one area to the next. Must not know a
//! particular page.

use leptos::prelude::*;

use crate::{components::sub_navigation::SubNavigation, words};

use super::frame::Frame;

/// The areas of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// `/admin`
    Overview,
    /// `/admin/people` and what lies below.
    People,
    /// `/admin/sessions` and what lies below.
    Sessions,
    /// `/admin/audit` and what lies below.
    Audit,
}

impl Area {
    const ALL: [Self; 4] = [Self::Overview, Self::People, Self::Sessions, Self::Audit];

    fn path(self) -> &'static str {
        match self {
            Self::Overview => "/admin",
            Self::People => "/admin/people",
            Self::Sessions => "/admin/sessions",
            Self::Audit => "/admin/audit",
        }
    }

    fn label(self) -> &'static str {
        let text = words::console();
        match self {
            Self::Overview => text.overview,
            Self::People => text.people,
            Self::Sessions => text.sessions,
            Self::Audit => text.audit,
        }
    }
}

/// A page of the console. Its heading is the first thing in `children`.
#[component]
pub fn ConsoleFrame(
    /// What the page is, for the title.
    title: &'static str,
    /// Where it lies.
    area: Area,
    /// The page.
    children: Children,
) -> impl IntoView {
    let links = Area::ALL.map(|area| (area.path(), area.label())).to_vec();
    view! {
        <Frame title is_wide=true>
            <SubNavigation label=words::console().navigation links current=area.path() />
            {children()}
        </Frame>
    }
}
