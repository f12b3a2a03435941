//! `/admin/people`: everybody, looked for, filtered, sorted, a page at a time; and the beginning of an act on several.

use leptos::prelude::*;

use crate::{
    components::{
        pager::Pager,
        table::{Column, Order, Table},
        time::{Day, Time},
    },
    domain::console::{Act, PeopleData, PeopleQuery, PeopleSort, PersonLine, PersonState, Total, Verified},
    words,
};

use crate::pages::console::{Area, ConsoleFrame};

use super::filter_fields::{ChoiceFilter, hidden};

/// The page.
#[component]
pub fn PeoplePage() -> impl IntoView {
    use_context::<PeopleData>().map(|data| view! { <People data /> })
}

#[component]
fn People(data: PeopleData) -> impl IntoView {
    let text = words::people();
    let is_filtered = data.query.is_filtered();
    let list = if data.people.is_empty() {
        view! { <p class="empty">{if is_filtered { text.no_match } else { text.nobody }}</p> }.into_any()
    } else {
        view! { <List query=data.query.clone() people=data.people total=data.total /> }.into_any()
    };
    let (previous, next) = [data.previous, data.next].map(|page| page.map(|page| data.query.at(page).address())).into();
    let console = words::console();
    view! {
        <ConsoleFrame title=text.title area=Area::People>
            <div class="heading">
                <h1>{text.heading}</h1>
                <a class="button button-secondary" href="/admin/people/new">
                    {text.new}
                </a>
            </div>
            <Filters query=data.query roles=data.roles.iter().map(|role| role.as_str().to_owned()).collect() />
            <p class="count" role="status">
                {(text.count)(data.total)}
            </p>
            {list}
            <Pager label=console.pages back=console.previous back_to=previous on=console.next on_to=next />
        </ConsoleFrame>
    }
}

#[component]
fn Filters(query: PeopleQuery, roles: Vec<String>) -> impl IntoView {
    let (text, console) = (words::people(), words::console());
    let role = query.role.as_ref().map(|role| role.as_str().to_owned()).unwrap_or_default();
    let roles = roles.into_iter().map(|name| (name.clone(), name)).collect();
    let verified = Verified::ALL.iter().map(|one| (one.as_str().to_owned(), (text.verified_name)(*one).to_owned()));
    let states = PersonState::ALL.iter().map(|one| (one.as_str().to_owned(), (text.state_name)(*one).to_owned()));
    let order = query.parameters().into_iter().filter(|(name, _)| matches!(*name, "sort" | "order"));
    let order = hidden(order.collect());
    view! {
        <form class="filters" method="get" action="/admin/people" role="search">
            <div class="field filters-wide">
                <label for="q">{text.search}</label>
                <input
                    class="input"
                    type="search"
                    id="q"
                    name="q"
                    dir="ltr"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    value=query.text.clone()
                />
            </div>
            <ChoiceFilter name="role" label=text.role choices=roles chosen=role />
            <ChoiceFilter
                name="verified"
                label=text.verified
                choices=verified.collect()
                chosen=query.verified.map(Verified::as_str).unwrap_or_default().to_owned()
            />
            <ChoiceFilter
                name="state"
                label=text.state
                choices=states.collect()
                chosen=query.state.map(PersonState::as_str).unwrap_or_default().to_owned()
            />
            {order}
            <div class="actions">
                <button class="button" type="submit">
                    {console.apply}
                </button>
                {query.is_filtered().then(|| view! { <a href="/admin/people">{console.clear}</a> })}
            </div>
        </form>
    }
}

#[component]
fn List(query: PeopleQuery, people: Vec<PersonLine>, total: Total) -> impl IntoView {
    let text = words::people();
    let sorted = |label: &'static str, sort: PeopleSort| {
        let starts_ascending = sort == PeopleSort::Email;
        let order = if starts_ascending ^ query.is_reversed { Order::Ascending } else { Order::Descending };
        Column::sorted(label, query.sorted(sort).address(), (query.sort == sort).then_some(order))
    };
    let columns = vec![
        Column::unlabelled(text.select),
        sorted(text.person, PeopleSort::Email),
        Column::plain(text.state),
        Column::plain(text.roles),
        sorted(text.joined, PeopleSort::Joined),
        sorted(text.last_sign_in, PeopleSort::LastSignIn),
    ];
    let asked = hidden(query.parameters());
    let acts = Act::ALL.iter().map(|act| view! { <option value=act.as_str()>{(text.act_name)(*act)}</option> });
    let rows = people.into_iter().map(|person| {
        view! {
            <tr>
                <td class="tick">
                    <input
                        type="checkbox"
                        name="id"
                        value=person.id.clone()
                        aria-label=(text.select_one)(person.name())
                    />
                </td>
                <th scope="row">
                    <PersonName person=person.clone() />
                </th>
                <td>
                    <StateBadge state=person.state />
                </td>
                <td>{roles(&person)}</td>
                <td class="day">
                    <Day at=person.joined />
                </td>
                <td class="day">
                    {match person.last_sign_in {
                        Some(at) => view! { <Time at /> }.into_any(),
                        None => text.never.into_any(),
                    }}
                </td>
            </tr>
        }
    });
    view! {
        <form class="selection" method="get" action="/admin/people/act">
            {asked}
            <Table id="people" caption=text.caption is_caption_hidden=true columns>
                {rows.collect_view()}
            </Table>
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
                    {(text.with_all)(total)}
                </button>
            </div>
        </form>
    }
}

/// Who somebody is, with the way to their page, the user name and whether the address waits to be proven.
#[component]
pub fn PersonName(
    /// Who.
    person: PersonLine,
) -> impl IntoView {
    let href = format!("/admin/people/{}", person.id);
    let name = person.name().to_owned();
    let username = person.username.clone().filter(|username| *username != name);
    view! {
        <a href=href dir="ltr">
            {name}
        </a>
        {username
            .map(|username| {
                view! {
                    <span class="second" dir="ltr">
                        {username}
                    </span>
                }
            })}
        {(person.is_verified == Some(false)).then(|| view! { <span class="second">{words::people().unconfirmed}</span> })}
    }
}

/// A state, told apart by word and colour.
#[component]
pub fn StateBadge(
    /// Which.
    state: PersonState,
) -> impl IntoView {
    let class = match state {
        PersonState::Active => "badge badge-calm",
        PersonState::Disabled => "badge badge-danger",
        PersonState::Locked | PersonState::Leaving => "badge badge-warning",
    };
    view! { <span class=class>{(words::people().state_name)(state)}</span> }
}

fn roles(person: &PersonLine) -> impl IntoView + use<> {
    let badges = person.roles.iter().map(|role| view! { <span class="badge">{role.as_str().to_owned()}</span> });
    view! { <span class="badges">{badges.collect_view()}</span> }
}
