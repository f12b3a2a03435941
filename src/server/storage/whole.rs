//! Every row of every table, whatever they are, out of one database and into another. Must not know what a column means.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, postgres::PgConnectOptions};

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch},
    sqlite_file::Held,
};

/// Values in one statement; PostgreSQL takes twice as many.
const VALUES: usize = 30_000;
/// Rows in one statement.
pub const ROWS: usize = 500;

/// A database that is read from beginning to end while nobody writes to it.
#[derive(Debug)]
pub enum Source {
    /// A file that nobody else can open.
    Sqlite(Held),
    /// A connection in a transaction that holds every table.
    Postgres(PgConnection),
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Something that our schema has nowhere, by its name.
    Other(String),
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns by their names.
    pub columns: Vec<(String, Kind)>,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, or none.
    Text(Option<String>),
    /// A number, or none.
    Integer(Option<i64>),
}

/// Rows of a table, one at a time.
pub struct Rows<'c>(BoxStream<'c, Result<Vec<Value>, sqlx::Error>>);

impl Source {
    /// Connects to a server to read everything.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        // Every row of a table takes its time.
        let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql("begin; set local lock_timeout = '5s'").execute(&mut connection).await?;
        Ok(Self::Postgres(connection))
    }

    /// To be asked.
    pub fn handle(&mut self) -> Handle<'_> {
        match self {
            Self::Sqlite(held) => held.handle(),
            Self::Postgres(connection) => Handle::Postgres(connection),
        }
    }

    /// Connections of others to the same database; none to a file that is held.
    pub async fn others(&mut self) -> Result<u64, StoreError> {
        let Self::Postgres(connection) = self else { return Ok(0) };
        let others =
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            and usesysid is not null and coalesce(backend_type, 'client backend') = 'client backend'";
        // Within a transaction it would go on saying what it said first.
        sqlx::query("select pg_stat_clear_snapshot()").execute(&mut *connection).await?;
        let (count,): (i64,) = sqlx::query_as(others).fetch_one(connection).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Keeps others from writing until this is dropped.
    pub async fn hold(&mut self, tables: &[Table]) -> Result<(), StoreError> {
        let Self::Postgres(connection) = self else { return Ok(()) };
        let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
        let lock = AssertSqlSafe(format!("lock table {} in exclusive mode", names.join(", ")));
        sqlx::query(lock).execute(connection).await?;
        Ok(())
    }

    /// Lets others go on.
    pub async fn release(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(held) => held.release().await,
            Self::Postgres(connection) => Ok(connection.close().await?),
        }
    }
}

/// The names of all tables, also of those that are not ours.
pub async fn names(on: impl Into<Handle<'_>>) -> Result<Vec<String>, StoreError> {
    let mut on = on.into();
    let query = match on {
        Handle::Sqlite(_) => {
            "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name"
        }
        Handle::Postgres(_) => {
            "select table_name::text from information_schema.tables
             where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1"
        }
    };
    let rows = fetch!(fetch_all, (String,), on.again(), query)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Every table but the record of migrations; those that others refer to come first.
pub async fn tables(on: impl Into<Handle<'_>>) -> Result<Vec<Table>, StoreError> {
    let mut on = on.into();
    let (columns, references) = match on {
        Handle::Sqlite(_) => (
            "select m.name, c.name, lower(c.type) from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'",
            r#"select m.name, f."table" from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'"#,
        ),
        Handle::Postgres(_) => (
            "select table_name::text, column_name::text, data_type::text from information_schema.columns
             where table_schema = current_schema()",
            "select child.relname::text, parent.relname::text from pg_constraint c
             join pg_class child on child.oid = c.conrelid join pg_class parent on parent.oid = c.confrelid
             where c.contype = 'f' and c.connamespace = current_schema()::regnamespace",
        ),
    };
    let wanted: BTreeSet<String> =
        names(on.again()).await?.into_iter().filter(|name| name != "_sqlx_migrations").collect();
    let mut tables: BTreeMap<String, Vec<(String, Kind)>> =
        wanted.iter().map(|name| (name.clone(), Vec::new())).collect();
    for (table, column, kind) in fetch!(fetch_all, (String, String, String), on.again(), columns)? {
        let kind = match kind.as_str() {
            "text" => Kind::Text,
            "bigint" => Kind::Integer,
            _ => Kind::Other(kind),
        };
        if let Some(columns) = tables.get_mut(&table) {
            columns.push((column, kind));
        }
    }
    let references = fetch!(fetch_all, (String, String), on.again(), references)?;
    Ok(in_order(tables, &references))
}

/// Puts tables behind those that they refer to.
fn in_order(mut tables: BTreeMap<String, Vec<(String, Kind)>>, references: &[(String, String)]) -> Vec<Table> {
    let mut ordered = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let waits = |name: &String| {
            references.iter().any(|(child, parent)| child == name && parent != name && tables.contains_key(parent))
        };
        // Of tables that refer to each other in a circle, the first; the database will say what it thinks of that.
        let next = tables.keys().find(|name| !waits(name)).or_else(|| tables.keys().next()).cloned();
        let Some((name, mut columns)) = next.and_then(|name| tables.remove_entry(&name)) else { break };
        columns.sort_by(|(one, _), (other, _)| one.cmp(other));
        ordered.push(Table { name, columns });
    }
    ordered
}

