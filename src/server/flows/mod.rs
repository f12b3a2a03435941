//! Use cases, one per file: each takes what it needs as values, decides, and answers in domain types. Must not know HTTP,
//! and must not write SQL.

/// A new password in exchange for the current one.
pub mod change_password;
/// Who is asking.
pub mod current_user;
/// Asking for a reset link.
pub mod forgot_password;
/// A new password by link.
pub mod reset_password;
/// The first administrator.
pub mod set_up;
/// A new session.
pub mod sign_in;
/// The end of a session.
pub mod sign_out;
/// A new account.
pub mod sign_up;

use url::Url;

use crate::domain::{
    field::{Field, FieldError},
    form::Identifiers,
};

use super::{
    error::{FlowError, ServerError},
    state::AppState,
    storage::users::UserRow,
};

/// Hashes a password being chosen, with the person's own words and the name of the site counting against it.
async fn hash_new(state: &AppState, password: String, mut own_words: Vec<String>) -> Result<String, FlowError> {
    own_words.push(state.config.site_name.clone());
    let outcome = state.passwords.hash_new(password, own_words).await?;
    outcome.map_err(|problem| FlowError::Answer(FieldError { field: Field::NewPassword, problem }.into()))
}

/// What a password of these people must not contain.
fn own_words(identifiers: &Identifiers) -> Vec<String> {
    let email = identifiers.email.iter().map(ToString::to_string);
    email.chain(identifiers.username.iter().map(ToString::to_string)).collect()
}

/// What a person signs in with, to be filled in for them.
fn credential_name(user: &UserRow) -> String {
    user.email().map(String::from).or_else(|| user.username().map(String::from)).unwrap_or_default()
}

/// An address of this site for a mail: always the configured one, never a header's (ASVS 4.1.3).
fn link(state: &AppState, path: &str) -> Result<Url, ServerError> {
    Ok(state.config.base_url()?.join(path)?)
}

/// A link that carries a one-time token.
fn token_link(state: &AppState, path: &str, token: &str) -> Result<Url, ServerError> {
    let mut link = link(state, path)?;
    link.query_pairs_mut().append_pair("token", token);
    Ok(link)
}
