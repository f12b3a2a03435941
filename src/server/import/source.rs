//! Files: what they hold, and reading them with one record in memory. Must not know what a column means.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Chain, Cursor, Read},
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::mpsc;

use super::{csv, guess, json, sqlite, value::Row};

/// The longest record; a text without end is none.
pub(super) const MAX_RECORD_BYTES: usize = 1 << 20;
/// How much of a file says what it holds.
const HEAD_BYTES: usize = 1 << 16;
/// Rows that are read before anybody takes them.
const ROWS_AHEAD: usize = 64;

/// What files can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A record a line.
    JsonLines,
    /// An array of records, or records that follow one another over several lines.
    JsonRecords {
        /// Everything is on one line, so that records are counted instead.
        is_one_line: bool,
    },
    /// An object with a name for each person, or with the people in one of its members.
    JsonObject {
        /// Everything is on one line, so that records are counted instead.
        is_one_line: bool,
    },
    /// Comma-separated values.
    Csv {
        /// What separates them.
        delimiter: u8,
        /// Quotation marks may enclose them. Where tabs separate them and no head is quoted, they are escaped instead, as
        /// `mysql --batch` does.
        is_quoted: bool,
    },
    /// A table of a SQLite database.
    Sqlite,
}

impl Format {
    /// For people.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::JsonLines => "JSON, a record a line",
            Self::JsonRecords { .. } => "JSON, an array of records",
            Self::JsonObject { .. } => "JSON, an object of people",
            Self::Csv { delimiter: b';', .. } => "CSV, separated by semicolons",
            Self::Csv { delimiter: b'\t', .. } => "CSV, separated by tabs",
            Self::Csv { .. } => "CSV",
            Self::Sqlite => "a SQLite database",
        }
    }

    /// What its places are.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Sqlite => "row",
            Self::JsonRecords { is_one_line: true } | Self::JsonObject { is_one_line: true } => "record",
            _ => "line",
        }
    }

    /// Whether a row may have columns that those before it lack.
    #[must_use]
    pub fn is_free(self) -> bool {
        matches!(self, Self::JsonLines | Self::JsonRecords { .. } | Self::JsonObject { .. })
    }
}

/// What the person who types says that the file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever it looks like.
    #[default]
    Auto,
    /// What `mongoexport` writes: lines or an array.
    MongoJson,
    /// An object or a list.
    UsersJson,
    /// Comma-separated values.
    Csv,
    /// A SQLite database.
    Sqlite,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not there, or may not be read.
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
    /// There is nothing in it.
    #[error("{}: the file is empty", .0.display())]
    Empty(PathBuf),
    /// It is something that can be made into what is read.
    #[error("{}: {}", .0.display(), .1)]
    Other(PathBuf, &'static str),
    /// It is not what it was said to be.
    #[error("{}: not {}", .0.display(), .1)]
    NotWhatWasSaid(PathBuf, &'static str),
    /// A SQLite database that holds no people, or several tables that may.
    #[error("{}: {}", .0.display(), .1)]
    Table(PathBuf, String),
    /// A SQLite database that cannot be read.
    #[error("{}: {}", .0.display(), .1)]
    Database(PathBuf, crate::server::storage::StoreError),
}

/// Where reading ended before the end of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line or row.
    pub place: u64,
    /// Why.
    pub why: String,
}

impl Broken {
    pub(super) fn at(place: u64, why: impl Into<String>) -> Self {
        Self { place, why: why.into() }
    }
}

/// One piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A record.
    Row(Row),
    /// Something that is no record; what follows it can be read.
    Bad {
        /// The line or row.
        place: u64,
        /// Why.
        why: String,
    },
    /// The row before this was the last, and its line has no end: it may have been cut off where nobody sees it.
    Unended,
}

impl Item {
    pub(super) fn bad(place: u64, why: impl Into<String>) -> Self {
        Self::Bad { place, why: why.into() }
    }
}

/// Where readers put what they find.
pub(super) struct Sink(mpsc::Sender<Result<Item, Broken>>);

impl Sink {
    /// `false` if nobody takes it.
    pub(super) fn give(&self, item: Item) -> bool {
        self.0.blocking_send(Ok(item)).is_ok()
    }

    /// The same where others must not be kept waiting.
    pub(super) async fn hand(&self, item: Result<Item, Broken>) -> bool {
        self.0.send(item).await.is_ok()
    }

