//! From one engine to the other: every row of every table in one transaction, counted, compared and followed along the audit
//! log before it counts. Must not write to the database that is left.

use std::{path::PathBuf, time::Duration};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    domain::event::EventKind,
    server::{
        audit::{
            Event, seal,
            verify::{self, Report},
        },
        config::{Config, Secret},
        random::SystemRandom,
        state::AppState,
        storage::{
            Db, StoreError, Tx,
            schema::{self, Record},
            sqlite_file::Held,
            whole::{self, Kind, Source, Table, Value},
        },
    },
};

use super::{
    UpkeepError,
    files::{Unfinished, make_folder, remains},
    named,
};

/// How often it is looked whether those who left are gone, and how long after the last time.
const LEAVING_LOOKS: u32 = 20;
const LEAVING_PAUSE: Duration = Duration::from_millis(100);

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Where everything is to go, as `DATABASE_URL` would say it.
    pub to: String,
    /// Also while others are connected to the server that is left.
    pub ignore_connections: bool,
    /// Also an audit log that does not hold.
    pub accept_broken_log: bool,
}

/// What has been moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Tables.
    pub tables: usize,
    /// Rows, in all of them.
    pub rows: u64,
    /// Which engine has them now.
    pub engine: &'static str,
    /// What the audit log says there, the moving included.
    pub log: Report,
}

/// What a table holds, in whatever order: how many rows, and a digest of all of them together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    rows: u64,
    digest: [u8; 32],
}

impl Tally {
    fn add(&mut self, row: &[Value]) {
        let mut hasher = Sha256::new();
        for value in row {
            // A length in front, so that no two rows are written alike.
            let text = match value {
                Value::Text(None) | Value::Integer(None) => "-,".to_owned(),
                Value::Text(Some(text)) => format!("{}:{text},", text.len()),
                Value::Integer(Some(number)) => format!("{number},"),
            };
            hasher.update(text);
        }
        self.rows += 1;
        for (all, one) in self.digest.iter_mut().zip(hasher.finalize()) {
            *all ^= one;
        }
    }
}

/// Moves everything to an empty database. Whoever watches is told how many rows of how many are done.
///
/// # Errors
/// [`UpkeepError`]; then nothing was written.
pub async fn run(config: &Config, order: &Order, show: impl FnMut(u64, u64)) -> Result<Moved, UpkeepError> {
    let mut source = open_source(config.database_url.expose(), order).await?;
    // A file is made beside its place, so that half a database never has its name.
    let place = Db::file(&order.to).map(Place::find).transpose()?;
    if place.is_none() && order.to.starts_with("sqlite:") {
        return Err(UpkeepError::NoFile);
    }
    let db = match &place {
        Some(place) => Db::open_file(place.unfinished.path()).await?,
        None => Db::connect(&order.to).await?,
    };
    let config = Config { database_url: Secret::from(order.to.as_str()), ..config.clone() };
    let outcome = fill(config, &mut source, &db, order, show).await;
    let engine = db.engine();
    db.close().await;
    let (tables, rows, log) = outcome?;
    if let Some(Place { unfinished, file }) = place {
        unfinished.place(&file)?;
    }
    // It is done: what becomes of the connection that read changes nothing.
    if let Err(error) = source.release().await {
        tracing::warn!(%error, "the database that was left was not let go properly");
    }
    Ok(Moved { tables, rows, engine, log })
}

/// Where a file is to be.
struct Place {
    file: PathBuf,
    unfinished: Unfinished,
}

impl Place {
    fn find(file: PathBuf) -> Result<Self, UpkeepError> {
        if file.exists() {
            return Err(UpkeepError::IsThere(file));
        }
        if let Some(rest) = remains(&file) {
            return Err(UpkeepError::Remains(rest));
        }
        make_folder(&file)?;
        Ok(Self { unfinished: Unfinished::beside(&file, &SystemRandom)?, file })
    }
}

/// The database that is left, ours alone until everything has arrived.
async fn open_source(url: &str, order: &Order) -> Result<Source, UpkeepError> {
    let name = Db::file(url).map_or_else(|| "the database".to_owned(), |file| named(&file));
    let mut source = match Db::file(url) {
        Some(file) => Source::Sqlite(Held::take(&file).await.map_err(|error| match error {
            StoreError::InUse => UpkeepError::InUse(name.clone()),
            other => other.into(),
        })?),
        None if url.starts_with("sqlite:") => return Err(UpkeepError::NoFile),
        None => Source::connect(url).await?,
    };
    alone(&mut source, order).await?;
    match schema::of(&mut source.handle()).await? {
        Record::At(version) if version == schema::present() => Ok(source),
        Record::At(_) => Err(UpkeepError::Older(name)),
        Record::Newer => Err(UpkeepError::Newer(name)),
        Record::NotOurs => Err(UpkeepError::NotOurs(name)),
    }
}

/// Whether nobody else is connected to the database that is left: what they write would stay behind. A server of PostgreSQL takes
/// a moment to notice who has just left.
async fn alone(source: &mut Source, order: &Order) -> Result<(), UpkeepError> {
    for _ in 0..LEAVING_LOOKS {
        if order.ignore_connections || source.others().await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(LEAVING_PAUSE).await;
    }
    match source.others().await? {
        0 => Ok(()),
        others => Err(UpkeepError::Connected(others)),
    }
}

