//! `/account/sessions`: where somebody is signed in, the ends of it, and where they were. Reached with a session only.

use leptos::prelude::*;

use crate::{
    api,
    components::{pager::Pager, sentence::Sentence, time::Time},
    domain::{
        account::CurrentUser,
        own_account::{SessionEntry, SessionsData},
    },
    words,
};

use super::account_frame::AccountFrame;

/// Where the page stands.
const PATH: &str = "/account/sessions";

/// The page.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let data = use_context::<SessionsData>();
    use_context::<CurrentUser>().zip(data).map(|(_, data)| view! { <Sessions data /> })
}

#[component]
fn Sessions(data: SessionsData) -> impl IntoView {
    let text = words::sessions();
    let shown = i64::try_from(data.live.len()).unwrap_or(i64::MAX);
    let more = (data.count > shown).then(|| view! { <p class="hint">{(text.more)(data.count)}</p> });
    let others = if data.count > 1 {
        view! {
            <form class="actions" method="post" action=api::END_OTHER_SESSIONS.action>
                <button class="button button-danger" type="submit">
                    {text.end_others}
                </button>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="hint">{text.no_others}</p> }.into_any()
    };
    let past = if data.past.is_empty() {
        view! { <p class="empty">{text.no_past}</p> }.into_any()
    } else {
        list(data.past).into_any()
    };
    let page = |name: &str, id: Option<String>| id.map(|id| format!("{PATH}?{name}={id}#past"));
    view! {
        <AccountFrame title=text.title path=PATH is_wide=true>
            <h1>{text.title}</h1>
            <p class="lead">{text.lead}</p>
            {data
                .chosen
                .map(|chosen| {
                    view! {
                        <section class="part" aria-labelledby="chosen">
                            <h2 id="chosen">{text.chosen}</h2>
                            {list(vec![chosen])}
                        </section>
                    }
                })}
            <section class="part" aria-labelledby="live">
                <h2 id="live">{text.live}</h2>
                {list(data.live)}
                {more}
                {others}
                <p class="hint">
                    <Sentence text=text.not_you>
                        <a href="/account/password">{text.change_password}</a>
                    </Sentence>
                </p>
            </section>
            <section class="part" aria-labelledby="past">
                <h2 id="past">{text.past}</h2>
                {past}
                <Pager
                    label=words::account_frame().pages
                    back=words::account_frame().newer
                    back_to=page("after", data.neighbours.newer)
                    on=words::account_frame().older
                    on_to=page("before", data.neighbours.older)
                />
            </section>
        </AccountFrame>
    }
}

fn list(entries: Vec<SessionEntry>) -> impl IntoView {
    view! { <ul class="rows rows-boxed">{entries.into_iter().map(|entry| view! { <Entry entry /> }).collect_view()}</ul> }
}

#[component]
fn Entry(entry: SessionEntry) -> impl IntoView {
    let text = words::sessions();
    let badge = entry.is_this.then(|| view! { " " <span class="badge">{text.this_device}</span> });
    let user_agent = entry.user_agent.map(|user_agent| {
        view! {
            <div class="pair-long">
                <dt>{text.user_agent}</dt>
                <dd dir="ltr">{user_agent}</dd>
            </div>
        }
    });
    let times = match entry.end {
        None => pair(text.last_seen, view! { <Time at=entry.last_seen /> }).into_any(),
        Some((at, reason)) => view! {
            {pair(text.ended, view! { <Time at /> })}
            {pair(text.how, words::end_reason(reason))}
        }
        .into_any(),
    };
    let is_endable = entry.end.is_none() && !entry.is_this;
    let end = is_endable.then(|| {
        let name = (text.end_of)(&entry.device, &entry.since.for_people());
        let next = format!("{PATH}?session={}", entry.id);
        view! {
            <form method="post" action=api::END_SESSION.action>
                <input type="hidden" name="session" value=entry.id.clone() />
                <input type="hidden" name="next" value=next />
                <button class="button button-secondary" type="submit" aria-label=name>
                    {text.end}
                </button>
            </form>
        }
    });
    view! {
        <li class="row">
            <div class="row-words">
                <h3>{entry.device} {badge}</h3>
                <dl class="pairs">
                    {pair(text.address, view! { <span dir="ltr" class="wrap">{entry.address}</span> })}
                    {pair(text.signed_in, view! { <Time at=entry.since /> })} {times} {user_agent}
                </dl>
            </div>
            {end}
        </li>
    }
}

fn pair(term: &'static str, description: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>{description}</dd>
        </div>
    }
}
