//! Many people at once, in and out. Must not decide who is taken.

use sqlx::AssertSqlSafe;

use super::{
    Conn, Handle, StoreError, Tx,
    db::{fetch, rows},
};

/// Rows in one statement; a full one is prepared once.
const ROWS: usize = 100;
/// Keys in one question.
const KEYS: usize = 250;

/// Somebody to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Their id here.
    pub id: String,
    /// What they were called in the old database.
    pub external_id: Option<String>,
    /// What that database is called, to tell it from others.
    pub external_source: String,
    /// The address, and its key.
    pub email: Option<(String, String)>,
    /// The user name, and its key.
    pub username: Option<(String, String)>,
    /// The hash that they bring along.
    pub password_hash: Option<String>,
    /// In seconds since 1970.
    pub created_at: i64,
    /// In seconds since 1970.
    pub disabled_at: Option<i64>,
    /// In seconds since 1970.
    pub email_verified_at: Option<i64>,
}

/// Somebody who is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, sqlx::FromRow)]
pub struct Known {
    /// Their id.
    pub id: String,
    /// What they were called elsewhere.
    pub external_id: Option<String>,
    /// Where that was.
    pub external_source: String,
    /// The key of the address.
    pub email_key: Option<String>,
    /// The key of the user name.
    pub username_key: Option<String>,
}

/// What people of a file are looked for by.
#[derive(Clone, Debug, Default)]
pub struct Keys<'a> {
    /// Keys of addresses.
    pub emails: Vec<&'a str>,
    /// Keys of user names.
    pub usernames: Vec<&'a str>,
    /// Identifiers, of old databases or of this one, each with the name of the old database.
    pub ids: Vec<(&'a str, &'a str)>,
}

/// Those who have one of these addresses, user names or identifiers; somebody with several may be there as often.
pub async fn known(conn: &mut Conn, keys: &Keys<'_>) -> Result<Vec<Known>, StoreError> {
    let ids: Vec<&str> = keys.ids.iter().map(|(id, _)| *id).collect();
    let sources: Vec<&str> = keys.ids.iter().flat_map(|(id, source)| [*id, *source]).collect();
    let mut known = Vec::new();
    for (condition, columns, keys) in [
        ("users.email_key = wanted.one", &["one"][..], &keys.emails),
        ("users.username_key = wanted.one", &["one"], &keys.usernames),
        ("users.id = wanted.one", &["one"], &ids),
        ("users.external_id = wanted.one and users.external_source = wanted.other", &["one", "other"], &sources),
    ] {
        let width = columns.len();
        for chunk in keys.chunks(KEYS * width) {
            // A join, so that each is looked up in its index even where nothing is known of how many there are.
            let sql = format!(
                "with wanted ({}) as (values {})
                 select users.id, external_id, external_source, email_key, username_key from wanted join users on {condition}",
                columns.join(", "),
                rows(chunk.len() / width, width, "")
            );
            let is_full = chunk.len() == KEYS * width;
            known.extend(match &mut Handle::from(&mut *conn) {
                Handle::Sqlite(asked) => {
                    let mut query = sqlx::query_as(AssertSqlSafe(sql)).persistent(is_full);
                    for key in chunk {
                        query = query.bind(*key);
                    }
                    query.fetch_all(asked.connection().await?).await?
                }
                Handle::Postgres(connection) => {
                    // Planned each time: a plan that was made while there was hardly anybody reads everybody ever after.
                    let mut query = sqlx::query_as(AssertSqlSafe(sql)).persistent(false);
                    for key in chunk {
                        query = query.bind(*key);
                    }
                    query.fetch_all(&mut **connection).await?
                }
            });
        }
    }
    Ok(known)
}

/// Puts the values of a row into a statement, in the order of its columns.
macro_rules! bind_person {
    ($query:expr, $person:expr) => {
        $query
            .bind(&$person.id)
            .bind(&$person.external_id)
            .bind(&$person.external_source)
            .bind($person.email.as_ref().map(|(email, _)| email))
            .bind($person.email.as_ref().map(|(_, key)| key))
            .bind($person.username.as_ref().map(|(username, _)| username))
            .bind($person.username.as_ref().map(|(_, key)| key))
            .bind(&$person.password_hash)
            .bind($person.created_at)
            .bind($person.disabled_at)
            .bind($person.email_verified_at)
    };
}

/// Adds people.
///
/// # Errors
/// [`StoreError::Taken`] if an address or user name belongs to somebody by now.
pub async fn add(tx: &mut Tx, people: &[NewPerson]) -> Result<(), StoreError> {
    const COLUMNS: usize = 11;
    for chunk in people.chunks(ROWS) {
        let sql = format!(
            "insert into users (credential_version, id, external_id, external_source, email, email_key, username, username_key,
                                password_hash, created_at, disabled_at, email_verified_at)
             values {}",
            rows(chunk.len(), COLUMNS, "0, ")
        );
        let is_full = chunk.len() == ROWS;
        match &mut Handle::from(&mut *tx) {
            Handle::Sqlite(asked) => {
                let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
                for person in chunk {
                    query = bind_person!(query, person);
                }
                query.execute(asked.connection().await?).await?;
            }
            Handle::Postgres(connection) => {
                let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
                for person in chunk {
                    query = bind_person!(query, person);
                }
                query.execute(&mut **connection).await?;
            }
        }
    }
    Ok(())
}

/// Gives roles to people who hold none yet.
pub async fn add_roles(tx: &mut Tx, roles: &[(String, String)], now: i64) -> Result<(), StoreError> {
    for chunk in roles.chunks(ROWS) {
        let sql = format!("insert into user_roles (user_id, role, granted_at) values {}", rows(chunk.len(), 3, ""));
        let is_full = chunk.len() == ROWS;
        match &mut Handle::from(&mut *tx) {
            Handle::Sqlite(asked) => {
                let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
                for (user_id, role) in chunk {
                    query = query.bind(user_id).bind(role).bind(now);
                }
                query.execute(asked.connection().await?).await?;
            }
            Handle::Postgres(connection) => {
                let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
                for (user_id, role) in chunk {
                    query = query.bind(user_id).bind(role).bind(now);
                }
                query.execute(&mut **connection).await?;
            }
        }
    }
    Ok(())
}

/// Somebody as they are written to a file.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Exported {
    /// Their id here.
    pub id: String,
    /// What they were called elsewhere.
    pub external_id: Option<String>,
    /// Where that was.
    pub external_source: String,
    /// The address.
    pub email: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// The hash.
    pub password_hash: Option<String>,
    /// In seconds since 1970.
    pub created_at: i64,
    /// In seconds since 1970.
    pub disabled_at: Option<i64>,
    /// In seconds since 1970.
    pub email_verified_at: Option<i64>,
}

/// People after an id, in the order of ids.
pub async fn after(conn: &mut Conn, id: &str, most: i64) -> Result<Vec<Exported>, StoreError> {
    fetch!(
        fetch_all,
        Exported,
        conn,
        "select id, external_id, external_source, email, username, password_hash, created_at, disabled_at, email_verified_at
         from users where id > $1 order by id limit $2",
        id,
        most
    )
}

/// The roles of people from one id to another.
pub async fn roles_between(conn: &mut Conn, first: &str, last: &str) -> Result<Vec<(String, String)>, StoreError> {
    fetch!(
        fetch_all,
        (String, String),
        conn,
        "select user_id, role from user_roles where user_id >= $1 and user_id <= $2 order by user_id, role",
        first,
        last
    )
}
