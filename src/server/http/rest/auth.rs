//! Tokens in exchange for a password, a link or a refresh token; and what goes with them. Must not word anything but what it
//! did.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{
        error::AuthError,
        field::{Field, FieldError},
        scope::Scope,
    },
    server::{
        error::FlowError,
        flows::{forgot_password, grants, own_account, reset_password, verify_email},
        http::bearer::{RequireScope, Tokens},
        request_info::RequestInfo,
        state::AppState,
    },
};

use super::{Message, document::AUTHENTICATION, input::Body, problem::Refusal};

/// E-mail address or user name, and the password.
#[derive(Deserialize, ToSchema)]
pub struct Login {
    /// The e-mail address.
    #[serde(default)]
    #[schema(required = false, format = "email", example = "sam@example.com")]
    email: String,
    /// The user name, instead of the e-mail address: never both.
    #[serde(default)]
    #[schema(required = false, example = "")]
    username: String,
    /// The password.
    #[serde(default)]
    #[schema(required = true, format = Password)]
    password: String,
    /// What an earlier sign-in gave this program, so that it is known again and nobody is mailed about it; an empty text the first
    /// time. Without it, it is a stranger each time.
    device_token: Option<String>,
}

/// Tokens (RFC 6749 section 5.1).
#[derive(Serialize, ToSchema)]
pub struct Grant {
    /// A JWT (RFC 9068), to be sent as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds for which the access token is good.
    #[schema(example = 3600, minimum = 0)]
    expires_in: i64,
    /// Good once, for `POST /auth/refresh`.
    refresh_token: String,
    /// What the access token may be used for, parted by spaces.
    #[schema(example = "account:read account:write tokens")]
    scope: String,
    /// To be sent with the next sign-in of this program, which is then known; where it asked for one and has none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

impl Grant {
    fn of(state: &AppState, grant: &grants::Grant) -> Self {
        Self {
            expires_in: grant.expires_at.0.saturating_sub(state.now().0).max(0),
            access_token: grant.access_token.clone(),
            token_type: "Bearer",
            refresh_token: grant.refresh_token.secret().to_owned(),
            scope: Scope::join(&grant.scopes),
            device_token: grant.device.as_ref().map(|device| device.secret().to_owned()),
        }
    }
}

/// Sign in
///
/// With `email` or `username`, and `password`. Begins a session, which is listed and ended like those of browsers.
#[utoipa::path(
    post, path = "/auth/login", tag = AUTHENTICATION, request_body = Login,
    responses(
        (status = 200, description = "Signed in", body = Grant),
        (status = 401, description = "Identifier and password do not belong together"),
        (status = 429, description = "Too many tries"),
    )
)]
pub async fn login(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    Body(login): Body<Login>,
) -> Result<Json<Grant>, Refusal> {
    if !login.email.is_empty() && !login.username.is_empty() {
        return Err(AuthError::MalformedJson.into());
    }
    let field = if login.email.is_empty() && !login.username.is_empty() { Field::Username } else { Field::Email };
    let identifier = if field == Field::Email { login.email } else { login.username };
    let request = match login.device_token {
        Some(device) => RequestInfo { device, forgets_device: false, ..request },
        None => request,
    };
    let granted = grants::by_password(&state, &request, identifier, login.password).await;
    let granted = granted.map_err(|error| renamed(error, Field::Identifier, field))?;
    Ok(Json(Grant::of(&state, &granted)))
}

/// An error that names a field as programs know it.
pub fn renamed(error: FlowError, ours: Field, theirs: Field) -> FlowError {
    let FlowError::Answer(AuthError::Fields { fields }) = error else { return error };
    let name =
        |error: FieldError| FieldError { field: if error.field == ours { theirs } else { error.field }, ..error };
    AuthError::from(fields.into_iter().map(name).collect::<Vec<_>>()).into()
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The newest of this session.
    refresh_token: String,
}

