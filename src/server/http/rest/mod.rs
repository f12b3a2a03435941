//! The JSON API: its routes, which are also its document (OpenAPI 3.1). Every handler reads, calls one flow and answers, as
//! the server functions do. Must not look at cookies, nor hold a rule that pages hold too.

/// Tokens in exchange for a password.
mod auth;
/// The document as a page.
mod browse;
/// The document, and what it says of every operation.
pub mod document;
/// What requests bring.
mod input;
/// The console, for programs: sessions and the audit log.
mod manage_records;
/// The console, for programs: people.
mod manage_users;
/// How requests are refused.
pub mod problem;
/// Sessions of one's own.
mod sessions;
/// Personal access tokens.
mod tokens;
/// Accounts.
mod users;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderName, Method, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::{ToSchema, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::server::{config::Config, flows::readiness, state::AppState};

use super::{errors, jwks, request::REQUEST_ID};

/// The page about the API, on which every kind of problem has a place.
pub const DOCS: &str = "/api-docs";
/// The most bytes of a body.
const MAX_BODY: usize = 64 * 1024;
/// What its paths begin with.
const PREFIXES: [&str; 6] = ["/.well-known/jwks.json", "/auth", "/health", "/manage", "/openapi.json", "/users"];

/// Whether a path is the API's.
#[must_use]
pub fn is_ours(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether a request comes from a page of an origin that the settings name.
#[must_use]
pub fn is_known_origin(config: &Config, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.is_some_and(|origin| config.cors_origins.iter().any(|known| known == origin))
}

/// The routes, with the layer that lets other sites' pages in where the settings name them.
pub fn routes(config: &Config) -> Router<AppState> {
    let (router, _) = parts();
    let router = router.layer(DefaultBodyLimit::max(MAX_BODY)).route(DOCS, get(browse::show));
    if config.cors_origins.is_empty() { router } else { router.layer(cors(config)) }
}

/// The document of the API (OpenAPI 3.1), made from the same list as its routes.
#[must_use]
pub fn openapi() -> OpenApi {
    document::complete(parts().1)
}

fn parts() -> (Router<AppState>, OpenApi) {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(users::create))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::forgot))
        .routes(routes!(auth::reset))
        .routes(routes!(auth::verify))
        .routes(routes!(auth::resend))
        .routes(routes!(users::me))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(manage_records::overview))
        .routes(routes!(manage_users::list, manage_users::create))
        .routes(routes!(manage_users::show, manage_users::delete))
        .routes(routes!(manage_users::act))
        .routes(routes!(manage_users::grant, manage_users::withdraw))
        .routes(routes!(manage_users::end_session))
        .routes(routes!(manage_records::sessions))
        .routes(routes!(manage_records::end_sessions))
        .routes(routes!(manage_records::delete_sessions))
        .routes(routes!(manage_records::events))
        .routes(routes!(manage_records::export))
        .routes(routes!(health))
        .routes(routes!(ready))
        .routes(routes!(document::show))
        .routes(routes!(jwks::show))
        .split_for_parts()
}

/// Pages of the origins that the settings name may call the API with tokens; cookies they never carry.
fn cors(config: &Config) -> CorsLayer {
    let origins = config.cors_origins.iter().filter_map(|origin| origin.parse().ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER, HeaderName::from_static(REQUEST_ID)])
        .max_age(std::time::Duration::from_mins(10))
}

/// That something was done.
#[derive(Serialize, ToSchema)]
struct Message {
    /// In a sentence.
    message: &'static str,
}

/// How the process is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`, or `ready`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process is alive
#[utoipa::path(get, path = "/health", tag = document::SERVER, responses((status = 200, body = Health)))]
async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the server can serve
///
/// For whatever sends it requests: the database answers, takes writes and has the schema of this program, and access tokens can be
/// signed.
#[utoipa::path(
    get, path = "/health/ready", tag = document::SERVER,
    responses((status = 200, body = Health), (status = 503, description = "It cannot serve now: `reasons` says why"))
)]
async fn ready(State(state): State<AppState>) -> Response {
    let reasons = readiness::run(&state).await;
    if reasons.is_empty() { Json(Health { status: "ready" }).into_response() } else { errors::not_ready(reasons) }
}
