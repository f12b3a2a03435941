//! People as administrators look for them, and what hangs on one of them. Must not decide who may look.

use std::collections::HashMap;

use crate::domain::{
    console::{PeopleQuery, PeopleSort, PersonState, Verified},
    moment::Moment,
    query::ListPage,
    role::Role,
};

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch},
    filter::Filter,
    sessions, users,
};

/// A person as lists show them.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRow {
    /// Never reassigned.
    pub id: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Seconds since 1970.
    pub email_verified_at: Option<i64>,
    /// Seconds since 1970.
    pub disabled_at: Option<i64>,
    /// Seconds since 1970.
    pub deletion_at: Option<i64>,
    /// Seconds since 1970.
    pub last_sign_in_at: Option<i64>,
    email_key: Option<String>,
}

/// Holders of a role that are looked up once for a page of a list.
const MOST_LISTED: i64 = 2_000;
/// The same where all are counted.
const MOST_COUNTED: i64 = 20_000;

const SELECT: &str =
    "select id, email, username, created_at, email_verified_at, disabled_at, deletion_at, last_sign_in_at, email_key
    from users";

// What follows a row in an order. The first comparison is for SQLite, which does not find the place of a pair in an index.
const AFTER_SIGN_IN: &str = "coalesce(last_sign_in_at, 0) >= ?1 and (coalesce(last_sign_in_at, 0), id) > (?1, ?2)";
const BEFORE_SIGN_IN: &str = "coalesce(last_sign_in_at, 0) <= ?1 and (coalesce(last_sign_in_at, 0), id) < (?1, ?2)";
const AFTER_EMAIL: &str = "coalesce(email_key, '') >= ?1 and (coalesce(email_key, ''), id) > (?1, ?2)";
const BEFORE_EMAIL: &str = "coalesce(email_key, '') <= ?1 and (coalesce(email_key, ''), id) < (?1, ?2)";

/// Whom a query asks for, whatever the page. A role that at most so many hold is looked up once, a common one for each person.
async fn filter(
    conn: &mut super::Conn,
    query: &PeopleQuery,
    now: Moment,
    looked_up_at_most: i64,
) -> Result<Filter, StoreError> {
    let text = Some(query.text.as_str()).filter(|text| !text.is_empty()).map(containing);
    let mut filter =
        Filter::default().and_if(r"email_key like ? escape '\' or username_key like ? escape '\'", text.as_deref());
    if let Some(role) = &query.role {
        let holders = Filter::default().and("role = ?", role.as_str());
        let is_rare = holders.count(conn, "user_roles", looked_up_at_most + 1).await? <= looked_up_at_most;
        let condition = if is_rare {
            "id in (select user_id from user_roles where user_roles.role = ?)"
        } else {
            "exists (select 1 from user_roles where user_roles.role = ? and user_roles.user_id = users.id)"
        };
        filter = filter.and(condition, role.as_str());
    }
    filter = match query.verified {
        Some(Verified::Yes) => filter.and_plainly("email_verified_at is not null"),
        Some(Verified::No) => filter.and_plainly("email_key is not null and email_verified_at is null"),
        None => filter,
    };
    Ok(match query.state {
        Some(PersonState::Active) => filter.and_plainly("disabled_at is null and deletion_at is null"),
        Some(PersonState::Disabled) => filter.and_plainly("disabled_at is not null"),
        Some(PersonState::Leaving) => filter.and_plainly("deletion_at is not null"),
        Some(PersonState::Locked) => {
            filter.and("id in (select user_id from limits where user_id is not null and blocked_until > ?)", now.0)
        }
        None => filter,
    })
}

/// A pattern of `like` for any text that contains this one.
fn containing(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

/// People in the order that is asked for, from the page on that is asked for; at most so many. A page that begins at somebody who is
/// gone is the first.
pub async fn list(
    conn: &mut super::Conn,
    query: &PeopleQuery,
    now: Moment,
    most: i64,
) -> Result<Vec<PersonRow>, StoreError> {
    let (id, is_backwards) = match &query.page {
        ListPage::First => (None, false),
        ListPage::After(id) => (Some(id), false),
        ListPage::Before(id) => (Some(id), true),
    };
    let from = match id {
        Some(id) => find(&mut *conn, id).await?,
        None => None,
    };
    let is_backwards = is_backwards && from.is_some();
    let starts_ascending = query.sort == PeopleSort::Email;
    let is_ascending = starts_ascending ^ query.is_reversed ^ is_backwards;
    let mut filter = filter(&mut *conn, query, now, MOST_LISTED).await?;
    let order = match (query.sort, is_ascending) {
        (PeopleSort::Joined, true) => "order by id",
        (PeopleSort::Joined, false) => "order by id desc",
        (PeopleSort::LastSignIn, true) => "order by coalesce(last_sign_in_at, 0), id",
        (PeopleSort::LastSignIn, false) => "order by coalesce(last_sign_in_at, 0) desc, id desc",
        (PeopleSort::Email, true) => "order by coalesce(email_key, ''), id",
        (PeopleSort::Email, false) => "order by coalesce(email_key, '') desc, id desc",
    };
    if let Some(from) = &from {
        let (id, at) = (from.id.as_str(), from.last_sign_in_at.unwrap_or_default());
        let email = from.email_key.as_deref().unwrap_or_default();
        filter = match (query.sort, is_ascending) {
            (PeopleSort::Joined, true) => filter.and("id > ?", id),
            (PeopleSort::Joined, false) => filter.and("id < ?", id),
            (PeopleSort::LastSignIn, true) => filter.and_pair(AFTER_SIGN_IN, at, id),
            (PeopleSort::LastSignIn, false) => filter.and_pair(BEFORE_SIGN_IN, at, id),
            (PeopleSort::Email, true) => filter.and_pair(AFTER_EMAIL, email, id),
            (PeopleSort::Email, false) => filter.and_pair(BEFORE_EMAIL, email, id),
        };
    }
    let mut ids: Vec<(String,)> = filter.fetch(&mut *conn, "select id from users", order, most).await?;
    if is_backwards {
        ids.reverse();
    }
    let rows = find_all(conn, ids.iter().map(|(id,)| id.as_str())).await?;
    let mut found: HashMap<String, PersonRow> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    Ok(ids.into_iter().filter_map(|(id,)| found.remove(&id)).collect())
}

/// How many people a query asks for, counted no further than so many.
pub async fn count(conn: &mut super::Conn, query: &PeopleQuery, now: Moment, most: i64) -> Result<i64, StoreError> {
    filter(&mut *conn, query, now, MOST_COUNTED).await?.count(conn, "users", most).await
}

/// One person.
pub async fn find(on: impl Into<Handle<'_>>, id: &str) -> Result<Option<PersonRow>, StoreError> {
    Ok(Filter::default().and("id = ?", id).fetch(on, SELECT, "", 1).await?.pop())
}

/// These people, in no order.
pub async fn find_all<'i>(
    on: impl Into<Handle<'_>>,
    ids: impl IntoIterator<Item = &'i str>,
) -> Result<Vec<PersonRow>, StoreError> {
    Filter::default().and_in("id", ids).fetch(on, SELECT, "", i64::MAX).await
}