    /// Whether nobody takes anything.
    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// A file that is being read.
#[derive(Debug)]
pub struct Source {
    /// What it holds.
    pub format: Format,
    /// The table, where it has several.
    pub table: Option<String>,
    /// How many bytes it has; of a database, how many rows.
    pub total: u64,
    done: Arc<AtomicU64>,
    rows: mpsc::Receiver<Result<Item, Broken>>,
}

impl Source {
    /// Looks at a file, and begins to read it.
    ///
    /// # Errors
    /// When it cannot be read, or is none of what can be.
    pub async fn open(path: &Path, wanted: Wanted, table: Option<&str>) -> Result<Self, SourceError> {
        let failed = |error| SourceError::Io(path.to_owned(), error);
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let mut head = Vec::new();
        file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
        let other = |why| SourceError::Other(path.to_owned(), why);
        if let Some(why) = foreign(&head) {
            return Err(other(why));
        }
        let format = format_of(path, &head, wanted)?;
        let (sender, rows) = mpsc::channel(ROWS_AHEAD);
        let (sink, done) = (Sink(sender), Arc::new(AtomicU64::new(0)));
        if format == Format::Sqlite {
            let opened = sqlite::open(path, table).await?;
            let (table, total) = (opened.table.name.clone(), opened.count);
            tokio::spawn(sqlite::rows(opened, Arc::clone(&done), sink));
            return Ok(Self { format, table: Some(table), total, done, rows });
        }
        if table.is_some() {
            return Err(other("there are tables in SQLite databases alone"));
        }
        let skipped = if head.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let read = head.split_off(skipped);
        let reader = BufReader::with_capacity(
            HEAD_BYTES,
            Watched { inner: Cursor::new(read).chain(file), done: Arc::clone(&done) },
        );
        tokio::task::spawn_blocking(move || read_all(format, reader, &sink));
        Ok(Self { format, table: None, total: metadata.len(), done, rows })
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Item, Broken>> {
        self.rows.recv().await
    }

    /// How much of [`Source::total`] was read.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed).min(self.total)
    }
}

fn read_all(format: Format, reader: BufReader<Watched<Chain<Cursor<Vec<u8>>, File>>>, sink: &Sink) {
    let outcome = match format {
        Format::JsonLines => json::lines(reader, sink),
        Format::JsonRecords { is_one_line } => json::values(reader, false, is_one_line, sink),
        Format::JsonObject { is_one_line } => json::values(reader, true, is_one_line, sink),
        Format::Csv { delimiter, is_quoted } => csv::rows(reader, delimiter, is_quoted, sink),
        Format::Sqlite => Ok(()),
    };
    if let Err(broken) = outcome {
        let _ = sink.0.blocking_send(Err(broken));
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What a file is that cannot be read as it is.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const UTF_16: &str = "this is UTF-16: `iconv -f utf-16 -t utf-8 FILE` makes it readable";
    // Every other byte of plain text is zero there.
    let pairs = [(0, 1), (1, 0)];
    let is_interleaved = head.len() >= 4
        && pairs.iter().any(|(zero, text)| [0, 2].iter().all(|at| head[at + zero] == 0 && head[at + text] != 0));
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        Some(UTF_16)
    } else if head.starts_with(b"\x1f\x8b") || head.starts_with(b"PK\x03\x04") || head.starts_with(b"\x28\xb5\x2f\xfd")
    {
        Some("this is compressed: unpack it first")
    } else if head.starts_with(b"PGDMP") {
        Some("this is what pg_dump writes: `\\copy users to 'users.csv' csv header` in psql makes a file that is read")
    } else if head.starts_with(SQLITE) {
        None
    } else if is_interleaved {
        Some(UTF_16)
    } else if head.get(4..).is_some_and(|rest| rest.iter().take(16).any(|byte| *byte == 0)) {
        Some("this is no text; of a MongoDB database, `mongoexport` makes a file that is read, `mongodump` does not")
    } else {
        None
    }
}

fn format_of(path: &Path, head: &[u8], wanted: Wanted) -> Result<Format, SourceError> {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let Some(first) = head.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(SourceError::Empty(path.to_owned()));
    };
    let is_sqlite = head.starts_with(SQLITE);
    let not = |what| SourceError::NotWhatWasSaid(path.to_owned(), what);
    let csv = || {
        let heads = head.split(|byte| *byte == b'\n' || *byte == b'\r').next().unwrap_or_default();
        let delimiter = csv::delimiter(heads);
        Format::Csv { delimiter, is_quoted: delimiter != b'\t' || heads.contains(&b'"') }
    };
    let is_one_line = !head.trim_ascii().contains(&b'\n');
    match (wanted, first) {
        (Wanted::Auto | Wanted::Sqlite, _) if is_sqlite => Ok(Format::Sqlite),
        (Wanted::Sqlite, _) => Err(not("a SQLite database")),
        (_, _) if is_sqlite => Err(not("text, but a SQLite database")),
        (Wanted::Csv, _) => Ok(csv()),
        (_, b'[') => Ok(Format::JsonRecords { is_one_line }),
        (Wanted::Auto | Wanted::UsersJson, b'{') if is_object_of_people(head) => Ok(Format::JsonObject { is_one_line }),
        (_, b'{') => Ok(if is_line(head) { Format::JsonLines } else { Format::JsonRecords { is_one_line } }),
        (Wanted::Auto, _) => Ok(csv()),
        (Wanted::MongoJson | Wanted::UsersJson, _) => Err(not("JSON")),
    }
}

