//! The document of the JSON API as a page, for people: `/api-docs`. Needs nothing from outside, and no script. Must not say
//! anything of an operation that the document does not.

use std::sync::LazyLock;

use axum::{Extension, extract::State, response::Html};
use serde_json::Value;

use crate::{
    domain::{
        api_docs::{Answer, ApiDocs, Group, Member, Operation, Problem},
        error::AuthError,
        visit::Visit,
    },
    pages::api_docs,
    server::{http::errors, state::AppState},
    words,
};

/// Made once.
static DOCS: LazyLock<ApiDocs> = LazyLock::new(|| read(&serde_json::to_value(super::openapi()).unwrap_or_default()));

/// Answers with the page.
pub async fn show(State(state): State<AppState>, Extension(visit): Extension<Visit>) -> Html<String> {
    Html(api_docs::document(&state.site(), &visit, &DOCS))
}

/// Reads the document.
fn read(document: &Value) -> ApiDocs {
    let groups = list(&document["tags"]).map(|tag| Group {
        name: text(&tag["name"]),
        about: text(&tag["description"]),
        operations: operations(document, &tag["name"]),
    });
    let problems = AuthError::kinds().into_iter().map(|error| Problem {
        code: errors::code(&error),
        status: super::problem::status(&error),
        sentence: words::error(&error),
    });
    ApiDocs { about: text(&document["info"]["description"]), groups: groups.collect(), problems: problems.collect() }
}

fn operations(document: &Value, tag: &Value) -> Vec<Operation> {
    let items = document["paths"].as_object().into_iter().flatten();
    let all = items.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    all.filter(|(_, _, operation)| &operation["tags"][0] == tag)
        .map(|(path, method, operation)| Operation {
            id: format!("{method}{}", path.replace(['/', '{', '}', '.'], "-")),
            method: method.to_uppercase(),
            path: path.clone(),
            summary: text(&operation["summary"]),
            about: text(&operation["description"]),
            scope: text(&operation["security"][0]["bearer"][0]),
            parameters: list(&operation["parameters"]).map(|parameter| parameter_of(document, parameter)).collect(),
            body: members(document, &operation["requestBody"]["content"]["application/json"]["schema"]),
            answers: answers(document, &operation["responses"]),
        })
        .collect()
}

fn parameter_of(document: &Value, parameter: &Value) -> Member {
    Member {
        name: text(&parameter["name"]),
        kind: kind(document, &parameter["schema"]),
        is_required: parameter["required"] == true,
        about: text(&parameter["description"]),
    }
}

fn answers(document: &Value, responses: &Value) -> Vec<Answer> {
    let responses = responses.as_object().into_iter().flatten();
    responses
        .map(|(status, response)| Answer {
            status: status.clone(),
            about: text(&response["description"]),
            members: members(document, &response["content"]["application/json"]["schema"]),
        })
        .collect()
}

/// The members of an object, those of its parts included.
fn members(document: &Value, schema: &Value) -> Vec<Member> {
    let schema = resolved(document, schema);
    let required: Vec<&Value> = list(&schema["required"]).collect();
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, property)| Member {
        name: name.clone(),
        kind: kind(document, property),
        is_required: required.iter().any(|required| *required == name),
        about: text(&property["description"]),
    });
    list(&schema["allOf"]).flat_map(|part| members(document, part)).chain(own).collect()
}

/// What kind of value a schema describes, in few words.
fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolved(document, schema);
    if let Some(names) = schema["enum"].as_array() {
        return names.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    let plain = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" | "),
        kind => text(kind),
    };
    match (plain.as_str(), schema["format"].as_str()) {
        ("array", _) => format!("[{}]", kind(document, &schema["items"])),
        (_, Some(format)) => format!("{plain} ({format})"),
        _ => plain,
    }
}

/// What a reference refers to.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text, without the marks that Markdown would have for code.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('`', "")
}