/// Who of these people holds which role.
pub async fn roles_of<'i>(
    on: impl Into<Handle<'_>>,
    ids: impl IntoIterator<Item = &'i str>,
) -> Result<Vec<(String, Role)>, StoreError> {
    let rows: Vec<(String, String)> = Filter::default()
        .and_in("user_id", ids)
        .fetch(on, "select user_id, role from user_roles", "order by role", i64::MAX)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, role)| Some((id, Role::parse(&role)?))).collect())
}

/// Which of these people have to wait before the next try to sign in.
pub async fn locked_among<'i>(
    on: impl Into<Handle<'_>>,
    ids: impl IntoIterator<Item = &'i str>,
    now: Moment,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = Filter::default()
        .and("blocked_until > ?", now.0)
        .and_plainly("user_id is not null")
        .and_in("user_id", ids)
        .fetch(on, "select user_id from limits", "", i64::MAX)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Every role that anybody holds, found by jumping from one to the next in the index.
pub async fn all_roles(on: impl Into<Handle<'_>>) -> Result<Vec<Role>, StoreError> {
    let rows = fetch!(
        fetch_all,
        (String,),
        on,
        "with recursive names (role) as (
             select min(role) from user_roles
             union all
             select (select min(user_roles.role) from user_roles where user_roles.role > names.role)
             from names where names.role is not null)
         select role from names where role is not null"
    )?;
    Ok(rows.iter().filter_map(|(role,)| Role::parse(role)).collect())
}

/// Whether somebody may sign in and holds a role, and the session that they act from is live.
pub async fn may_act(on: impl Into<Handle<'_>>, id: &str, session_id: &str, role: &Role) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (String,),
        on,
        "select users.id from users join user_roles on user_roles.user_id = users.id
         where users.id = $1 and role = $2 and disabled_at is null and deletion_at is null
           and (exists (select 1 from sessions
                        where sessions.id = $3 and sessions.user_id = users.id and ended_at is null)
                or exists (select 1 from personal_tokens
                           where personal_tokens.id = $3 and personal_tokens.user_id = users.id and revoked_at is null))",
        id,
        role.as_str(),
        session_id
    )?;
    Ok(row.is_some())
}

/// A live session of a person.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LiveSession {
    /// Names it; opens nothing.
    pub id: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Seconds since 1970.
    pub last_seen_at: i64,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
}

/// The live sessions of a person, newest first, at most so many.
pub async fn live_sessions(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    now: Moment,
    most: i64,
) -> Result<Vec<LiveSession>, StoreError> {
    fetch!(
        fetch_all,
        LiveSession,
        on,
        "select id, created_at, last_seen_at, address, user_agent from sessions
         where user_id = $1 and ended_at is null and expires_at > $2 and last_seen_at + idle_seconds > $2
         order by id desc limit $3",
        user_id,
        now.0,
        most
    )
}

/// Whether a session is a person's (ASVS 8.2.2).
pub async fn owns_session(tx: &mut Tx, user_id: &str, session_id: &str) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (String,),
        tx,
        "select id from sessions where id = $1 and user_id = $2",
        session_id,
        user_id
    )?;
    Ok(row.is_some())
}

/// Removes a person with everything that is theirs; what happened stays written down. `true` if they were there.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    users::hold_to_remove(&mut *tx, id).await?;
    sessions::hold_all(&mut *tx, id).await?;
    Ok(execute!(tx, "delete from users where id = $1", id)? == 1)
}

/// Keeps what became of an administrator's latest act on several people, as JSON, in place of the one before.
pub async fn put_report(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    at: Moment,
    act: &str,
    results: &str,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into act_reports (user_id, at, act, results) values ($1, $2, $3, $4)
         on conflict (user_id) do update set at = excluded.at, act = excluded.act, results = excluded.results",
        user_id,
        at.0,
        act,
        results
    )?;
    Ok(())
}

/// That report: when, what, and what became of it as JSON.
pub async fn report(on: impl Into<Handle<'_>>, user_id: &str) -> Result<Option<(i64, String, String)>, StoreError> {
    fetch!(
        fetch_optional,
        (i64, String, String),
        on,
        "select at, act, results from act_reports where user_id = $1",
        user_id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_no_pattern() {
        assert_eq!(containing(r"50%_\"), r"%50\%\_\\%");
    }
}
