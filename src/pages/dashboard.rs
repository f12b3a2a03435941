//! `/dashboard`: who somebody is, this session, the sign-in before. Reached with a session only.

use leptos::prelude::*;

use crate::{
    components::{
        sentence::Sentence,
        time::{Day, Time},
    },
    domain::{
        account::{CurrentUser, PreviousSignIn},
        page_data::DashboardData,
    },
    words,
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
    let text = words::dashboard();
    let role = user.is_admin().then(|| view! { " " <span class="badge">{text.administrator}</span> });
    let unconfirmed =
        user.is_unverified.then(|| view! { " " <span class="badge badge-warning">{text.unconfirmed}</span> });
    let reminder = user.is_unverified.then(|| {
        view! {
            <p class="notice notice-warning">
                <Sentence text=text.confirm>
                    <a href="/verify-email">{text.confirm_it}</a>
                </Sentence>
            </p>
        }
    });
    let (name, session) = (user.name(), user.session.clone());
    view! {
        <Frame title=text.title is_wide=true>
            <h1>
                <Sentence text=text.hello>
                    <span class="wrap">{name}</span>
                </Sentence>
                {role}
            </h1>
            {reminder}
            <div class="cards">
                <section class="card" aria-labelledby="you">
                    <h2 id="you">{text.you}</h2>
                    <dl class="details">
                        {user.username.as_ref().map(|username| detail(text.username, view! { <span dir="ltr" class="wrap">{username.to_string()}</span> }))}
                        {user.email.as_ref().map(|email| detail(text.email, view! { <span dir="ltr" class="wrap">{email.to_string()}</span> {unconfirmed} " " <a href="/account/email">{text.change_email}</a> }))}
                        {detail(text.member_since, view! { <Day at=user.member_since /> })}
                        {detail(text.password, view! { <a href="/account/password">{text.change_password}</a> })}
                    </dl>
                    <p>
                        <a href="/account">{text.your_account}</a>
                    </p>
                </section>
                <section class="card" aria-labelledby="this-session">
                    <h2 id="this-session">{text.this_session}</h2>
                    <dl class="details">
                        {detail(text.signed_in, view! { <Time at=session.since /> })}
                        {detail(text.browser, session.device)}
                        {detail(text.address, view! { <span dir="ltr" class="wrap">{session.address}</span> })}
                        {detail(text.ends_at_the_latest, view! { <Time at=session.until /> })}
                    </dl>
                    <p>
                        <a href="/account/sessions">{text.your_sessions}</a>
                    </p>
                </section>
                <section class="card" aria-labelledby="last-sign-in">
                    <h2 id="last-sign-in">{text.last_sign_in}</h2>
                    {match previous {
                        Some(previous) => {
                            view! {
                                <dl class="details">
                                    {detail(text.when, view! { <Time at=previous.at /> })} {detail(text.browser, previous.device)}
                                    {detail(text.address, view! { <span dir="ltr" class="wrap">{previous.address}</span> })}
                                </dl>
                                <p class="hint">
                                    <Sentence text=text.not_you>
                                        <a href="/account/password">{text.change_your_password}</a>
                                    </Sentence>
                                </p>
                            }
                                .into_any()
                        }
                        None => view! { <p class="empty">{text.first_time}</p> }.into_any(),
                    }}
                    <p>
                        <a href="/account/activity">{text.your_activity}</a>
                    </p>
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
