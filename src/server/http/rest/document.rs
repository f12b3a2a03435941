//! The document of the JSON API (OpenAPI 3.1): what stands around its operations, and how each of them may refuse. Must not name an
//! operation.

use std::sync::LazyLock;

use axum::Json;
use utoipa::{
    OpenApi as _,
    openapi::{
        Content, Header, HttpMethod, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
        path::{Operation, ParameterIn},
        schema::{ArrayBuilder, ObjectBuilder, Schema, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::server::flows::readiness::Reason;

use super::problem::Problem;

/// Operations that give tokens.
pub const AUTHENTICATION: &str = "Authentication";
/// Operations on one's own account.
pub const ACCOUNT: &str = "Account";
/// Operations for administrators.
pub const MANAGE: &str = "Administration";
/// Operations of the server.
pub const SERVER: &str = "Server";
/// The security scheme.
const BEARER: &str = "bearer";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Latchkey",
        description = "Accounts, sessions and tokens. Send JSON, and the access token as `Authorization: Bearer …`. Every \
                       refusal is a problem (RFC 9457) with a sentence in `error` and a stable `code`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = AUTHENTICATION, description = "Tokens in exchange for a password, and what goes with them"),
        (name = ACCOUNT, description = "The account behind the token"),
        (name = MANAGE, description = "What the console does, for administrators"),
        (name = SERVER, description = "The server itself"),
    ),
    components(schemas(Problem))
)]
struct Frame;

/// What stands around the operations.
#[must_use]
pub fn frame() -> OpenApi {
    let mut document = Frame::openapi();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token of `POST /auth/login`, or a personal access token"))
        .build();
    document.components.get_or_insert_default().add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    document
}

/// Adds to each operation how it may refuse: what follows from its taking a body, parameters or a token.
#[must_use]
pub fn complete(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(name(&method, path));
                for parameter in operation.parameters.iter_mut().flatten() {
                    // There is no path without all of its parts.
                    if let RefOr::T(parameter) = parameter
                        && parameter.parameter_in == ParameterIn::Path
                    {
                        parameter.required = Required::True;
                    }
                }
                refuse(operation, &method);
            }
        }
    }
    document
}

/// What generators call an operation: `deleteUsersMeSessionsById`.
fn name(method: &HttpMethod, path: &str) -> String {
    let method = match method {
        HttpMethod::Put => "put",
        HttpMethod::Post => "post",
        HttpMethod::Delete => "delete",
        _ => "get",
    };
    let parts = path.split(['/', '_', '-', '.']).filter(|part| !part.is_empty()).map(|part| {
        let (by, part) = part.strip_prefix('{').map_or(("", part), |part| ("By", part.trim_end_matches('}')));
        format!("{by}{}{}", part[..1].to_uppercase(), &part[1..])
    });
    std::iter::once(method.to_owned()).chain(parts).collect()
}

fn refuse(operation: &mut Operation, method: &HttpMethod) {
    let is_safe = *method == HttpMethod::Get;
    let takes_parameters = operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
    let mut refusals = vec![(500, "Something went wrong on our side"), (503, "Come back later: see `Retry-After`")];
    if operation.request_body.is_some() {
        refusals.extend([
            (400, "A member is missing or has no such value"),
            (413, "The body is too large"),
            (415, "The body is not said to be JSON"),
        ]);
    } else if takes_parameters {
        refusals.push((400, "A parameter is not known or has no such value"));
    }
    if operation.security.is_some() {
        refusals.push((401, "No token, or one that is not good: see `WWW-Authenticate`"));
        refusals.push((403, "The token lacks the scope, or the request came from another site"));
        if !is_safe {
            refusals.push((404, "There is nothing here, or nothing that the person may do any more"));
        }
    } else if !is_safe {
        refusals.push((403, "The request came from another site"));
    }
    for (status, description) in refusals {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert_with(|| RefOr::T(refusal(status, description)));
    }
    let summary = operation.summary.clone().unwrap_or_default();
    // What an operation says of a refusal itself is a sentence alone; its body is the same everywhere.
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            response.description.clone_from(&summary);
        }
        if let Ok(status @ 400..) = status.parse::<u16>()
            && response.content.is_empty()
        {
            *response = refusal(status, &response.description);
        }
    }
}

fn refusal(status: u16, description: &str) -> Response {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let response = ResponseBuilder::new().description(description).content("application/problem+json", problem);
    match status {
        401 => response.header("WWW-Authenticate", header("What is wrong with the token (RFC 6750)", Type::String)),
        429 | 503 => response.header("Retry-After", header("Seconds until it makes sense to try again", Type::Integer)),
        _ => response,
    }
    .build()
}

fn header(description: &str, kind: Type) -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(kind).build());
    header.description = Some(description.to_owned());
    header
}

/// The schema of why the server cannot serve.
#[must_use]
pub fn reasons() -> Schema {
    ArrayBuilder::new().items(RefOr::T(one_of(Reason::ALL.map(Reason::as_str)))).build().into()
}

/// A schema of texts from a closed list.
#[must_use]
pub fn one_of<'n>(names: impl IntoIterator<Item = &'n str>) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build().into()
}

/// The document, made once.
static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(super::openapi);

/// This document (OpenAPI 3.1)
#[utoipa::path(get, path = "/openapi.json", tag = SERVER, responses((status = 200, body = serde_json::Value)))]
pub async fn show() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}