/// Exchange a refresh token
///
/// Each is good once. One that comes a second time ends the session, for somebody has a copy; within ten seconds it is refused and
/// nothing more.
#[utoipa::path(
    post, path = "/auth/refresh", tag = AUTHENTICATION, request_body = Refresh,
    responses(
        (status = 200, description = "New tokens", body = Grant),
        (status = 401, description = "The refresh token is not good, or its session is over"),
        (status = 429, description = "Too many requests"),
    )
)]
pub async fn refresh(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    Body(refresh): Body<Refresh>,
) -> Result<Json<Grant>, Refusal> {
    let granted = grants::by_refresh_token(&state, &request, &refresh.refresh_token).await?;
    Ok(Json(Grant::of(&state, &granted)))
}

/// Sign out
///
/// Ends the session of the access token, and with it every token of the session.
#[utoipa::path(
    post, path = "/auth/logout", tag = AUTHENTICATION, security(("bearer" = ["tokens"])),
    responses((status = 204, description = "Signed out"))
)]
pub async fn logout(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    user: RequireScope<Tokens>,
) -> Result<StatusCode, Refusal> {
    own_account::sessions::sign_out(&state, &user, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a mail is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The e-mail address.
    #[schema(format = "email", example = "sam@example.com")]
    email: String,
}

/// Ask for a mail with a link to choose a new password
///
/// The answer is the same whether the address is known or not.
#[utoipa::path(
    post, path = "/auth/password/forgot", tag = AUTHENTICATION, request_body = Address,
    responses(
        (status = 202, description = "If an account belongs to the address, a mail is on its way", body = Message),
        (status = 429, description = "Too many requests"),
    )
)]
pub async fn forgot(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    Body(address): Body<Address>,
) -> Result<(StatusCode, Json<Message>), Refusal> {
    forgot_password::run(&state, &request, &address.email).await?;
    Ok((StatusCode::ACCEPTED, Json(Message { message: "If an account belongs to the address, a mail is on its way" })))
}

/// A mailed token and a new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The token of the mailed link.
    token: String,
    /// The new password.
    #[schema(format = Password)]
    new_password: String,
}

/// Choose a new password with a mailed token
///
/// Ends every session, and revokes personal access tokens.
#[utoipa::path(
    post, path = "/auth/password/reset", tag = AUTHENTICATION, request_body = Reset,
    responses(
        (status = 200, description = "The password is changed", body = Message),
        (status = 410, description = "The token was used, replaced, or is too old"),
    )
)]
pub async fn reset(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    Body(reset): Body<Reset>,
) -> Result<Json<Message>, Refusal> {
    reset_password::run(&state, &request, &reset.token, reset.new_password).await?;
    Ok(Json(Message { message: "The password is changed" }))
}

/// A mailed token and the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// The token of the mailed link.
    token: String,
    /// The password of the account.
    #[schema(format = Password)]
    password: String,
}

/// Prove an e-mail address with a mailed token
///
/// Takes the password too, and signs in.
#[utoipa::path(
    post, path = "/auth/email/verify", tag = AUTHENTICATION, request_body = Verify,
    responses(
        (status = 200, description = "The address is proven", body = Grant),
        (status = 202, description = "The address is proven; sign in", body = Message),
        (status = 410, description = "The token was used, replaced, or is too old"),
        (status = 429, description = "Too many tries"),
    )
)]
pub async fn verify(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    Body(verify): Body<Verify>,
) -> Result<axum::response::Response, Refusal> {
    use axum::response::IntoResponse;
    let granted = grants::by_link(&state, &request, &verify.token, verify.password).await?;
    Ok(match granted {
        Some(granted) => Json(Grant::of(&state, &granted)).into_response(),
        None => (StatusCode::ACCEPTED, Json(Message { message: "The address is proven. Sign in" })).into_response(),
    })
}

/// Ask for another mail with a link that proves an address
///
/// The answer is the same whether the address is known or not.
#[utoipa::path(
    post, path = "/auth/email/resend", tag = AUTHENTICATION, request_body = Address,
    responses(
        (status = 202, description = "If the address waits to be proven, a mail is on its way", body = Message),
        (status = 429, description = "Too many requests"),
    )
)]
pub async fn resend(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    Body(address): Body<Address>,
) -> Result<(StatusCode, Json<Message>), Refusal> {
    verify_email::ask_again(&state, &request, &address.email).await?;
    Ok((StatusCode::ACCEPTED, Json(Message { message: "If the address waits to be proven, a mail is on its way" })))
}
