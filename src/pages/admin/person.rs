//! `/admin/people/{id}`: one person, and what can be done to their account. Passwords are neither shown nor chosen here
//! (ASVS 6.4.6).

use leptos::prelude::*;

use crate::{
    api,
    components::{
        field::{FieldMessage, error_for},
        sentence::Sentence,
        table::{Column, Table},
        time::{Day, Time},
    },
    domain::{
        console::{Act, PersonData, PersonLine, PersonState, SessionLine},
        field::{Field, FieldError},
        query::Address,
        role::Role,
    },
    words,
};

use super::{event_list::EventList, people::StateBadge};
use crate::pages::{
    console::{Area, ConsoleFrame},
    frame::flash,
};

/// The page.
#[component]
pub fn PersonPage() -> impl IntoView {
    use_context::<PersonData>().map(|data| view! { <Person data /> })
}

#[component]
fn Person(data: PersonData) -> impl IntoView {
    let text = words::person();
    let errors = flash().field_errors();
    let person = data.person.clone();
    let name = person.name().to_owned();
    view! {
        <ConsoleFrame title=text.title area=Area::People>
            <p class="back">
                <a href="/admin/people">{text.back}</a>
            </p>
            <h1 class="wrap">
                <span dir="ltr">{name}</span>
                {data.is_self.then(|| view! { " " <span class="badge">{text.yourself}</span> })}
            </h1>
            <div class="columns">
                <div class="stack">
                    <Identity person=person.clone() />
                    <Roles person=person.clone() others=data.roles errors=errors.clone() />
                </div>
                <div class="stack">
                    <Access person=person.clone() is_self=data.is_self />
                <section class="card" aria-labelledby="events">
                    <h2 id="events">{text.events}</h2>
                    {if data.events.is_empty() {
                        view! { <p class="empty">{text.no_events}</p> }.into_any()
                    } else {
                        view! { <EventList events=data.events known=person.id.clone() /> }.into_any()
                    }}
                    <p class="actions">
                        <a href=String::from(Address::of("/admin/audit").with("target", &person.id))>{text.all_events}</a>
                    </p>
                </section>
                </div>
            </div>
            <Sessions person=person.clone() sessions=data.sessions has_more=data.has_more_sessions />
            <Delete person errors />
        </ConsoleFrame>
    }
}

#[component]
fn Identity(person: PersonLine) -> impl IntoView {
    let text = words::person();
    let verified = match person.is_verified {
        Some(true) => Some(view! { " " <span class="badge badge-calm">{text.confirmed}</span> }.into_any()),
        Some(false) => {
            Some(view! { " " <span class="badge badge-warning">{words::people().unconfirmed}</span> }.into_any())
        }
        None => None,
    };
    view! {
        <section class="card" aria-labelledby="identity">
            <h2 id="identity">{text.identity}</h2>
            <dl class="details">
                {person.email.map(|email| detail(text.email, view! { <span dir="ltr" class="wrap">{email}</span> {verified} }))}
                {person.username.map(|username| detail(text.username, view! { <span dir="ltr" class="wrap">{username}</span> }))}
                {detail(text.state, view! { <StateBadge state=person.state /> })}
                {detail(text.joined, view! { <Day at=person.joined /> })}
                {detail(
                    text.last_sign_in,
                    match person.last_sign_in {
                        Some(at) => view! { <Time at /> }.into_any(),
                        None => words::people().never.into_any(),
                    },
                )}
                {detail(text.id, view! { <code dir="ltr" class="wrap">{person.id}</code> })}
            </dl>
        </section>
    }
}

#[component]
fn Roles(person: PersonLine, others: Vec<Role>, errors: Vec<FieldError>) -> impl IntoView {
    let text = words::person();
    let error = error_for(Field::Role, &errors);
    let held = person.roles.iter().map(|role| {
        let name = role.as_str().to_owned();
        view! {
            <li>
                <span class="badge">{name.clone()}</span>
                <form method="post" action=api::ADMIN_ROLE.action>
                    <Named id=person.id.clone() />
                    <input type="hidden" name="role" value=name.clone() />
                    <input type="hidden" name="change" value="revoke" />
                    <button class="button button-quiet" type="submit" aria-label=(text.take_role)(&name)>
                        {text.take}
                    </button>
                </form>
            </li>
        }
    });
    let held = held.collect_view();
    let suggestions = others.into_iter().map(|role| view! { <option value=String::from(role)></option> });
    view! {
        <section class="card" aria-labelledby="roles">
            <h2 id="roles">{text.roles}</h2>
            {if held.is_empty() {
                view! { <p class="empty">{text.no_roles}</p> }.into_any()
            } else {
                view! { <ul class="held">{held}</ul> }.into_any()
            }}
            <form class="one-line" method="post" action=api::ADMIN_ROLE.action>
                <Named id=person.id.clone() />
                <div class="field">
                    <label for=Field::Role.id()>{text.give_label}</label>
                    <p class="hint" id="role-hint">
                        {text.give_hint}
                    </p>
                    <FieldMessage field=Field::Role error />
                    <input
                        class="input"
                        id=Field::Role.id()
                        name=Field::Role.name()
                        type="text"
                        list="role-names"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        dir="ltr"
                        aria-describedby="role-hint role-error"
                        aria-invalid=error.map(|_| "true")
                    />
                    <datalist id="role-names">{suggestions.collect_view()}</datalist>
                </div>
                <button class="button button-secondary" type="submit">
                    {text.give}
                </button>
            </form>
        </section>
    }
}

