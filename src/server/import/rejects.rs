//! Rows that are not taken, kept next to the file with the reason. Must not keep a password or a hash.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::server::crypto::legacy;

use super::{
    guess::{Field, Mapping},
    record::Unusable,
    value::{Row, Value},
};

/// Files of one name that are tried.
const MOST_FILES: u32 = 1_000;
/// What columns that hold a secret are called, among other things.
const SECRET: [&str; 8] = ["pass", "pwd", "hash", "salt", "secret", "token", "credential", "key"];

/// A row that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Its line or number.
    pub place: u64,
    /// Why.
    pub why: Unusable,
    /// The row, where it could be read.
    pub row: Option<Row>,
}

impl Reject {
    /// As a line of the file: without any secret.
    #[must_use]
    pub fn to_json(&self, place: &str, mapping: &Mapping) -> serde_json::Value {
        let password = mapping.column(Field::Password);
        let is_secret = |name: &str| {
            let lower = name.to_ascii_lowercase();
            password == Some(name) || SECRET.iter().any(|part| lower.contains(part))
        };
        let row = self.row.as_ref().map(|row| {
            // Nothing of what was not asked for: nobody knows what is in it.
            let shown = row.columns.iter().filter(|(name, value)| {
                let is_hash =
                    || value.text().is_some_and(|text| legacy::examine(&text) != Err(legacy::Refusal::PlainText));
                mapping.iter().any(|(_, column)| column == name) && !is_nested(value) && !is_secret(name) && !is_hash()
            });
            shown.map(|(name, value)| (name.clone(), value.to_json())).collect::<serde_json::Map<_, _>>()
        });
        json!({ place: self.place, "code": self.why.code(), "reason": self.why.to_string(), "columns": row })
    }
}

/// Whether a value holds named ones.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::List(values) => values.iter().any(is_nested),
        _ => false,
    }
}

/// The file of rejects; made with the first of them.
#[derive(Debug)]
pub struct Rejects {
    source: PathBuf,
    made: Option<(PathBuf, BufWriter<File>)>,
}

impl Rejects {
    /// Next to a file.
    #[must_use]
    pub fn beside(source: &Path) -> Self {
        Self { source: source.to_owned(), made: None }
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, line: &serde_json::Value) -> io::Result<()> {
        let made = self.made.take();
        let (path, mut file) = match made {
            Some(made) => made,
            None => create(&self.source)?,
        };
        let written = writeln!(file, "{line}");
        self.made = Some((path, file));
        written
    }

    /// Makes what was added last; the path of the file, if there is one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<Option<&Path>> {
        let Some((path, file)) = &mut self.made else { return Ok(None) };
        file.flush()?;
        Ok(Some(path))
    }
}

/// A file that was not there before, for its owner alone.
fn create(source: &Path) -> io::Result<(PathBuf, BufWriter<File>)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for number in 1..=MOST_FILES {
        let mut name = source.as_os_str().to_owned();
        name.push(if number == 1 { ".rejects.jsonl".to_owned() } else { format!(".rejects-{number}.jsonl") });
        match options.open(&name) {
            Ok(file) => return Ok((name.into(), BufWriter::new(file))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