/// Everything that happens in the target: one transaction.
async fn fill(
    config: Config,
    source: &mut Source,
    db: &Db,
    order: &Order,
    mut show: impl FnMut(u64, u64),
) -> Result<(usize, u64, Report), UpkeepError> {
    let mut tx = db.begin().await?;
    if let Some(table) = whole::names(&mut tx).await?.into_iter().next() {
        return Err(UpkeepError::NotEmpty(table));
    }
    tx.migrate().await?;
    let tables = whole::tables(source.handle()).await?;
    compare(&tables, &whole::tables(&mut tx).await?)?;
    source.hold(&tables).await?;
    let broken = verify::seen_by(source.handle()).await?.broken;
    if let Some(broken) = broken.filter(|_| !order.accept_broken_log) {
        return Err(UpkeepError::BrokenLog("the database".to_owned(), broken));
    }
    let mut total = 0;
    for table in &tables {
        total += whole::count(source.handle(), table).await?;
    }
    // What migrations put into a new database came along from the old one.
    for table in tables.iter().rev() {
        whole::clear(&mut tx, table).await?;
    }
    let mut done = 0;
    for table in &tables {
        let left = copy(source, &mut tx, table, |rows| show(done + rows, total)).await?;
        if tally(&mut tx, table).await? != left {
            return Err(UpkeepError::NotTheSame(table.name.clone()));
        }
        done += left.rows;
    }
    let state = AppState::new(config, db.clone())?;
    let from = if matches!(source, Source::Sqlite(_)) { "SQLite" } else { "PostgreSQL" };
    let event = Event::by_command_line(EventKind::DatabaseMoved).with("from", from).with("to", db.engine());
    event.with("rows", done.to_string()).record(&state, &mut tx).await?;
    seal::all_in(&state, &mut tx).await?;
    let log = verify::seen_by(&mut tx).await?;
    if let Some(broken) = log.broken.clone().filter(|_| !order.accept_broken_log) {
        return Err(UpkeepError::BrokenLog("the new database".to_owned(), broken));
    }
    whole::analyze(&mut tx).await?;
    // A node that was started meanwhile waits for what it may not write, and would go on in the database that is left.
    alone(source, order).await?;
    tx.commit().await?;
    Ok((tables.len(), done, log))
}

/// Whether both have the same tables with the same columns, of kinds that both engines have.
fn compare(left: &[Table], right: &[Table]) -> Result<(), UpkeepError> {
    let other = |table: &Table| UpkeepError::OtherTable(table.name.clone());
    let is_known = |table: &Table| table.columns.iter().all(|(_, kind)| !matches!(kind, Kind::Other(_)));
    let odd = left.iter().find(|table| !right.contains(table) || !is_known(table));
    let odd = odd.or_else(|| right.iter().find(|table| !left.contains(table)));
    odd.map_or(Ok(()), |table| Err(other(table)))
}

/// Copies a table; answers with what it holds.
async fn copy(
    source: &mut Source,
    tx: &mut Tx,
    table: &Table,
    mut show: impl FnMut(u64),
) -> Result<Tally, UpkeepError> {
    let failed = |error| UpkeepError::Row(table.name.clone(), error);
    let mut tally = Tally::default();
    let mut batch = Vec::with_capacity(whole::ROWS);
    let mut rows = whole::rows(source.handle(), table).await?;
    while let Some(row) = rows.next().await.map_err(failed)? {
        tally.add(&row);
        batch.push(row);
        if batch.len() == whole::ROWS {
            whole::add(tx, table, &batch).await.map_err(failed)?;
            batch.clear();
            show(tally.rows);
        }
    }
    whole::add(tx, table, &batch).await.map_err(failed)?;
    show(tally.rows);
    Ok(tally)
}

/// What a table holds, read back.
async fn tally(tx: &mut Tx, table: &Table) -> Result<Tally, UpkeepError> {
    let mut tally = Tally::default();
    let mut rows = whole::rows(tx.into(), table).await?;
    while let Some(row) = rows.next().await? {
        tally.add(&row);
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of(rows: &[Vec<Value>]) -> Tally {
        let mut tally = Tally::default();
        for row in rows {
            tally.add(row);
        }
        tally
    }

    fn text(text: &str) -> Value {
        Value::Text(Some(text.to_owned()))
    }

    #[test]
    fn a_tally_asks_for_no_order_and_for_everything_else() {
        let (one, other) = (vec![text("a"), Value::Integer(Some(1))], vec![text("b"), Value::Integer(None)]);
        let tally = tally_of(&[one.clone(), other.clone()]);
        assert_eq!(tally, tally_of(&[other.clone(), one.clone()]));
        assert_ne!(tally, tally_of(&[one.clone(), one.clone(), other.clone()]));
        assert_ne!(tally, tally_of(&[one, vec![text("b"), Value::Integer(Some(0))]]));
        assert_ne!(tally_of(&[vec![text("ab"), text("c")]]), tally_of(&[vec![text("a"), text("bc")]]));
        assert_ne!(tally_of(&[vec![Value::Text(None)]]), tally_of(&[vec![text("")]]));
        assert_ne!(tally_of(&[vec![Value::Text(None)]]), tally_of(&[vec![text("-")]]));
    }

    #[test]
    fn tables_must_be_the_same() {
        let table = |name: &str, kind: Kind| Table { name: name.to_owned(), columns: vec![("id".to_owned(), kind)] };
        let (users, notes) = (table("users", Kind::Text), table("notes", Kind::Integer));
        let both = [users.clone(), notes.clone()];
        compare(&both, &[notes.clone(), users.clone()]).expect("the same");
        for (left, right) in [
            (&both[..], &both[..1]),
            (&both[..1], &both[..]),
            (&[users], &[table("users", Kind::Integer)]),
            (&[table("notes", Kind::Other("real".into()))], &[table("notes", Kind::Other("real".into()))]),
        ] {
            compare(left, right).expect_err("not the same");
        }
    }
}
