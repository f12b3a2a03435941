//! `/account/activity`: what happened to somebody's account. What is shown stands in the address. Reached with a session only.

use leptos::prelude::*;

use crate::{
    components::{pager::Pager, time::Time},
    domain::{
        account::CurrentUser,
        event::Outcome,
        own_account::{ActivityData, ActivityEntry, Agent, EventGroup, Neighbours},
    },
    words,
};

use super::account_frame::AccountFrame;

/// Where the page stands.
const PATH: &str = "/account/activity";

/// The page.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let data = use_context::<ActivityData>();
    use_context::<CurrentUser>().zip(data).map(|(_, data)| view! { <Activity data /> })
}

#[component]
fn Activity(data: ActivityData) -> impl IntoView {
    let text = words::activity();
    let group = data.group;
    let is_everything = group.is_none() && data.neighbours == Neighbours::default();
    let entries = if !data.entries.is_empty() {
        let entries = data.entries.into_iter().map(|entry| view! { <Entry entry /> }).collect_view();
        view! { <ul class="rows rows-boxed">{entries}</ul> }.into_any()
    } else if is_everything && !visit_has_query() {
        view! { <p class="empty">{text.nothing}</p> }.into_any()
    } else {
        view! {
            <p class="empty">
                {text.no_match} " " <a href=PATH>{text.show_all}</a>
            </p>
        }
        .into_any()
    };
    let page = move |name: &str, id: Option<String>| {
        let group = group.map(|group| format!("group={}&", group.name())).unwrap_or_default();
        id.map(|id| format!("{PATH}?{group}{name}={id}"))
    };
    let option = |value: &'static str, label: &'static str, is_selected: bool| {
        view! {
            <option value=value selected=is_selected>
                {label}
            </option>
        }
    };
    let options = EventGroup::ALL
        .map(|choice| option(choice.name(), words::event_group(choice), group == Some(choice)))
        .collect_view();
    view! {
        <AccountFrame title=text.title path=PATH is_wide=true>
            <h1>{text.title}</h1>
            <p class="lead">{text.lead}</p>
            <form class="choice" method="get" action=PATH>
                <label for="group">{text.show}</label>
                <select class="input" id="group" name="group">
                    {option("", text.all, group.is_none())}
                    {options}
                </select>
                <button class="button button-secondary" type="submit">
                    {text.apply}
                </button>
            </form>
            <section class="part" aria-labelledby="events">
                <h2 class="visually-hidden" id="events">
                    {text.list}
                </h2>
                {entries}
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

/// Whether the address asks for something in particular.
fn visit_has_query() -> bool {
    super::frame::visit().path.as_str().contains('?')
}

#[component]
fn Entry(entry: ActivityEntry) -> impl IntoView {
    let text = words::activity();
    // Some events are failures in any case, and say so themselves.
    let is_failure = entry.outcome == Outcome::Failure && entry.kind.usual_outcome() != Outcome::Failure;
    let failed = is_failure.then(|| view! { " " <span class="badge badge-warning">{text.failed}</span> });
    let by = match entry.by {
        Agent::Administrator => Some(text.by_administrator),
        Agent::System => Some(text.by_system),
        Agent::Owner | Agent::Unknown => None,
    };
    let from = match (entry.device, entry.address) {
        (Some(device), Some(address)) => Some(
            view! {
                <p class="hint">
                    {(text.from)(&device)} <span dir="ltr" class="wrap">
                        {address}
                    </span>
                </p>
            }
            .into_any(),
        ),
        (None, Some(address)) => Some(
            view! {
                <p class="hint">
                    <span dir="ltr" class="wrap">
                        {address}
                    </span>
                </p>
            }
            .into_any(),
        ),
        _ => None,
    };
    view! {
        <li class="row">
            <div class="row-words">
                <h3>{words::event(entry.kind)} {failed}</h3>
                {entry.detail.map(|detail| view! { <p>{detail}</p> })}
                {by.map(|by| view! { <p class="hint">{by}</p> })}
                {from}
            </div>
            <p class="row-time">
                <Time at=entry.at />
            </p>
        </li>
    }
}
