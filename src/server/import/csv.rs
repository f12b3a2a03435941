//! CSV with a line of heads; separated by commas, semicolons or tabs. Must not know what a column means.

use std::{collections::HashSet, io::Read};

use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::{
    json::NOT_UTF_8,
    source::{Broken, Counted, Item, Position, Sink},
    value::{Row, Value},
};

/// What separates columns, going by the line of heads.
pub(super) fn delimiter(heads: &[u8]) -> u8 {
    let count = |byte: u8| heads.split(|other| *other == byte).count();
    // Where none is there, the one column is separated by nothing.
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

/// Reads rows.
pub(super) fn rows(reader: impl Read, delimiter: u8, is_quoted: bool, sink: &Sink) -> Result<(), Broken> {
    let position = Position::within_columns(is_quoted.then_some(delimiter));
    let counted = Counted::new(reader, position.clone());
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(is_quoted)
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(counted);
    let mut heads = ByteRecord::new();
    if !reader.read_byte_record(&mut heads).map_err(|error| Broken::at(1, error.to_string()))? {
        return Ok(());
    }
    let heads = heads_of(&heads)?;
    let mut record = ByteRecord::new();
    // One behind: only what comes after it says whether a row was cut off.
    let mut waiting: Option<(u64, Item, bool)> = None;
    loop {
        position.begin_record();
        let is_there = reader.read_byte_record(&mut record);
        let place = record.position().map_or_else(|| position.line(), csv::Position::line);
        let is_there = is_there.map_err(|error| Broken::at(place, error.to_string()))?;
        if is_there
            && let Some((_, item, _)) = waiting.take()
            && !sink.give(item)
        {
            return Ok(());
        }
        if !is_there {
            break;
        }
        if record.as_slice() == b"\r" {
            continue;
        }
        let is_short = record.len() < heads.len();
        waiting = Some((place, row(place, &heads, &record, is_quoted), is_short));
    }
    let Some((place, item, is_short)) = waiting else { return Ok(()) };
    if position.is_within_quotes() || (is_short && !position.ends_with_newline()) {
        return Err(Broken::at(place, "the file ends in the middle of a row, as if it was cut off"));
    }
    if sink.give(item) && !position.ends_with_newline() {
        sink.give(Item::Unended);
    }
    Ok(())
}

fn heads_of(record: &ByteRecord) -> Result<Vec<String>, Broken> {
    let mut seen = HashSet::new();
    let mut heads = Vec::new();
    for (index, head) in record.iter().enumerate() {
        let head =
            std::str::from_utf8(without_return(index, record, head)).map_err(|_| Broken::at(1, NOT_UTF_8))?.trim();
        let head = if head.is_empty() { format!("column {}", index + 1) } else { head.to_owned() };
        if !seen.insert(head.clone()) {
            return Err(Broken::at(1, format!("two columns are called {head}")));
        }
        heads.push(head);
    }
    Ok(heads)
}

fn row(place: u64, heads: &[String], record: &ByteRecord, is_quoted: bool) -> Item {
    if record.len() != heads.len() {
        let (there, wanted) = (record.len(), heads.len());
        return Item::bad(place, format!("the row has {there} columns, the line of heads {wanted}"));
    }
    let mut columns = Vec::with_capacity(heads.len());
    for (index, (head, bytes)) in heads.iter().zip(record).enumerate() {
        let Ok(text) = std::str::from_utf8(without_return(index, record, bytes)) else {
            return Item::bad(place, format!("{head} is {NOT_UTF_8}"));
        };
        // As MySQL writes nothing, and as many programs do.
        let is_nothing = text.is_empty() || text == "\\N" || text == "NULL";
        let text = || if is_quoted { text.to_owned() } else { unescaped(text) };
        columns.push((head.clone(), if is_nothing { Value::Null } else { Value::Text(text()) }));
    }
    Item::Row(Row::new(place, columns))
}

/// A line of MS-DOS ends with two characters. To the reader it ends with the second, so that lines are counted right.
fn without_return<'b>(index: usize, record: &ByteRecord, bytes: &'b [u8]) -> &'b [u8] {
    let is_last = index + 1 == record.len();
    bytes.strip_suffix(b"\r").filter(|_| is_last).unwrap_or(bytes)
}

/// What `mysql --batch` and PostgreSQL's `copy` write for what would end a column or a line.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('r') => plain.push('\r'),
                Some('0') => plain.push('\0'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            character => plain.push(character),
        }
    }
    plain
}
