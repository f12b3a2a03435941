//! Accounts: made, and looked at by their owner. Must not show anybody else's.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{account::CurrentUser, field::Field},
    server::{
        flows::sign_up::{self, Application, Made},
        http::bearer::{AccountRead, RequireScope},
        request_info::RequestInfo,
        state::AppState,
    },
};

use super::{
    Message,
    auth::renamed,
    document::{ACCOUNT, AUTHENTICATION},
    input::Body,
    problem::Refusal,
};

/// A new account.
#[derive(Deserialize, ToSchema)]
pub struct NewUser {
    /// The e-mail address, where this site asks for one.
    #[serde(default)]
    #[schema(required = false, format = "email", example = "sam@example.com")]
    email: String,
    /// The user name, where this site asks for one.
    #[serde(default)]
    #[schema(required = false)]
    username: String,
    /// The password.
    #[serde(default)]
    #[schema(required = true, format = Password)]
    password: String,
}

/// Sign up
///
/// Where this site asks for proof of the address, the answer is 202 for everybody, and a mail says more.
#[utoipa::path(
    post, path = "/users", tag = AUTHENTICATION, request_body = NewUser,
    responses(
        (status = 201, description = "The account is made", body = Message),
        (status = 202, description = "A mail with a link is on its way", body = Message),
        (status = 409, description = "The account could not be made"),
        (status = 429, description = "Too many requests"),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    Extension(request): Extension<RequestInfo>,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<Message>), Refusal> {
    let application = Application { email: new.email, username: new.username, new_password: new.password };
    let made = sign_up::make(&state, &request, application).await;
    Ok(match made.map_err(|error| renamed(error, Field::NewPassword, Field::Password))? {
        Made::Account(_) => (StatusCode::CREATED, Json(Message { message: "User created" })),
        Made::CheckMail => (StatusCode::ACCEPTED, Json(Message { message: "Check your mail for a link" })),
    })
}

/// An account, as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Never reassigned.
    id: String,
    /// The e-mail address, if there is one.
    email: Option<String>,
    /// Whether the address was proven to be theirs.
    email_verified: bool,
    /// The user name, if there is one.
    username: Option<String>,
    /// What they may do on this site.
    roles: Vec<String>,
    /// When the account was made (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&CurrentUser> for Me {
    fn from(user: &CurrentUser) -> Self {
        Self {
            id: user.id.clone(),
            email: user.email.as_ref().map(ToString::to_string),
            email_verified: user.email.is_some() && !user.is_unverified,
            username: user.username.as_ref().map(ToString::to_string),
            roles: user.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            created_at: user.member_since.rfc3339(),
        }
    }
}

/// The account behind the token
#[utoipa::path(
    get, path = "/users/me", tag = ACCOUNT, security(("bearer" = ["account:read"])),
    responses((status = 200, body = Me))
)]
pub async fn me(user: RequireScope<AccountRead>) -> Json<Me> {
    Json(Me::from(&*user))
}
