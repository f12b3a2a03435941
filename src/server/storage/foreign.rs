//! SQLite files of other programs, read and never written. Must not know what a column means.

use std::path::Path;

use futures_util::{TryStreamExt, stream::BoxStream};
use sqlx::{
    AssertSqlSafe, Column, Connection, Row, SqliteConnection, TypeInfo, ValueRef,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

use super::StoreError;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Text, or bytes; as text in the encoding that SQLite has it in.
    Bytes(Vec<u8>),
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<String>,
}

/// A file that is open.
#[derive(Debug)]
pub struct Foreign(SqliteConnection);

/// The longest text or blob that is read, in characters or bytes: nothing that is taken of a person is as long.
const MAX_LENGTH: usize = 16_384;

/// Rows of a table, one at a time.
pub struct Rows<'f>(BoxStream<'f, Result<SqliteRow, sqlx::Error>>);

impl Foreign {
    /// Opens a file, to read it. Its schema is not trusted: nothing that it defines is run.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .pragma("trusted_schema", "off")
            .pragma("cell_size_check", "on");
        Ok(Self(SqliteConnection::connect_with(&options).await?))
    }

    /// Whether its texts are UTF-8, as nearly everybody's are.
    pub async fn is_utf8(&mut self) -> Result<bool, StoreError> {
        let (encoding,): (String,) = sqlx::query_as("select * from pragma_encoding").fetch_one(&mut self.0).await?;
        Ok(encoding == "UTF-8")
    }

    /// Its tables; neither views nor virtual ones, which run code.
    pub async fn tables(&mut self) -> Result<Vec<Table>, StoreError> {
        let names: Vec<(String,)> = sqlx::query_as(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'
             and lower(sql) not like 'create virtual%' order by name",
        )
        .fetch_all(&mut self.0)
        .await?;
        let mut tables = Vec::with_capacity(names.len());
        for (name,) in names {
            let columns: Vec<(String,)> =
                sqlx::query_as("select name from pragma_table_xinfo($1) where hidden = 0 order by cid")
                    .bind(&name)
                    .fetch_all(&mut self.0)
                    .await?;
            tables.push(Table { name, columns: columns.into_iter().map(|(name,)| name).collect() });
        }
        Ok(tables)
    }

    /// How many rows a table has.
    pub async fn count(&mut self, table: &str) -> Result<u64, StoreError> {
        let sql = AssertSqlSafe(format!("select count(*) from {}", quoted(table)));
        let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&mut self.0).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Every row of a table, as it lies there, but that what is immensely long is cut. Columns that would be computed are none.
    pub fn rows(&mut self, table: &Table) -> Rows<'_> {
        let cut = |column: &String| {
            let name = quoted(column);
            format!("iif(length({name}) > {MAX_LENGTH}, substr({name}, 1, {MAX_LENGTH}), {name}) as {name}")
        };
        let columns: Vec<String> = table.columns.iter().map(cut).collect();
        let sql = AssertSqlSafe(format!("select {} from {}", columns.join(", "), quoted(&table.name)));
        Rows(sqlx::query(sql).fetch(&mut self.0))
    }
}

impl std::fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows")
    }
}

impl Rows<'_> {
    /// The next row, with the names of its columns.
    pub async fn next(&mut self) -> Result<Option<Vec<(String, Cell)>>, StoreError> {
        let Some(row) = self.0.try_next().await? else { return Ok(None) };
        let mut cells = Vec::with_capacity(row.columns().len());
        for column in row.columns() {
            let index = column.ordinal();
            let raw = row.try_get_raw(index)?;
            let cell = match raw.type_info().name() {
                _ if raw.is_null() => Cell::Null,
                "INTEGER" | "BOOLEAN" => Cell::Integer(row.try_get_unchecked(index)?),
                "REAL" => Cell::Real(row.try_get_unchecked(index)?),
                _ => Cell::Bytes(row.try_get_unchecked(index)?),
            };
            cells.push((column.name().to_owned(), cell));
        }
        Ok(Some(cells))
    }
}

/// A name as SQL has it, whatever it is made of.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_stays_a_name() {
        assert_eq!(quoted("users\"; drop table users; --"), "\"users\"\"; drop table users; --\"");
    }
}