/// How many rows a table has.
pub async fn count(on: impl Into<Handle<'_>>, table: &Table) -> Result<u64, StoreError> {
    let sql = format!("select count(*) from {}", quoted(&table.name));
    let (count,) = fetch!(fetch_one, (i64,), on, AssertSqlSafe(sql.clone()))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Every row of a table, in no particular order, with its columns as [`Table`] has them.
pub async fn rows<'c>(on: Handle<'c>, table: &Table) -> Result<Rows<'c>, StoreError> {
    let kinds: Vec<Kind> = table.columns.iter().map(|(_, kind)| kind.clone()).collect();
    let sql = AssertSqlSafe(format!("select {} from {}", list(table), quoted(&table.name)));
    Ok(match on {
        Handle::Sqlite(asked) => {
            let connection = asked.into_connection().await?;
            Rows(sqlx::query(sql).fetch(connection).map(move |row| values(&row?, &kinds)).boxed())
        }
        Handle::Postgres(connection) => {
            Rows(sqlx::query(sql).fetch(connection).map(move |row| values(&row?, &kinds)).boxed())
        }
    })
}

fn values<R: Row>(row: &R, kinds: &[Kind]) -> Result<Vec<Value>, sqlx::Error>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    for<'r> Option<i64>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let value = |(index, kind): (usize, &Kind)| match kind {
        Kind::Integer => row.try_get(index).map(Value::Integer),
        Kind::Text | Kind::Other(_) => row.try_get(index).map(Value::Text),
    };
    kinds.iter().enumerate().map(value).collect()
}

impl std::fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows")
    }
}

impl Rows<'_> {
    /// The next row.
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, StoreError> {
        Ok(self.0.try_next().await?)
    }
}

/// Empties a table.
pub async fn clear(tx: &mut Tx, table: &Table) -> Result<(), StoreError> {
    let sql = format!("delete from {}", quoted(&table.name));
    execute!(tx, AssertSqlSafe(sql.clone()))?;
    Ok(())
}

/// Adds rows whose columns are as [`Table`] has them.
pub async fn add(tx: &mut Tx, table: &Table, rows: &[Vec<Value>]) -> Result<(), StoreError> {
    let width = table.columns.len().max(1);
    for chunk in rows.chunks((VALUES / width).clamp(1, ROWS)) {
        let row = |number: usize| {
            let places: Vec<String> = (1..=width).map(|column| format!("${}", number * width + column)).collect();
            format!("({})", places.join(", "))
        };
        let places: Vec<String> = (0..chunk.len()).map(row).collect();
        let sql = format!("insert into {} ({}) values {}", quoted(&table.name), list(table), places.join(", "));
        let is_full = chunk.len() == ROWS;
        macro_rules! insert {
            ($connection:expr) => {{
                let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
                for value in chunk.iter().flatten() {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Integer(number) => query.bind(number),
                    };
                }
                query.execute($connection).await?;
            }};
        }
        match Handle::from(&mut *tx) {
            Handle::Sqlite(asked) => insert!(asked.into_connection().await?),
            Handle::Postgres(connection) => insert!(connection),
        }
    }
    Ok(())
}

/// Tells a server what the tables hold now, so that it plans well from the first query on.
pub async fn analyze(tx: &mut Tx) -> Result<(), StoreError> {
    if let Tx::Postgres(..) = tx {
        execute!(tx, "analyze")?;
    }
    Ok(())
}

fn list(table: &Table) -> String {
    let names: Vec<String> = table.columns.iter().map(|(name, _)| quoted(name)).collect();
    names.join(", ")
}

/// A name as SQL has it, whatever it is made of.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_after_those_it_refers_to() {
        let tables = ["a", "b", "c", "d"].map(|name| (name.to_owned(), Vec::new())).into();
        let references = [("a", "c"), ("c", "d"), ("b", "b")].map(|(one, other)| (one.to_owned(), other.to_owned()));
        let names: Vec<String> = in_order(tables, &references).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["b", "d", "c", "a"]);
    }

    #[test]
    fn a_circle_ends() {
        let tables = ["a", "b"].map(|name| (name.to_owned(), Vec::new())).into();
        let references = [("a", "b"), ("b", "a")].map(|(one, other)| (one.to_owned(), other.to_owned()));
        assert_eq!(in_order(tables, &references).len(), 2);
    }
}
