//! An instant, for people and machines. Must not read a clock.

use leptos::prelude::*;

use crate::domain::moment::Moment;

/// Date and time.
#[component]
pub fn Time(
    /// The instant.
    at: Moment,
) -> impl IntoView {
    view! { <time datetime=at.rfc3339()>{at.for_people()}</time> }
}

/// The date alone.
#[component]
pub fn Day(
    /// The instant.
    at: Moment,
) -> impl IntoView {
    view! { <time datetime=at.rfc3339()>{at.day_for_people()}</time> }
}
