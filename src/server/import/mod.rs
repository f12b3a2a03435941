//! Bringing people along from elsewhere: files are read row by row, guessed at, judged, and written in batches. Must not hold a
//! file in memory, nor SQL.

/// Rows into the database, a batch at a time.
pub mod batches;
/// CSV with a line of heads.
mod csv;
/// People out of the database, as `import` reads them.
pub mod export;
/// MongoDB's extended JSON.
mod extended;
/// Which column holds what.
pub mod guess;
/// JSON: lines, arrays, and objects with a name for each person.
mod json;
/// What a row says of a person, and whether it can be taken.
pub mod record;
/// Rows that are not taken, kept next to the file.
pub mod rejects;
/// Files: what they hold, and reading them with one record in memory.
pub mod source;
/// Tables of SQLite files.
mod sqlite;
/// Values of a row, whatever the format.
pub mod value;
