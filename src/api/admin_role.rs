//! Giving a role to somebody, or taking one away.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Gives the role, or takes it away where `change` is `revoke`; in force with the person's next request.
///
/// # Errors
/// `not_found` for who is no administrator or nobody, `confirm_password`, a field message, or `last_administrator`.
#[server(prefix = "/api", endpoint = "admin_role")]
pub async fn admin_role(
    #[server(default)] person: String,
    #[server(default)] role: String,
    #[server(default)] change: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::{
            field::{Field, FieldError, Problem},
            flash::Notice,
            query,
            role::Role,
        },
        server::{flows::manage::roles, http::call::Call},
    };

    let call = Call::current()?;
    let administrator = call.administrator().await?;
    let problem = if role.trim().is_empty() { Problem::Missing } else { Problem::RoleShape };
    let role = Role::parse(role.trim()).ok_or(FieldError { field: Field::Role, problem })?;
    let person = query::id(&person).ok_or(AuthError::NotFound)?;
    let actor = call.actor(administrator);
    let (is_changed, notice) = if change == "revoke" {
        (roles::revoke(&call.state, actor, person, &role).await?, Notice::RoleTaken)
    } else {
        (roles::grant(&call.state, actor, person, &role).await?, Notice::RoleGiven)
    };
    call.to_person(person, if is_changed { notice } else { Notice::NothingChanged });
    Ok(())
}
