//! Lists of events: what happened, to whom, by whom, from where, when. Must not decide which.

use leptos::prelude::*;

use crate::{
    components::time::Time,
    domain::{
        console::{EventLine, Who},
        query::Address,
    },
    words,
};

/// Events, in the order they come in.
#[component]
pub fn EventList(
    /// What happened.
    events: Vec<EventLine>,
    /// Whose page it is, where they need not be named again.
    #[prop(optional)]
    known: Option<String>,
) -> impl IntoView {
    let text = words::event_words();
    let lines = events.into_iter().map(|event| {
        let is_known = |who: &Who| matches!(who, Who::Person { id, .. } if known.as_ref() == Some(id));
        let is_own = event.actor == event.target;
        let target = if is_own || is_known(&event.target) { None } else { name(event.target) };
        let actor = if is_known(&event.actor) { None } else { name(event.actor) };
        let refused = event.is_refused.then(|| view! { " " <span class="badge badge-warning">{text.refused}</span> });
        let detail = (!event.detail.is_empty()).then(|| {
            view! {
                " "
                <code class="wrap" dir="ltr">
                    {event.detail}
                </code>
            }
        });
        let from = (!event.address.is_empty()).then(|| {
            view! {
                " "
                {text.from}
                " "
                <span dir="ltr" class="wrap">
                    {event.address}
                </span>
            }
        });
        let place = actor.is_some() || target.is_some() || from.is_some();
        view! {
            <li>
                <p class="event-what">
                    <strong>{words::event(event.kind)}</strong>
                    {detail}
                    {refused}
                </p>
                <p class="event-when">
                    <Time at=event.at />
                </p>
                {place
                    .then(|| {
                        view! {
                            <p class="event-who">
                                {target.map(|name| view! { {text.about} " " {name} })}
                                {actor.map(|name| view! { " " {text.by} " " {name} })} {from}
                            </p>
                        }
                    })}
            </li>
        }
    });
    view! { <ul class="events">{lines.collect_view()}</ul> }
}

/// A name, with the way to their page where they have one.
fn name(who: Who) -> Option<AnyView> {
    let text = words::event_words();
    let plain = match who {
        Who::Person { id, name } => {
            let href = format!("/admin/people/{id}");
            let link = view! {
                <a class="wrap" dir="ltr" href=href>
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
