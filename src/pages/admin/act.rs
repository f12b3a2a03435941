//! `/admin/people/act`: whom an act would hit, before it does.

use leptos::prelude::*;

use crate::{
    api,
    domain::console::{Act, ActData},
    words,
};

use super::people::{PersonName, StateBadge};
use crate::{
    components::table::{Column, Table},
    pages::console::{Area, ConsoleFrame},
};

/// The page.
#[component]
pub fn ActPage() -> impl IntoView {
    use_context::<ActData>().map(|data| match data.act {
        Some(act) if !data.people.is_empty() => view! { <Confirm act data /> }.into_any(),
        _ => view! { <Nobody data /> }.into_any(),
    })
}

#[component]
fn Confirm(act: Act, data: ActData) -> impl IntoView {
    let (text, people) = (words::acts(), words::people());
    let count = data.people.len();
    let ids: Vec<&str> = data.people.iter().map(|person| person.id.as_str()).collect();
    let ids = ids.join(",");
    let rows = data.people.into_iter().map(|person| {
        view! {
            <tr>
                <th scope="row">
                    <PersonName person=person.clone() />
                </th>
                <td>
                    <StateBadge state=person.state />
                </td>
            </tr>
        }
    });
    let class = if act == Act::Disable { "button button-danger" } else { "button" };
    view! {
        <ConsoleFrame title=text.title area=Area::People>
            <h1>{(text.question)(act, count)}</h1>
            <p class="lead">{(text.meaning)(act)}</p>
            {data.is_own_left_out.then(|| view! { <p class="notice">{text.own_left_out}</p> })}
            {data.of.map(|of| view! { <p class="notice notice-warning">{(text.first_of)(of)}</p> })}
            <form class="actions" method="post" action=api::ADMIN_ACT.action>
                <input type="hidden" name="act" value=act.as_str() />
                <input type="hidden" name="ids" value=ids />
                <input type="hidden" name="next" value=data.here />
                <button class=class type="submit">
                    {(text.submit)(act, count)}
                </button>
                <a href=data.back>{text.cancel}</a>
            </form>
            <Table id="targets" caption=text.people columns=vec![Column::plain(text.person), Column::plain(people.state)]>
                {rows.collect_view()}
            </Table>
        </ConsoleFrame>
    }
}

#[component]
fn Nobody(data: ActData) -> impl IntoView {
    let text = words::acts();
    view! {
        <ConsoleFrame title=text.title area=Area::People>
            <h1>{text.nobody}</h1>
            <p class="lead">{text.nobody_lead}</p>
            {data.is_own_left_out.then(|| view! { <p class="notice">{text.own_left_out}</p> })}
            <p class="actions">
                <a class="button" href=data.back>
                    {text.cancel}
                </a>
            </p>
        </ConsoleFrame>
    }
}
