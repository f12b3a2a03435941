//! `/admin/audit`: every event, filtered, a page at a time; whether the log holds; and the way to a file of it.

use leptos::prelude::*;

use crate::{
    api,
    components::{
        pager::Pager,
        sentence::Sentence,
        table::{Column, Table},
        time::Time,
    },
    domain::{
        console::Who,
        event::{EventKind, Outcome},
        query::Address,
        records::{AuditData, AuditLine, AuditQuery, Verification},
    },
    pages::console::{Area, ConsoleFrame},
    words,
};

use super::filter_fields::{ChoiceFilter, DayFilter, TextFilter, hidden};

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    use_context::<AuditData>().map(|data| view! { <Audit data /> })
}

#[component]
fn Audit(data: AuditData) -> impl IntoView {
    let (text, console) = (words::audit(), words::console());
    let query = data.query;
    let [newer, older] = [data.newer, data.older].map(|page| page.map(|page| query.at(page).address()));
    let parameters = query.parameters();
    let list = if data.events.is_empty() {
        view! { <p class="empty">{text.no_match}</p> }.into_any()
    } else {
        view! { <List events=data.events /> }.into_any()
    };
    view! {
        <ConsoleFrame title=text.title area=Area::Audit>
            <h1>{text.heading}</h1>
            <Proof verification=data.verification />
            <Filters query />
            {list}
            <Pager label=console.pages back=console.newer back_to=newer on=console.older on_to=older />
            <section class="export" aria-labelledby="export">
                <h2 id="export">{text.export}</h2>
                <p>{text.export_lead}</p>
                <form class="actions" method="post" action=api::AUDIT_EXPORT>
                    {hidden(parameters)}
                    <button class="button button-secondary" type="submit" name="format" value="csv">
                        {text.as_csv}
                    </button>
                    <button class="button button-secondary" type="submit" name="format" value="jsonl">
                        {text.as_json_lines}
                    </button>
                </form>
            </section>
        </ConsoleFrame>
    }
}

/// Whether the log holds, and up to when that is known.
#[component]
fn Proof(verification: Option<Verification>) -> impl IntoView {
    let text = words::audit();
    let verify = view! {
        <Sentence text=text.verify>
            <code dir="ltr">"latchkey audit verify"</code>
        </Sentence>
    };
    match verification {
        None | Some(Verification { through: 0, broken: None, .. }) => {
            view! { <p class="notice">{text.not_verified} " " {verify}</p> }.into_any()
        }
        Some(Verification { at, through, broken: None }) => view! {
            <p class="notice notice-success">{text.holds} " " <Time at /> ", " {(text.through)(through)} ". " {verify}</p>
        }
        .into_any(),
        Some(Verification { at, broken: Some(broken), .. }) => view! {
            <p class="notice notice-warning">
                <strong>{text.broken} " " <Time at /></strong>
                ": "
                <span dir="ltr" class="wrap">
                    {broken}
                </span>
            </p>
        }
        .into_any(),
    }
}

#[component]
fn Filters(query: AuditQuery) -> impl IntoView {
    let (text, console) = (words::audit(), words::console());
    let is_filtered = !query.parameters().is_empty();
    let kinds = EventKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), words::event(*kind).to_owned())).collect();
    let outcomes =
        [Outcome::Success, Outcome::Failure].map(|one| (one.as_str().to_owned(), (text.outcome_name)(one).to_owned()));
    view! {
        <form class="filters" method="get" action="/admin/audit" role="search">
            <ChoiceFilter
                name="kind"
                label=text.kind
                choices=kinds
                chosen=query.kind.map(EventKind::as_str).unwrap_or_default().to_owned()
            />
            <TextFilter name="actor" label=text.actor value=query.actor />
            <TextFilter name="target" label=text.target value=query.target />
            <TextFilter name="address" label=text.address value=query.address />
            <ChoiceFilter
                name="outcome"
                label=text.outcome
                choices=outcomes.to_vec()
                chosen=query.outcome.map(Outcome::as_str).unwrap_or_default().to_owned()
            />
            <DayFilter name="from" label=text.from value=query.from />
            <DayFilter name="until" label=text.until value=query.until />
            <div class="actions">
                <button class="button" type="submit">
                    {console.apply}
                </button>
                {is_filtered.then(|| view! { <a href="/admin/audit">{console.clear}</a> })}
            </div>
        </form>
    }
}

#[component]
fn List(events: Vec<AuditLine>) -> impl IntoView {
    let text = words::audit();
    let columns =
        [text.when, text.kind, text.actor, text.target, text.address, text.outcome, text.request].map(Column::plain);
    let rows = events.into_iter().map(|event| {
        let what = event.kind.map_or(text.deleted, words::event);
        let detail = event.detail.into_iter().map(|(name, value)| format!("{name}: {}", shortened(&value)));
        let detail = detail.collect::<Vec<_>>().join(", ");
        let outcome = event.outcome.map(|outcome| {
            let class = if outcome == Outcome::Failure { "badge badge-warning" } else { "badge badge-calm" };
            view! { <span class=class>{(text.outcome_name)(outcome)}</span> }
        });
        view! {
            <tr>
                <td class="day">
                    <Time at=event.at />
                </td>
                <th scope="row">
                    {what}
                    {(!detail.is_empty())
                        .then(|| {
                            view! {
                                <span class="second wrap" dir="ltr">
                                    {detail}
                                </span>
                            }
                        })}
                </th>
                <td>{name(event.actor)}</td>
                <td>{name(event.target)}</td>
                <td title=event.user_agent>
                    <span dir="ltr" class="wrap">
                        {event.address}
                    </span>
                </td>
                <td>{outcome}</td>
                <td>
                    <code dir="ltr" class="wrap">
                        {event.request_id}
                    </code>
                </td>
            </tr>
        }
    });
    view! {
        <Table id="events" caption=text.caption is_caption_hidden=true columns=columns.to_vec()>
            {rows.collect_view()}
        </Table>
    }
}

/// Lists of many ids are told in full by the export.
fn shortened(value: &str) -> String {
    const MOST: usize = 80;
    if value.chars().count() <= MOST {
        return value.to_owned();
    }
    value.chars().take(MOST).chain(['…']).collect()
}

/// A name, with the way to their page where they have one.
fn name(who: Who) -> Option<AnyView> {
    let text = words::audit();
    let plain = match who {
        Who::Person { id, name } => {
            let link = view! {
                <a class="wrap" dir="ltr" href=format!("/admin/people/{id}")>
                    {name}
                </a>
            };
            return Some(link.into_any());
        }
        Who::Nobody => return None,
        Who::Gone { id } => {
            let gone = format!("{} (…{})", text.gone, Who::short(&id));
            let events = String::from(Address::of("/admin/audit").with("target", &id));
            return Some(view! { <a href=events>{gone}</a> }.into_any());
        }
        Who::Anonymous => text.anonymous,
        Who::CommandLine => text.command_line,
        Who::Server => text.server,
    };
    Some(plain.into_any())
}
