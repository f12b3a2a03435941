//! `/admin/sessions`: everybody who signed in and out, looked for, filtered, a page at a time; and the beginning of an act on
//! several.

use leptos::prelude::*;

use crate::{
    components::{
        pager::Pager,
        table::{Column, Table},
        time::Time,
    },
    domain::records::{RecordAct, RecordLine, SessionsData, SessionsQuery, Standing},
    pages::console::{Area, ConsoleFrame},
    words,
};

use super::filter_fields::{ChoiceFilter, DayFilter, TextFilter, hidden};

/// The page.
#[component]
pub fn SessionRecordsPage() -> impl IntoView {
    use_context::<SessionsData>().map(|data| view! { <Sessions data /> })
}

#[component]
fn Sessions(data: SessionsData) -> impl IntoView {
    let (text, console) = (words::session_records(), words::console());
    let query = data.query;
    let [newer, older] = [data.newer, data.older].map(|page| page.map(|page| query.at(page).address()));
    let list = if data.records.is_empty() {
        view! { <p class="empty">{text.no_match}</p> }.into_any()
    } else {
        let acts =
            RecordAct::ALL.iter().map(|act| view! { <option value=act.as_str()>{(text.act_name)(*act)}</option> });
        view! {
            <form class="selection" method="get" action="/admin/sessions/act">
                {hidden(query.parameters())} <RecordTable records=data.records can_select=true />
                <div class="act-bar">
                    <div class="field">
                        <label for="act">{text.act}</label>
                        <select class="input" id="act" name="act">
                            {acts.collect_view()}
                        </select>
                    </div>
                    <button class="button" type="submit">
                        {text.with_selected}
                    </button>
                    <button class="button button-secondary" type="submit" name="all" value="true">
                        {(text.with_all)(data.total)}
                    </button>
                </div>
            </form>
        }
        .into_any()
    };
    view! {
        <ConsoleFrame title=text.title area=Area::Sessions>
            <h1>{text.heading}</h1>
            <Filters query />
            <p class="count" role="status">
                {(text.count)(data.total)}
            </p>
            {list}
            <Pager label=console.pages back=console.newer back_to=newer on=console.older on_to=older />
        </ConsoleFrame>
    }
}

#[component]
fn Filters(query: SessionsQuery) -> impl IntoView {
    let (text, console) = (words::session_records(), words::console());
    let is_filtered = !query.parameters().is_empty();
    let choices =
        Standing::ALL.iter().map(|one| (one.as_str().to_owned(), (text.standing_name)(*one).to_owned())).collect();
    view! {
        <form class="filters" method="get" action="/admin/sessions" role="search">
            <TextFilter name="person" label=text.person value=query.person />
            <DayFilter name="from" label=text.from value=query.from />
            <DayFilter name="until" label=text.until value=query.until />
            <ChoiceFilter
                name="state"
                label=text.standing
                choices
                chosen=query.standing.map(Standing::as_str).unwrap_or_default().to_owned()
            />
            <div class="actions">
                <button class="button" type="submit">
                    {console.apply}
                </button>
                {is_filtered.then(|| view! { <a href="/admin/sessions">{console.clear}</a> })}
            </div>
        </form>
    }
}

/// Sessions, with a tick box each where they can be chosen.
#[component]
pub fn RecordTable(
    /// The sessions.
    records: Vec<RecordLine>,
    /// Whether they can be chosen.
    #[prop(optional)]
    can_select: bool,
) -> impl IntoView {
    let (text, people) = (words::session_records(), words::people());
    let mut columns = vec![
        Column::plain(people.person),
        Column::plain(text.since),
        Column::plain(text.ended),
        Column::plain(text.device),
        Column::plain(text.address),
    ];
    if can_select {
        columns.insert(0, Column::unlabelled(text.select));
    }
    let rows = records.into_iter().map(move |record| {
        let tick = can_select.then(|| {
            let label = (text.select_one)(&record.person, &record.device);
            view! {
                <td class="tick">
                    <input type="checkbox" name="id" value=record.id.clone() aria-label=label />
                </td>
            }
        });
        let class = if record.standing == Standing::Live { "badge badge-calm" } else { "badge" };
        view! {
            <tr>
                {tick}
                <th scope="row">
                    <a href=format!("/admin/people/{}", record.person_id) dir="ltr">
                        {record.person}
                    </a>
                    {record.is_this.then(|| view! { <span class="second">{text.this_session}</span> })}
                </th>
                <td class="day">
                    <Time at=record.since />
                </td>
                <td>
                    <span class=class>{(text.standing_name)(record.standing)}</span>
                    <span class="second">
                        {match record.ended {
                            Some(at) => view! { <Time at /> }.into_any(),
                            None => view! { {text.last_seen} " " <Time at=record.last_seen /> }.into_any(),
                        }}
                    </span>
                </td>
                <td title=record.user_agent>{record.device}</td>
                <td>
                    <span dir="ltr" class="wrap">
                        {record.address}
                    </span>
                </td>
            </tr>
        }
    });
    view! {
        <Table id="sessions" caption=text.caption is_caption_hidden=true columns>
            {rows.collect_view()}
        </Table>
    }
}
