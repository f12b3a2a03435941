//! `/`: what this is, said and shown, with both ways in. Signed-in people never see it: they go to their dashboard.

use leptos::prelude::*;

use crate::{components::verdict::Verdict, domain::strength::Strength, words};

use super::frame::{Frame, site};

/// A drawing in lines for each fact.
const DRAWINGS: [&str; 3] = [
    "M3 5h13v10H3zM7 19h5M9.5 15v4M18.5 9H21v10h-5v-1.5",
    "M14 4.5H5v15h9M10 12h11M17.5 8.5L21 12l-3.5 3.5",
    "M3.5 17a8.5 8.5 0 1 1 17 0M12 17l4-5.5M3.5 17h2M18.5 17h2",
];

/// The front page.
#[component]
pub fn HomePage() -> impl IntoView {
    let text = words::home();
    let lead = (text.lead)(&site().name);
    view! {
        <Frame title=text.title description=lead.clone() is_wide=true>
            <section class="hero">
                <div class="hero-words">
                    <h1>{text.heading}</h1>
                    <p class="lead">{lead}</p>
                    <p class="actions">
                        <a class="button" href="/sign-up">
                            {text.create_account}
                        </a>
                        <a class="button button-secondary" href="/sign-in">
                            {text.sign_in}
                        </a>
                    </p>
                </div>
                <Picture />
            </section>
            <ul class="facts">
                {text
                    .facts
                    .iter()
                    .zip(DRAWINGS)
                    .map(|(fact, drawing)| {
                        view! {
                            <li>
                                <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                                    <path d=drawing />
                                </svg>
                                <h2>{fact.heading}</h2>
                                <p>{fact.sentence}</p>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </Frame>
    }
}

/// A picture of two pages, made of what they are made of, to be looked at only.
#[component]
fn Picture() -> impl IntoView {
    let (sign_up, account, dashboard) = (words::sign_up(), words::new_account(), words::dashboard());
    let strong = Some(Strength { score: 4, reason: None });
    let facts = [
        (dashboard.browser, (words::device().browser_on_system)("Firefox", "Linux")),
        (dashboard.address, "192.0.2.7".to_owned()),
    ];
    view! {
        <div class="picture" aria-hidden="true">
            <div class="card picture-session">
                <p class="picture-title">{dashboard.this_session}</p>
                {facts
                    .map(|(term, fact)| {
                        view! {
                            <p>
                                <span>{term}</span>
                                {fact}
                            </p>
                        }
                    })
                    .collect_view()}
            </div>
            <div class="card picture-form">
                <p class="picture-title">{sign_up.heading}</p>
                <p class="field">
                    {account.email}
                    <span class="input" dir="ltr">"sam@example.com"</span>
                </p>
                <div class="field">
                    {account.password}
                    <span class="input" dir="ltr">"••••••••••••••••••"</span>
                    <Verdict strength=Signal::stored(strong) />
                </div>
                <p class="button">{sign_up.submit}</p>
            </div>
        </div>
    }
}
