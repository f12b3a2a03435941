//! Mail that a developer reads at `/dev/mail`, while no mail server is set. Not mounted in production, and answers only to
//! the machine it runs on. Must not change anything.

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS},
    },
    middleware::from_fn,
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{
    domain::{error::AuthError, visit::Visit},
    pages::dev_mail::{self, Mail},
    server::{error::FlowError, state::AppState, storage::outbox},
};

use super::{errors, headers::content_security_policy, only_this_machine};

/// How many mails are shown.
const MOST: i64 = 50;
/// What the HTML part of a mail may do: be looked at, within our page, and open its link in another one.
const FRAME_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
                            sandbox allow-popups allow-popups-to-escape-sandbox";

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/dev/mail", get(page))
        .route("/dev/mail/{id}", get(html_part))
        .route_layer(from_fn(only_this_machine::layer))
}

async fn page(State(state): State<AppState>, Extension(visit): Extension<Visit>) -> Response {
    match newest(&state).await {
        Ok(mails) => {
            // The HTML parts stand in frames.
            let policy = format!("{}; frame-src 'self'", content_security_policy(None, state.config.is_watched()));
            ([(CONTENT_SECURITY_POLICY, policy)], Html(dev_mail::document(&state.site(), &visit, &mails)))
                .into_response()
        }
        Err(error) => errors::answer(&AuthError::from(error)),
    }
}

async fn newest(state: &AppState) -> Result<Vec<Mail>, FlowError> {
    let rows = outbox::newest(&mut state.db.read().await?, MOST).await?;
    let to_mail = |row: outbox::OutboxRow| Mail {
        html_at: (!row.html.is_empty()).then(|| format!("/dev/mail/{}", row.id)),
        at: row.created_at(),
        recipient: row.recipient,
        subject: row.subject,
        body: row.body,
    };
    Ok(rows.into_iter().map(to_mail).collect())
}

async fn html_part(State(state): State<AppState>, Path(id): Path<String>) -> Response {
    match find(&state, &id).await {
        Ok(Some(html)) => {
            let headers = [(CONTENT_SECURITY_POLICY, FRAME_POLICY), (X_FRAME_OPTIONS, "SAMEORIGIN")];
            (headers, Html(html)).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => errors::answer(&AuthError::from(error)),
    }
}

async fn find(state: &AppState, id: &str) -> Result<Option<String>, FlowError> {
    let row = outbox::find(&mut state.db.read().await?, id).await?;
    Ok(row.map(|row| row.html).filter(|html| !html.is_empty()))
}
