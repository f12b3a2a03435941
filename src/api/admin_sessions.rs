//! One act on several sessions, as the page before it listed or counted them.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Ends sessions or deletes their records, and leads back to the list. `ids` are parted by commas; where they are
/// `all`, the other fields say which are meant. `as_of` is when that was asked.
///
/// # Errors
/// `not_found` for who is no administrator, `confirm_password`, or `malformed`.
#[server(prefix = "/api", endpoint = "admin_sessions")]
pub async fn admin_sessions(
    #[server(default)] act: String,
    #[server(default)] ids: String,
    #[server(default)] person: String,
    #[server(default)] from: String,
    #[server(default)] until: String,
    #[server(default)] state: String,
    #[server(default)] as_of: i64,
) -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            moment::Moment,
            query,
            records::{RecordAct, SessionsQuery},
            safe_path::SafePath,
        },
        server::{
            flows::manage::{look_records, records},
            http::call::Call,
            storage::session_records::Wanted,
        },
    };

    let call = Call::current()?;
    let administrator = call.administrator().await?;
    let act = RecordAct::parse(&act).ok_or(AuthError::Malformed)?;
    let fields = [("person", &*person), ("from", &*from), ("until", &*until), ("state", &*state)];
    let asked = SessionsQuery::parse(fields);
    let wanted = if ids == "all" {
        look_records::wanted_sessions(&call.state, &asked).await.map_err(crate::server::error::FlowError::from)?
    } else {
        let ids: Vec<String> = ids.split(',').filter_map(query::id).map(str::to_owned).collect();
        Wanted { ids: records::named(&ids), ..Wanted::default() }
    };
    let (actor, as_of, most) = (call.actor(administrator), Moment(as_of), records::MOST_AT_ONCE);
    let notice = match act {
        RecordAct::End => {
            records::end(&call.state, actor, &wanted, as_of, most).await?;
            Notice::PersonSessionsEnded
        }
        RecordAct::Delete => {
            records::delete(&call.state, actor, &wanted, as_of, most).await?;
            Notice::RecordsDeleted
        }
    };
    let list = SafePath::parse(&asked.address()).unwrap_or_else(|| SafePath::literal("/admin/sessions"));
    call.see_other(&list, &Flash::notice(notice));
    Ok(())
}
