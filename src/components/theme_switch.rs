//! A choice of colours: three buttons of a form, the one in force pressed. Must not need a script, nor remember anything.

use leptos::prelude::*;

use crate::{
    domain::{safe_path::SafePath, theme::Theme},
    words,
};

/// The choice.
#[component]
pub fn ThemeSwitch(
    /// Where it is posted.
    action: &'static str,
    /// The choice in force.
    theme: Theme,
    /// The page to come back to.
    next: SafePath,
) -> impl IntoView {
    let buttons = Theme::ALL.map(|choice| {
        let is_pressed = if choice == theme { "true" } else { "false" };
        view! {
            <button type="submit" name="theme" value=choice.name() aria-pressed=is_pressed>
                <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                    <path d=drawing(choice) />
                </svg>
                {words::theme_name(choice)}
            </button>
        }
    });
    view! {
        <form method="post" action=action>
            <input type="hidden" name="next" value=next.as_str().to_owned() />
            <div class="theme" role="group" aria-label=words::theme_switch().label>
                {buttons.into_iter().collect_view()}
            </div>
        </form>
    }
}

/// A screen, a sun, a moon; drawn in lines.
fn drawing(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "M2.5 3h11v7.5h-11zM6 13.5h4M8 10.5v3",
        Theme::Light => {
            "M8 5.25a2.75 2.75 0 1 0 0 5.5a2.75 2.75 0 1 0 0-5.5M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3.05 3.05l1.06 1.06M11.89 11.89l1.06 1.06M3.05 12.95l1.06-1.06M11.89 4.11l1.06-1.06"
        }
        Theme::Dark => "M13.5 9.6A6 6 0 1 1 6.4 2.5a4.8 4.8 0 0 0 7.1 7.1z",
    }
}
