//! `/`: what this is, with both ways in. Signed-in people never see it: they go to their dashboard.

use leptos::prelude::*;

use super::frame::{Frame, site};

/// The front page.
#[component]
pub fn HomePage() -> impl IntoView {
    let name = site().name;
    view! {
        <Frame title="Welcome" is_wide=true>
            <section class="hero">
                <h1>"One key to your account"</h1>
                <p class="lead">
                    {name}
                    " keeps your sign-in safe and out of the way: one password, sessions you can end, and a way back in when you forget."
                </p>
                <p class="actions">
                    <a class="button" href="/sign-up">
                        "Create account"
                    </a>
                    <a class="button button-secondary" href="/sign-in">
                        "Sign in"
                    </a>
                </p>
            </section>
            <ul class="facts">
                <li>
                    <h2>"Works everywhere"</h2>
                    <p>"On a phone, with a keyboard, with a password manager, and with scripting switched off."</p>
                </li>
                <li>
                    <h2>"Ends when you say so"</h2>
                    <p>"Sign out once and the session is over, wherever its cookie was copied to."</p>
                </li>
                <li>
                    <h2>"Honest about strength"</h2>
                    <p>"Tells you why a password is weak while you type. It is judged in your browser and decided on the server."</p>
                </li>
            </ul>
        </Frame>
    }
}
