//! `/admin/sessions/act`: which sessions an act would hit, before it does.

use leptos::prelude::*;

use crate::{
    api,
    domain::{
        console::Total,
        records::{RecordAct, RecordActData},
    },
    pages::console::{Area, ConsoleFrame},
    words,
};

use super::{filter_fields::hidden, sessions::RecordTable};

/// The page.
#[component]
pub fn SessionsActPage() -> impl IntoView {
    use_context::<RecordActData>().map(|data| match data.act {
        Some(act) if !data.records.is_empty() => view! { <Confirm act data /> }.into_any(),
        _ => view! { <Nothing data /> }.into_any(),
    })
}

#[component]
fn Confirm(act: RecordAct, data: RecordActData) -> impl IntoView {
    let text = words::session_records();
    let listed = data.records.len();
    let is_more = data.total != Total::Exactly(u32::try_from(listed).unwrap_or(u32::MAX));
    let ids: Vec<&str> = data.records.iter().map(|record| record.id.as_str()).collect();
    let ids = if data.is_all { "all".to_owned() } else { ids.join(",") };
    let class = if act == RecordAct::Delete { "button button-danger" } else { "button" };
    view! {
        <ConsoleFrame title=text.title area=Area::Sessions>
            <h1>{(text.question)(act, data.total)}</h1>
            <p class="lead">{(text.meaning)(act)}</p>
            {data.is_own_left_out.then(|| view! { <p class="notice">{text.own_left_out}</p> })}
            {data.at_once.map(|most| view! { <p class="notice notice-warning">{(text.at_once)(most)}</p> })}
            <form class="actions" method="post" action=api::ADMIN_SESSIONS.action>
                <input type="hidden" name="act" value=act.as_str() />
                <input type="hidden" name="ids" value=ids />
                {hidden(data.query.parameters())} <input type="hidden" name="as_of" value=data.as_of.0.to_string() />
                <input type="hidden" name="next" value=data.here />
                <button class=class type="submit">
                    {(text.submit)(act, data.total)}
                </button>
                <a href=data.query.address()>{text.cancel}</a>
            </form>
            {is_more.then(|| view! { <p>{(text.newest_listed)(listed)}</p> })}
            <RecordTable records=data.records />
        </ConsoleFrame>
    }
}

#[component]
fn Nothing(data: RecordActData) -> impl IntoView {
    let text = words::session_records();
    view! {
        <ConsoleFrame title=text.title area=Area::Sessions>
            <h1>{text.nothing}</h1>
            <p class="lead">{text.nothing_lead}</p>
            {data.is_own_left_out.then(|| view! { <p class="notice">{text.own_left_out}</p> })}
            <p class="actions">
                <a class="button" href=data.query.address()>
                    {text.cancel}
                </a>
            </p>
        </ConsoleFrame>
    }
}