/// Whether the first line is a record as a whole.
fn is_line(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
        || (line.len() == head.trim_ascii_start().len() && head.len() >= HEAD_BYTES)
}

/// Whether an object is of people rather than a person: going by its first name, which is no column's, or by what it holds.
fn is_object_of_people(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let Some(rest) = head.trim_start().strip_prefix('{') else { return false };
    let rest = rest.trim_start();
    if rest.starts_with('}') {
        return true;
    }
    if is_line(head.as_bytes())
        && head.trim_start().split_once('\n').is_some_and(|(_, next)| next.trim_start().starts_with('{'))
    {
        return false;
    }
    let mut names = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let Some(Ok(name)) = names.next() else { return false };
    let behind = rest.get(names.byte_offset()..).unwrap_or_default().trim_start().trim_start_matches(':').trim_start();
    let is_nested = behind.starts_with(['{', '[']);
    let is_container = json::CONTAINERS.contains(&name.as_str()) && is_nested;
    // `{"_id": {"$oid": …` begins a person.
    let is_extended = behind.starts_with('{') && behind[1..].trim_start().starts_with("\"$");
    is_container || (guess::field_of(&name).is_none() && !is_extended)
}

/// Counts what is read of a file.
struct Watched<R> {
    inner: R,
    done: Arc<AtomicU64>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.done.fetch_add(u64::try_from(read).unwrap_or_default(), Ordering::Relaxed);
        Ok(read)
    }
}

/// Where reading is.
#[derive(Clone, Debug, Default)]
pub(super) struct Position(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    newlines: Cell<u64>,
    records: Cell<u64>,
    /// Whether places are numbers of records rather than of lines.
    is_numbered: bool,
    quoting: Cell<Quoting>,
    /// What separates columns, where quotation marks mean something.
    delimiter: Option<u8>,
    last: Cell<u8>,
    in_record: Cell<usize>,
}

/// Where quotation marks mean something: at the beginning of a column, and within one that they began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quoting {
    #[default]
    Beginning,
    Plain,
    Quoted,
    /// After a mark that ends the column, unless another follows.
    Ending,
}

impl Position {
    /// At the beginning of a file.
    pub(super) fn new(is_numbered: bool) -> Self {
        Self(Rc::new(Counts { is_numbered, ..Counts::default() }))
    }

    /// The same in columns that may be quoted.
    pub(super) fn within_columns(delimiter: Option<u8>) -> Self {
        Self(Rc::new(Counts { delimiter, ..Counts::default() }))
    }

    /// The next record begins.
    pub(super) fn next_record(&self) {
        self.begin_record();
        self.0.records.set(self.0.records.get() + 1);
    }

    /// What was counted as a record is a list of them.
    pub(super) fn enter_list(&self) {
        self.0.records.set(0);
    }

    /// Where the record is.
    pub(super) fn place(&self) -> u64 {
        if self.0.is_numbered { self.0.records.get() } else { self.line() }
    }

    /// What is read from now on belongs to another record.
    pub(super) fn begin_record(&self) {
        self.0.in_record.set(0);
    }

    /// The line of the last byte.
    pub(super) fn line(&self) -> u64 {
        self.0.newlines.get() + 1
    }

    /// Whether a quotation mark waits for its other.
    pub(super) fn is_within_quotes(&self) -> bool {
        self.0.quoting.get() == Quoting::Quoted
    }

    /// Whether the last byte ends a line.
    pub(super) fn ends_with_newline(&self) -> bool {
        self.0.last.get() == b'\n'
    }
}

/// Counts lines, and refuses a record without end.
pub(super) struct Counted<R> {
    inner: R,
    position: Position,
}

impl<R: Read> Counted<R> {
    pub(super) fn new(inner: R, position: Position) -> Self {
        Self { inner, position }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let counts = &self.position.0;
        for byte in &buffer[..read] {
            if *byte == b'\n' {
                counts.newlines.set(counts.newlines.get() + 1);
            }
            if let Some(delimiter) = counts.delimiter {
                counts.quoting.set(match (counts.quoting.get(), *byte) {
                    (Quoting::Quoted, b'"') => Quoting::Ending,
                    (Quoting::Beginning | Quoting::Ending, b'"') | (Quoting::Quoted, _) => Quoting::Quoted,
                    (_, other) if other == delimiter || other == b'\n' => Quoting::Beginning,
                    _ => Quoting::Plain,
                });
            }
            counts.last.set(*byte);
        }
        counts.in_record.set(counts.in_record.get() + read);
        if counts.in_record.get() > MAX_RECORD_BYTES {
            return Err(io::Error::other("a record of more than a megabyte"));
        }
        Ok(read)
    }
}
