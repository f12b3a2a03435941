//! Tables of SQLite files. Must not write to the file, nor hold SQL.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::server::storage::foreign::{Cell, Foreign, Table};

use super::{
    extended, guess,
    source::{Broken, Item, Sink, SourceError},
    value::{Row, Value},
};

/// What a table of people is usually called, in lower case.
const USUAL: [&str; 10] =
    ["users", "user", "auth_user", "accounts", "account", "people", "person", "members", "member", "app_user"];

/// A table to be read.
pub(super) struct Opened {
    foreign: Foreign,
    pub(super) table: Table,
    pub(super) count: u64,
}

/// Opens a file and finds the table.
pub(super) async fn open(path: &Path, table: Option<&str>) -> Result<Opened, SourceError> {
    let failed = |error| SourceError::Database(path.to_owned(), error);
    let mut foreign = Foreign::open(path).await.map_err(failed)?;
    if !foreign.is_utf8().await.map_err(failed)? {
        let why = "its texts are UTF-16: `sqlite3 FILE .dump | sqlite3 NEW.db` makes one that is read";
        return Err(SourceError::Other(path.to_owned(), why));
    }
    let tables = foreign.tables().await.map_err(failed)?;
    let table = choose(&tables, table).map_err(|why| SourceError::Table(path.to_owned(), why))?;
    let count = foreign.count(&table.name).await.map_err(failed)?;
    Ok(Opened { foreign, table, count })
}

fn choose(tables: &[Table], wanted: Option<&str>) -> Result<Table, String> {
    let names = |tables: &[&Table]| tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ");
    let all: Vec<&Table> = tables.iter().collect();
    if let Some(wanted) = wanted {
        let found = all.iter().find(|table| table.name == wanted).map(|table| (*table).clone());
        return found.ok_or_else(|| format!("there is no table called {wanted}; there are {}", names(&all)));
    }
    let likely: Vec<&Table> = all
        .iter()
        .copied()
        .filter(|table| guess::could_be_people(&table.columns.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    let usual = USUAL.iter().find_map(|name| likely.iter().find(|table| table.name.to_lowercase() == *name));
    match (usual, likely.as_slice()) {
        (Some(table), _) | (None, [table]) => Ok((*table).clone()),
        (None, []) if all.is_empty() => Err("there is no table in it".into()),
        (None, []) => Err(format!("no table looks like people: name one with --table; there are {}", names(&all))),
        (None, several) => Err(format!("several tables look like people: name one with --table; {}", names(several))),
    }
}

/// Reads the rows.
pub(super) async fn rows(mut opened: Opened, done: Arc<AtomicU64>, sink: Sink) {
    let mut place = 0;
    let mut rows = opened.foreign.rows(&opened.table);
    loop {
        let next = rows.next().await;
        place += 1;
        let item = match next {
            Ok(None) => return,
            Ok(Some(cells)) => Ok(Item::Row(Row::new(place, cells.into_iter().map(column).collect()))),
            Err(error) => Err(Broken::at(place, error.to_string())),
        };
        let is_over = item.is_err();
        done.store(place, Ordering::Relaxed);
        if !sink.hand(item).await || is_over {
            return;
        }
    }
}

fn column((name, cell): (String, Cell)) -> (String, Value) {
    let value = match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::Number(number.to_string()),
        Cell::Real(number) => Value::Number(number.to_string()),
        Cell::Bytes(bytes) => Value::Text(extended::text_of(bytes)),
    };
    (name, value)
}
