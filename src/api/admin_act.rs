//! One act on several people, as the page before it listed them.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Acts on each, and leads to the page that says what became of it. `ids` are parted by commas.
///
/// # Errors
/// `not_found` for who is no administrator, `confirm_password`, or `malformed`.
#[server(prefix = "/api", endpoint = "admin_act")]
pub async fn admin_act(#[server(default)] act: String, #[server(default)] ids: String) -> Result<(), AuthError> {
    use crate::{
        domain::{console::Act, flash::Flash, query, safe_path::SafePath},
        server::{flows::manage::acts, http::call::Call},
    };

    let call = Call::current()?;
    let administrator = call.administrator().await?;
    let act = Act::parse(&act).ok_or(AuthError::Malformed)?;
    let ids: Vec<&str> = ids.split(',').filter_map(query::id).collect();
    acts::on_many(&call.state, call.actor(administrator), &call.request, act, &ids).await?;
    call.see_other(&SafePath::literal("/admin/people/done"), &Flash::default());
    Ok(())
}
