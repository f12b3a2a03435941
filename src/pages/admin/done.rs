//! `/admin/people/done`: what became of the latest act on several people, one row each.

use leptos::prelude::*;

use crate::{
    components::{
        table::{Column, Table},
        time::Time,
    },
    domain::console::{ActReport, ActResult},
    words,
};

use super::people::PersonName;
use crate::pages::console::{Area, ConsoleFrame};

/// The page.
#[component]
pub fn DonePage() -> impl IntoView {
    let text = words::acts();
    let report = use_context::<Option<ActReport>>().flatten();
    view! {
        <ConsoleFrame title=text.done_title area=Area::People>
            {match report {
                Some(report) => view! { <Report report /> }.into_any(),
                None => view! { <h1>{text.nothing}</h1> }.into_any(),
            }}
            <p class="actions">
                <a class="button button-secondary" href="/admin/people">
                    {text.back}
                </a>
            </p>
        </ConsoleFrame>
    }
}

#[component]
fn Report(report: ActReport) -> impl IntoView {
    let text = words::acts();
    let done = report.results.iter().filter(|(_, result)| *result == ActResult::Done).count();
    let of = report.results.len();
    let rows = report.results.into_iter().map(|(person, result)| {
        let class = match result {
            ActResult::Done => "result result-done",
            ActResult::Unchanged => "result",
            _ => "result result-refused",
        };
        let person = match person {
            Some(person) => view! { <PersonName person /> }.into_any(),
            None => text.gone.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{person}</th>
                <td>
                    <span class=class>{(text.result_name)(result)}</span>
                </td>
            </tr>
        }
    });
    view! {
        <h1>{(text.done)(done, of)}</h1>
        <p class="lead">{(text.done_lead)(report.act)} ", " <Time at=report.at /></p>
        <Table id="results" caption=text.result columns=vec![Column::plain(text.person), Column::plain(text.result)]>
            {rows.collect_view()}
        </Table>
    }
}
