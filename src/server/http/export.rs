//! `/account/export`: a copy of somebody's data as a file. A route and no server function, because a file is what it answers.
//! Must not be answered to who did not show the password a moment ago.

use axum::{
    Json, Router,
    extract::State,
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, LOCATION},
    },
    response::{IntoResponse, Response},
    routing::post,
};

use crate::{
    api,
    domain::{account::CurrentUser, error::AuthError, safe_path::SafePath},
    server::{
        flows::{current_user, own_account::export},
        request_info::RequestInfo,
        state::AppState,
    },
};

use super::errors;

/// Where it is posted to.
pub const PATH: &str = "/account/export";
/// The page that its button stands on.
const PAGE: &str = "/account";

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route(PATH, post(answer))
}

/// The file; or the way to where the password is asked for, and from there back to the button (ASVS 7.5.1).
async fn answer(
    State(state): State<AppState>,
    user: CurrentUser,
    request: Option<axum::Extension<RequestInfo>>,
) -> Response {
    if !current_user::is_confirmed(&state, &user) {
        let page = SafePath::literal(PAGE);
        let target = format!("{}?next={}", api::CONFIRM_PASSWORD.page, page.query_value());
        return (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response();
    }
    let request = request.map(|axum::Extension(request)| request).unwrap_or_default();
    file(&state, &user, &request).await.unwrap_or_else(|error| errors::answer(&error))
}

async fn file(state: &AppState, user: &CurrentUser, request: &RequestInfo) -> Result<Response, AuthError> {
    let export = export::run(state, user, request).await?;
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"account.json\"")], Json(export)).into_response())
}
