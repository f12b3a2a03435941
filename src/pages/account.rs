//! `/account`: what there is of somebody's account and what state it is in, with the way to each. Reached with a session only.

use leptos::prelude::*;

use crate::{
    components::{
        sentence::Sentence,
        time::{Day, Time},
    },
    domain::{account::CurrentUser, own_account::AccountData},
    words,
};

use super::{account_frame::AccountFrame, frame::site};

/// Where the copy of one's data is asked for.
const EXPORT: &str = "/account/export";

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    let data = use_context::<AccountData>();
    use_context::<CurrentUser>().zip(data).map(|(user, data)| view! { <Account user data /> })
}

#[component]
fn Account(user: CurrentUser, data: AccountData) -> impl IntoView {
    let text = words::account();
    let has_usernames = site().identifier.asks_username() || user.username.is_some();
    let username = has_usernames.then(|| {
        let state = match &user.username {
            Some(username) => view! { <span dir="ltr" class="wrap">{username.to_string()}</span> }.into_any(),
            None => text.no_username.into_any(),
        };
        row(text.username, state, link("/account/username", text.change_username))
    });
    let email = match user.email.as_ref() {
        Some(email) => {
            let badge = if user.is_unverified {
                view! { <span class="badge badge-warning">{text.unconfirmed}</span> }
            } else {
                view! { <span class="badge">{text.confirmed}</span> }
            };
            let state = view! { <span dir="ltr" class="wrap">{email.to_string()}</span> " " {badge} };
            row(text.email, state.into_any(), link("/account/email", text.change_email))
        }
        None => row(text.email, text.no_email.into_any(), link("/account/email", text.add_email)),
    };
    let changed = data.password_changed_at.map(|at| {
        view! {
            <Sentence text=text.changed>
                <Day at />
            </Sentence>
        }
    });
    let last_sign_in = match data.previous {
        Some(previous) => view! {
            <Sentence text=text.last_sign_in>
                <Time at=previous.at />
            </Sentence>
            <br />
            {(text.from)(&previous.device)}
            <span dir="ltr" class="wrap">
                {previous.address}
            </span>
        }
        .into_any(),
        None => text.first_time.into_any(),
    };
    let export = view! {
        <form method="post" action=EXPORT>
            <button class="button button-secondary" type="submit">
                {text.export}
            </button>
        </form>
    };
    let delete = view! {
        <a class="button button-danger" href="/account/delete">
            {text.delete_account}
        </a>
    };
    view! {
        <AccountFrame title=text.title path="/account" is_wide=true>
            <h1>{text.title}</h1>
            <ul class="rows rows-boxed">
                {row(text.password, changed, link("/account/password", text.change_password))} {username} {email}
                {row(text.sessions, (text.live)(data.other_sessions), link("/account/sessions", text.see_sessions))}
                {row(text.activity, last_sign_in, link("/account/activity", text.see_activity))}
                {row(text.data, text.data_lead, export)}
                {row(text.delete, (text.delete_lead)(data.grace_days), delete)}
            </ul>
        </AccountFrame>
    }
}

fn row(heading: &'static str, state: impl IntoView + 'static, way: impl IntoView + 'static) -> impl IntoView {
    view! {
        <li class="row">
            <div class="row-words">
                <h2>{heading}</h2>
                <p>{state}</p>
            </div>
            {way}
        </li>
    }
}

fn link(href: &'static str, label: &'static str) -> impl IntoView {
    view! {
        <a class="button button-secondary" href=href>
            {label}
        </a>
    }
}
