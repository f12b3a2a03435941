//! Which colours to see.
#![allow(clippy::unused_async, reason = "server functions are async, and this one waits for nothing")]

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Remembers a choice of colours in this browser, and goes back to the page it was made on. `next` is a path of this site,
/// anything else is ignored.
///
/// # Errors
/// `malformed` for a choice that there is not.
#[server(prefix = "/api", endpoint = "set_theme")]
pub async fn set_theme(#[server(default)] theme: String, #[server(default)] next: String) -> Result<(), AuthError> {
    use crate::{
        domain::{flash::Flash, safe_path::SafePath, theme::Theme},
        server::http::call::Call,
    };

    let call = Call::current()?;
    call.remember_theme(Theme::parse(&theme).ok_or(AuthError::Malformed)?);
    call.see_other(&SafePath::parse(&next).unwrap_or_else(|| SafePath::literal("/")), &Flash::default());
    Ok(())
}
