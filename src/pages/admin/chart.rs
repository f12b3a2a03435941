//! Sign-ins and failures a day, as a picture that the server draws and as a table. Sign-ins stand above the line, failures hang
//! below it, so that the two differ by more than colour. Must not need a script or a style attribute.

use leptos::prelude::*;

use crate::{
    components::{
        table::{Column, Table},
        time::Day as DayOf,
    },
    domain::console::Day,
    words,
};

/// Units of the picture a day takes.
const STEP: usize = 10;
/// Units a bar is wide.
const BAR: usize = 6;
/// Units above the line, and below it.
const HALF: usize = 100;

/// The chart, with what it says in words, and the same numbers as a table.
#[component]
pub fn Chart(
    /// Oldest first.
    days: Vec<Day>,
) -> impl IntoView {
    let text = words::overview();
    let most = days.iter().flat_map(|day| [day.sign_ins, day.failures]).max().unwrap_or_default();
    let height = |count: u32| {
        let units = HALF * usize::try_from(count).unwrap_or_default() / usize::try_from(most.max(1)).unwrap_or(1);
        // What is there is seen, however little it is.
        if count == 0 { 0 } else { units.max(2) }
    };
    let sum = |of: fn(&Day) -> u32| days.iter().map(of).fold(0_u32, u32::saturating_add);
    let summary = (text.chart_summary)(sum(|day| day.sign_ins), sum(|day| day.failures), days.len());
    let (first, last) = (days.first().map(|day| day.at), days.last().map(|day| day.at));
    let width = days.len() * STEP;
    let bars = days.clone().into_iter().enumerate().map(|(at, day)| {
        let x = at * STEP + (STEP - BAR) / 2;
        let (above, below) = (height(day.sign_ins), height(day.failures));
        view! {
            <rect class="chart-day" x=x y="0" width=BAR height=2 * HALF + 2 />
            <rect class="chart-sign-ins" x=x y=HALF - above width=BAR height=above />
            <rect class="chart-failures" x=x y=HALF + 2 width=BAR height=below />
        }
    });
    let view_box = format!("0 0 {width} {}", 2 * HALF + 2);
    let picture = view! {
        <svg class="chart-picture" viewBox=view_box preserveAspectRatio="none" role="img" aria-label=summary.clone()>
            {bars.collect_view()}
            <rect class="chart-line" x="0" y=HALF width=width height="2" />
        </svg>
    };
    let rows = days.into_iter().rev().map(|day| {
        view! {
            <tr>
                <th scope="row">
                    <DayOf at=day.at />
                </th>
                <td class="number">{(text.number)(day.sign_ins)}</td>
                <td class="number">{(text.number)(day.failures)}</td>
            </tr>
        }
    });
    let columns = vec![Column::plain(text.day), Column::plain(text.sign_ins), Column::plain(text.failures)];
    view! {
        <div class="chart">
            <div class="chart-legend">
                <span>
                    <span class="chart-key chart-key-sign-ins"></span>
                    {text.sign_ins}
                </span>
                <span>
                    <span class="chart-key chart-key-failures"></span>
                    {text.failures}
                </span>
                <span class="chart-scale">{(text.scale)(most)}</span>
            </div>
            <div class="chart-box" dir="ltr">
                {picture}
                <div class="chart-ends">
                    {first.map(|at| view! { <DayOf at /> })}
                    {last.map(|at| view! { <DayOf at /> })}
                </div>
            </div>
            <p class="hint">{summary}</p>
            <details class="chart-table">
                <summary>{text.as_table}</summary>
                <Table id="days" caption=text.chart is_caption_hidden=true columns>
                    {rows.collect_view()}
                </Table>
            </details>
        </div>
    }
}