#[component]
fn Sessions(person: PersonLine, sessions: Vec<SessionLine>, has_more: bool) -> impl IntoView {
    let text = words::person();
    let all = String::from(Address::of("/admin/sessions").with("person", &person.id));
    let columns = vec![
        Column::plain(text.device),
        Column::plain(text.address),
        Column::plain(text.since),
        Column::plain(text.last_seen),
        Column::unlabelled(text.end_head),
    ];
    let is_empty = sessions.is_empty();
    let rows = sessions.into_iter().map(|session| {
        let end = if session.is_this {
            view! { <span class="badge">{text.this_session}</span> }.into_any()
        } else {
            view! {
                <form method="post" action=api::ADMIN_PERSON.action>
                    <Named id=person.id.clone() />
                    <input type="hidden" name="act" value=Act::EndSessions.as_str() />
                    <input type="hidden" name="session" value=session.id />
                    <button class="button button-secondary button-small" type="submit" aria-label=(text.end_one)(&session.device)>
                        {text.end}
                    </button>
                </form>
            }
            .into_any()
        };
        view! {
            <tr>
                <th scope="row" class="device">{session.device.clone()}</th>
                <td>
                    <span dir="ltr" class="address">{session.address}</span>
                </td>
                <td class="day">
                    <Time at=session.since />
                </td>
                <td class="day">
                    <Time at=session.last_seen />
                </td>
                <td>{end}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <div class="stack">
            <h2 id="sessions">{text.sessions}</h2>
            {if is_empty {
                view! { <p class="empty">{text.no_sessions}</p> }.into_any()
            } else {
                view! {
                    <Table id="live-sessions" caption=text.sessions is_caption_hidden=true columns>
                        {rows}
                    </Table>
                }
                    .into_any()
            }}
            {has_more.then(|| view! { <p class="hint">{text.more_sessions}</p> })}
            <p class="actions">
                <a href=all>{text.all_sessions}</a>
            </p>
        </div>
    }
}

#[component]
fn Access(person: PersonLine, is_self: bool) -> impl IntoView {
    let text = words::person();
    let is_disabled = person.state == PersonState::Disabled;
    let act = |act: Act, label: &'static str, hint: &'static str, class: &'static str| {
        view! {
            <form class="act" method="post" action=api::ADMIN_PERSON.action>
                <Named id=person.id.clone() />
                <input type="hidden" name="act" value=act.as_str() />
                <p class="hint">{hint}</p>
                <button class=class type="submit">
                    {label}
                </button>
            </form>
        }
    };
    let reset = match (&person.email, is_disabled) {
        (Some(_), false) => act(Act::SendResetMail, text.reset, text.reset_hint, "button button-secondary").into_any(),
        (None, _) => view! { <p class="hint">{text.reset_no_address}</p> }.into_any(),
        (Some(_), true) => view! { <p class="hint">{text.reset_disabled}</p> }.into_any(),
    };
    let access = match (is_disabled, is_self) {
        (true, _) => Some(act(Act::Enable, text.enable, text.enable_hint, "button button-secondary").into_any()),
        (false, false) => Some(act(Act::Disable, text.disable, text.disable_hint, "button button-danger").into_any()),
        (false, true) => None,
    };
    view! {
        <section class="card" aria-labelledby="access">
            <h2 id="access">{text.access}</h2>
            {reset}
            {(!is_disabled).then(|| act(Act::EndSessions, text.end_all, text.end_all_hint, "button button-secondary"))}
            {access}
        </section>
    }
}

#[component]
fn Delete(person: PersonLine, errors: Vec<FieldError>) -> impl IntoView {
    let text = words::person();
    let error = error_for(Field::Confirmation, &errors);
    let name = person.name().to_owned();
    view! {
        <section class="card card-danger" aria-labelledby="delete">
            <h2 id="delete">{text.delete_heading}</h2>
            <p>{text.delete_hint}</p>
            <form class="one-line" method="post" action=api::ADMIN_DELETE.action>
                <Named id=person.id />
                <div class="field">
                    <label for=Field::Confirmation.id()>
                        <Sentence text=text.delete_label>
                            <span dir="ltr" class="wrap">
                                {name}
                            </span>
                        </Sentence>
                    </label>
                    <FieldMessage field=Field::Confirmation error />
                    <input
                        class="input"
                        id=Field::Confirmation.id()
                        name=Field::Confirmation.name()
                        type="text"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        dir="ltr"
                        aria-describedby=Field::Confirmation.error_id()
                        aria-invalid=error.map(|_| "true")
                    />
                </div>
                <button class="button button-danger" type="submit">
                    {text.delete}
                </button>
            </form>
        </section>
    }
}

/// Whom a form is about, and where it stands.
#[component]
fn Named(id: String) -> impl IntoView {
    let page = format!("/admin/people/{id}");
    view! {
        <input type="hidden" name="person" value=id />
        <input type="hidden" name="next" value=page />
    }
}

fn detail(term: &'static str, description: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>{description}</dd>
        </div>
    }
}
