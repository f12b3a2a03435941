//! `/dashboard`: who somebody is, this session, the sign-in before. Reached with a session only.

use leptos::prelude::*;

use crate::{
    components::time::{Day, Time},
    domain::{
        account::{CurrentUser, PreviousSignIn},
        page_data::DashboardData,
    },
};

use super::frame::Frame;

/// The signed-in person's own page.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let DashboardData { previous } = use_context().unwrap_or_default();
    use_context::<CurrentUser>().map(|user| view! { <Dashboard user previous /> })
}

#[component]
fn Dashboard(user: CurrentUser, previous: Option<PreviousSignIn>) -> impl IntoView {
    let role = user.is_admin().then(|| view! { " " <span class="badge">"Administrator"</span> });
    let session = user.session.clone();
    view! {
        <Frame title="Dashboard" is_wide=true>
            <h1>"Hello, " <span class="wrap">{user.name()}</span> {role}</h1>
            <div class="cards">
                <section class="card" aria-labelledby="you">
                    <h2 id="you">"You"</h2>
                    <dl class="details">
                        {user.username.as_ref().map(|username| detail("User name", view! { <span dir="ltr" class="wrap">{username.to_string()}</span> }))}
                        {user.email.as_ref().map(|email| detail("E-mail address", view! { <span dir="ltr" class="wrap">{email.to_string()}</span> }))}
                        {detail("Member since", view! { <Day at=user.member_since /> })}
                        {detail("Password", view! { <a href="/account/password">"Change password"</a> })}
                    </dl>
                </section>
                <section class="card" aria-labelledby="this-session">
                    <h2 id="this-session">"This session"</h2>
                    <dl class="details">
                        {detail("Signed in", view! { <Time at=session.since /> })}
                        {detail("Browser", session.device)}
                        {detail("Address", view! { <span dir="ltr" class="wrap">{session.address}</span> })}
                        {detail("Ends at the latest", view! { <Time at=session.until /> })}
                    </dl>
                </section>
                <section class="card" aria-labelledby="last-sign-in">
                    <h2 id="last-sign-in">"Last sign-in before this one"</h2>
                    {match previous {
                        Some(previous) => {
                            view! {
                                <dl class="details">
                                    {detail("When", view! { <Time at=previous.at /> })} {detail("Browser", previous.device)}
                                    {detail("Address", view! { <span dir="ltr" class="wrap">{previous.address}</span> })}
                                </dl>
                                <p class="hint">"Not you? " <a href="/account/password">"Change your password"</a> " and sign out your other devices."</p>
                            }
                                .into_any()
                        }
                        None => view! { <p>"This is your first time here. Welcome."</p> }.into_any(),
                    }}
                </section>
            </div>
        </Frame>
    }
}

fn detail(term: &'static str, description: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>{description}</dd>
        </div>
    }
}
