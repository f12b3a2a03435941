//! `/api-docs`: the JSON API, for people. Drawn by the server alone, without a script. Must not know an operation.

use leptos::prelude::*;

use crate::{
    components::sentence::Sentence,
    domain::{
        api_docs::{Answer, ApiDocs, Group, Member, Operation, Problem},
        site::Site,
        visit::Visit,
    },
    words,
};

use super::frame::{Surroundings, Visitor};

/// Where the document for programs is.
const DOCUMENT: &str = "/openapi.json";

/// The whole document.
#[must_use]
pub fn document(site: &Site, visit: &Visit, docs: &ApiDocs) -> String {
    let text = words::api_docs();
    let docs = docs.clone();
    super::whole_document(text.title, site, visit, move || {
        let contents = docs.groups.clone();
        view! {
            <Surroundings visitor=Visitor::Unknown is_wide=true>
                <h1>{text.title}</h1>
                <p class="lead">{docs.about}</p>
                <p>
                    <Sentence text=text.for_programs>
                        <a href=DOCUMENT>{DOCUMENT}</a>
                    </Sentence>
                </p>
                <nav class="api-contents" aria-label=text.contents>
                    {contents.into_iter().map(|group| view! { <Contents group /> }).collect_view()}
                </nav>
                {docs.groups.into_iter().map(|group| view! { <GroupSection group /> }).collect_view()}
                <Problems problems=docs.problems />
            </Surroundings>
        }
        .into_any()
    })
}

#[component]
fn Contents(group: Group) -> impl IntoView {
    let operations = group.operations.into_iter().map(|operation| {
        view! {
            <li>
                <a href=format!("#{}", operation.id)>
                    <MethodAndPath method=operation.method path=operation.path />
                </a>
            </li>
        }
    });
    view! {
        <p>{group.name}</p>
        <ul>{operations.collect_view()}</ul>
    }
}

#[component]
fn MethodAndPath(method: String, path: String) -> impl IntoView {
    view! {
        <code dir="ltr" class="wrap">
            {method} " " {path}
        </code>
    }
}

#[component]
fn GroupSection(group: Group) -> impl IntoView {
    let operations = group.operations.into_iter().map(|operation| view! { <OperationCard operation /> });
    view! {
        <h2>{group.name}</h2>
        <p>{group.about}</p>
        {operations.collect_view()}
    }
}

#[component]
fn OperationCard(operation: Operation) -> impl IntoView {
    let text = words::api_docs();
    let Operation { id, method, path, summary, about, scope, parameters, body, answers } = operation;
    let takes = if scope.is_empty() {
        view! { <p class="hint">{text.takes_nothing}</p> }.into_any()
    } else {
        view! {
            <p class="hint">
                <Sentence text=text.takes>
                    <code>{scope}</code>
                </Sentence>
            </p>
        }
        .into_any()
    };
    let about = (!about.is_empty()).then(|| view! { <p>{about}</p> });
    view! {
        <section class="card api-operation" id=id>
            <h3>{summary}</h3>
            <p>
                <MethodAndPath method path />
            </p>
            {about}
            {takes}
            <Members heading=text.parameters members=parameters />
            <Members heading=text.body members=body />
            <h4>{text.answers}</h4>
            <dl class="api-members">
                {answers.into_iter().map(|answer| view! { <AnswerEntry answer /> }).collect_view()}
            </dl>
        </section>
    }
}

#[component]
fn Members(heading: &'static str, members: Vec<Member>) -> impl IntoView {
    (!members.is_empty()).then(|| {
        view! {
            <h4>{heading}</h4>
            <dl class="api-members">
                {members.into_iter().map(|member| view! { <MemberEntry member /> }).collect_view()}
            </dl>
        }
    })
}

#[component]
fn MemberEntry(member: Member) -> impl IntoView {
    let required = member.is_required.then(|| view! { " " <span class="badge">{words::api_docs().required}</span> });
    view! {
        <div>
            <dt>
                <code class="wrap">{member.name}</code>
                {required}
            </dt>
            <dd>
                {member.about} " " <span class="hint wrap">{member.kind}</span>
            </dd>
        </div>
    }
}

#[component]
fn AnswerEntry(answer: Answer) -> impl IntoView {
    let members = answer.members.into_iter().map(|member| {
        view! {
            <li>
                <code class="wrap">{member.name}</code>
                " "
                {member.about}
                " "
                <span class="hint wrap">{member.kind}</span>
            </li>
        }
    });
    let members: Vec<_> = members.collect();
    let members = (!members.is_empty()).then(|| view! { <ul>{members}</ul> });
    view! {
        <div>
            <dt>
                <code>{answer.status}</code>
            </dt>
            <dd>{answer.about} {members}</dd>
        </div>
    }
}

#[component]
fn Problems(problems: Vec<Problem>) -> impl IntoView {
    let text = words::api_docs();
    let entries = problems.into_iter().map(|problem| {
        let id = problem.code.clone();
        view! {
            <div id=id>
                <dt>
                    <code class="wrap">{problem.code}</code>
                    " "
                    <span class="badge">{problem.status}</span>
                </dt>
                <dd>{problem.sentence}</dd>
            </div>
        }
    });
    view! {
        <h2>{text.problems}</h2>
        <p>{text.problems_lead}</p>
        <section class="card">
            <dl class="api-members">{entries.collect_view()}</dl>
        </section>
    }
}
