//! `/admin`: the figures, the chart, and what deserves a look.

use leptos::prelude::*;

use crate::{
    components::time::Time,
    domain::{console::OverviewData, query::Address},
    words,
};

use super::{chart::Chart, event_list::EventList};
use crate::pages::console::{Area, ConsoleFrame};

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    use_context::<OverviewData>().map(|data| view! { <Overview data /> })
}

#[component]
fn Overview(data: OverviewData) -> impl IntoView {
    let text = words::overview();
    let figure = |label: &'static str, count: u32, href: Option<&'static str>, is_warning: bool| {
        let number = (text.number)(count);
        let number = match href {
            Some(href) => view! { <a href=href>{number}</a> }.into_any(),
            None => number.into_any(),
        };
        let class = if is_warning && count > 0 { "figure figure-warning" } else { "figure" };
        view! {
            <div class=class>
                <dt>{label}</dt>
                <dd>{number}</dd>
            </div>
        }
    };
    let is_calm = data.events.is_empty() && data.bursts.is_empty();
    let bursts = data.bursts.into_iter().map(|burst| {
        let href: String =
            Address::of("/admin/audit").with("kind", "sign_in_failed").with("address", &burst.address).into();
        view! {
            <li>
                <p class="event-what">
                    <strong>{(text.burst)(burst.count)}</strong>
                </p>
                <p class="event-when">
                    <Time at=burst.latest />
                </p>
                <p class="event-who">
                    {words::event_words().from} " " <a dir="ltr" class="wrap" href=href>
                        {burst.address}
                    </a>
                </p>
            </li>
        }
    });
    let bursts = bursts.collect_view();
    let has_bursts = !bursts.is_empty();
    view! {
        <ConsoleFrame title=text.title area=Area::Overview>
            <h1>{text.heading}</h1>
            <dl class="figures">
                {figure(text.people, data.people, Some("/admin/people"), false)}
                {figure(text.sessions, data.sessions, Some("/admin/sessions"), false)}
                {figure(text.mail_waiting, data.mail_waiting, None, false)}
                {figure(text.mail_failed, data.mail_failed, None, true)}
            </dl>
            <div class="card">
                <h2 id="chart">{text.chart}</h2>
                <Chart days=data.days />
            </div>
            <section class="card" aria-labelledby="look">
                <h2 id="look">{text.look}</h2>
                {is_calm.then(|| view! { <p class="empty">{text.nothing}</p> })}
                {has_bursts.then(|| view! { <ul class="events">{bursts}</ul> })}
                {(!data.events.is_empty()).then(|| view! { <EventList events=data.events /> })}
            </section>
        </ConsoleFrame>
    }
}
