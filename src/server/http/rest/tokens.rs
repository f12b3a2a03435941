//! Personal access tokens: made, listed, revoked. Must not show a secret twice.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{
        error::AuthError,
        personal_token::{PersonalToken, Wish},
        scope::Scope,
    },
    server::{
        flows::{bearer, personal_tokens},
        http::bearer::{AccountRead, RequireScope, Tokens},
        request_info::RequestInfo,
        state::AppState,
    },
};

use super::{
    document::ACCOUNT,
    input::{Body, Id},
    problem::Refusal,
};

/// A personal access token, without its secret.
#[derive(Serialize, ToSchema)]
pub struct Token {
    /// Names it; opens nothing.
    id: String,
    /// What its owner knows it by.
    name: String,
    /// What it may be used for.
    scopes: Vec<&'static str>,
    /// When it was made (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is good for nothing any more (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it was last used, up to a minute behind (RFC 3339).
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

impl From<PersonalToken> for Token {
    fn from(token: PersonalToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes.into_iter().map(Scope::as_str).collect(),
            created_at: token.created_at.rfc3339(),
            expires_at: token.expires_at.rfc3339(),
            last_used_at: token.last_used_at.map(crate::domain::moment::Moment::rfc3339),
        }
    }
}

/// Personal access tokens.
#[derive(Serialize, ToSchema)]
pub struct TokenList {
    /// Live ones, newest first.
    tokens: Vec<Token>,
}

/// Personal access tokens of the account
#[utoipa::path(
    get, path = "/users/me/tokens", tag = ACCOUNT, security(("bearer" = ["account:read"])),
    responses((status = 200, body = TokenList))
)]
pub async fn list(State(state): State<AppState>, user: RequireScope<AccountRead>) -> Result<Json<TokenList>, Refusal> {
    let tokens = personal_tokens::list(&state, &user.id).await?;
    Ok(Json(TokenList { tokens: tokens.into_iter().map(Token::from).collect() }))
}

/// A token that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What its owner knows it by: 1 to 100 characters.
    #[serde(default)]
    #[schema(required = true, max_length = 100)]
    name: String,
    /// What it may be used for: `account:read`, `account:write`, and for administrators `admin:read` and `admin:write`.
    #[serde(default)]
    #[schema(required = true, min_items = 1)]
    scopes: Vec<String>,
    /// Days until it is good for nothing; 90 if it is not said.
    #[schema(minimum = 1, maximum = 366, default = 90)]
    expires_in_days: Option<u32>,
}

/// A new token, with its secret.
#[derive(Serialize, ToSchema)]
pub struct NewTokenAnswer {
    /// To be sent as `Authorization: Bearer …`. Shown this once.
    #[schema(example = "latchkey_pat_…")]
    token: String,
    /// The rest.
    #[serde(flatten)]
    about: Token,
}

/// Make a personal access token
///
/// With the access token of a sign-in a few minutes ago: an older one is refused with `insufficient_user_authentication`
/// (RFC 9470).
#[utoipa::path(
    post, path = "/users/me/tokens", tag = ACCOUNT, request_body = NewToken, security(("bearer" = ["tokens"])),
    responses(
        (status = 201, description = "Made; its secret is shown this once", body = NewTokenAnswer),
        (status = 409, description = "There is no room for another"),
        (status = 429, description = "Too many requests"),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    user: RequireScope<Tokens>,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Json<NewTokenAnswer>), Refusal> {
    bearer::confirmed(&state, &user.0)?;
    let scopes: Vec<&str> = new.scopes.iter().map(String::as_str).collect();
    let wish = Wish::check(&new.name, &scopes, new.expires_in_days, user.is_admin()).map_err(AuthError::from)?;
    let created = personal_tokens::create(&state, &user, &request, wish).await?;
    let answer = NewTokenAnswer { token: created.secret, about: created.token.into() };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Revoke a personal access token
#[utoipa::path(
    delete, path = "/users/me/tokens/{id}", tag = ACCOUNT, security(("bearer" = ["tokens"])),
    params(("id" = String, Path, description = "Names the token")),
    responses(
        (status = 204, description = "It opens nothing any more"),
        (status = 404, description = "The account has no such live token"),
    )
)]
pub async fn revoke(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    user: RequireScope<Tokens>,
    Id(id): Id,
) -> Result<StatusCode, Refusal> {
    personal_tokens::revoke(&state, &user, &request, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
