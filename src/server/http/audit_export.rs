//! The audit log as a file, for administrators who showed the password a moment ago: streamed, so that its size does not matter.
//! Posted, since it writes an event. Must not choose what is in it.

use axum::{
    Extension, Router,
    body::Body,
    extract::{RawForm, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::stream;

use crate::{
    api,
    domain::{account::CurrentUser, error::AuthError, records::AuditQuery, safe_path::SafePath},
    server::{
        audit::{
            Event,
            export::{self, Export, Format},
        },
        error::FlowError,
        flows::{current_user, manage::look_records},
        request_info::RequestInfo,
        state::AppState,
        storage::patience,
    },
};

use super::{access, errors};

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route(api::AUDIT_EXPORT, post(export))
}

async fn export(
    State(state): State<AppState>,
    user: Option<Extension<CurrentUser>>,
    Extension(request): Extension<RequestInfo>,
    RawForm(form): RawForm,
) -> Response {
    let user = user.map(|Extension(user)| user);
    match answer(&state, user, &request, &form).await {
        Ok(response) => response,
        Err(error) => errors::answer(&AuthError::from(error)),
    }
}

async fn answer(
    state: &AppState,
    user: Option<CurrentUser>,
    request: &RequestInfo,
    form: &[u8],
) -> Result<Response, FlowError> {
    let user = user.ok_or(AuthError::NotFound)?;
    if !user.is_admin() {
        access::write_down(state, request, &user, api::AUDIT_EXPORT).await?;
        return Err(AuthError::NotFound.into());
    }
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(form).into_owned().collect();
    let query = AuditQuery::parse(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if !current_user::is_confirmed(state, &user) {
        let back = SafePath::parse(&query.address()).unwrap_or_else(|| SafePath::literal("/admin/audit"));
        let target = format!("{}?next={}", api::CONFIRM_PASSWORD.page, back.query_value());
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response());
    }
    let format = fields.iter().find(|(name, _)| name == "format").and_then(|(_, value)| Format::parse(value));
    file(state, &user, request, &query, format.ok_or(AuthError::Malformed)?).await
}

/// The file, with an event that says who took it.
///
/// # Errors
/// When the database is away.
pub async fn file(
    state: &AppState,
    user: &CurrentUser,
    request: &RequestInfo,
    query: &AuditQuery,
    format: Format,
) -> Result<Response, FlowError> {
    let wanted = look_records::wanted_events(state, query).await?;
    let event = Event::of(export::KIND, request).by(&user.id).about("").in_session(&user.session.id);
    let export = Export::begin(state, event, wanted, format).await?;
    let pieces = stream::try_unfold(export, async |mut export| {
        // A failure breaks the file off, which its reader notices; why stands in the log.
        let piece = patience::for_each(patience::OF_A_TASK, export.next()).await;
        let piece = piece.inspect_err(|error| tracing::error!(%error, "an export broke off"));
        Ok::<_, crate::server::error::ServerError>(piece?.map(|piece| (piece, export)))
    });
    let name = format!("attachment; filename=\"audit-{}.{}\"", state.now().0, format.name());
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
