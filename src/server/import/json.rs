//! JSON, one record in memory at a time: a line each, an array, one after the other, or an object with a name for each person.
//! Must not know what a column means.

use std::{
    fmt,
    io::{BufRead, Read},
};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    extended,
    source::{Broken, Counted, Item, MAX_RECORD_BYTES, Position, Sink},
    value::{MAX_LIST, Row, Value},
};

/// The column that holds the name of each person, in an object of people.
pub(super) const NAME: &str = "(name)";
/// The column that holds what stands behind a name where that is no object.
const PASSWORD: &str = "password";
/// Names under which an object holds the people.
pub(super) const CONTAINERS: [&str; 11] =
    ["users", "people", "accounts", "members", "data", "items", "results", "rows", "records", "documents", "_default"];

/// The heaviest record that is handed on: what is short as text can be large in memory.
const MAX_WEIGHT: usize = 2 * MAX_RECORD_BYTES;

/// What most such files are instead.
pub(super) const NOT_UTF_8: &str = "not UTF-8: `iconv -f latin1 -t utf-8 FILE` may make it readable";

const CUT_OFF: &str = "the file ends in the middle of a record, as if it was cut off";
/// What reading ends with when nobody takes rows any more.
const NOBODY_READS: &str = "nobody reads";

/// Reads each line as a record.
pub(super) fn lines(mut reader: impl BufRead, sink: &Sink) -> Result<(), Broken> {
    let limit = u64::try_from(MAX_RECORD_BYTES).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    let mut place = 0;
    loop {
        line.clear();
        place += 1;
        let read = reader.by_ref().take(limit).read_until(b'\n', &mut line);
        let read = read.map_err(|error| Broken::at(place, error.to_string()))?;
        if read == 0 {
            return Ok(());
        }
        if read >= MAX_RECORD_BYTES {
            return Err(Broken::at(place, "a record of more than a megabyte"));
        }
        let item = match std::str::from_utf8(&line) {
            Err(_) => Item::bad(place, NOT_UTF_8),
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => {
                let mut json = serde_json::Deserializer::from_str(text);
                match ValueSeed.deserialize(&mut json).and_then(|value| json.end().map(|()| value)) {
                    Ok(value) => record(place, value),
                    Err(error) if error.is_eof() && !line.ends_with(b"\n") => return Err(Broken::at(place, CUT_OFF)),
                    Err(error) => Item::bad(place, format!("not JSON: {}", said(&error))),
                }
            }
        };
        if !sink.give(item) {
            return Ok(());
        }
    }
}

/// Reads the elements of an array, or objects that follow one another; or, with `entries`, an object of people.
pub(super) fn values(reader: impl Read, entries: bool, is_numbered: bool, sink: &Sink) -> Result<(), Broken> {
    let position = Position::new(is_numbered);
    let mut json = serde_json::Deserializer::from_reader(Counted::new(reader, position.clone()));
    while json.end().is_err() && !sink.is_closed() {
        if !entries {
            position.next_record();
        }
        let records = Records { sink, position: &position, entries, is_top: true };
        records.deserialize(&mut json).map_err(|error| {
            let why = if error.is_eof() { CUT_OFF.into() } else { said(&error) };
            Broken::at(position.place(), why)
        })?;
    }
    Ok(())
}

/// An error without its place: lines of one text are all the first.
fn said(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rsplit_once(" at line ").map_or(said.clone(), |(said, _)| said.to_owned())
}

fn record(place: u64, value: Value) -> Item {
    match value {
        Value::Object(object) => match Row::of_object(place, object) {
            Ok(row) if row.weight() > MAX_WEIGHT => Item::bad(place, "a record of more than a megabyte"),
            Ok(row) => Item::Row(row),
            Err(name) => Item::bad(place, format!("the name {name} is there twice")),
        },
        _ => Item::bad(place, "not an object"),
    }
}

/// The entry of an object of people.
fn entry(place: u64, name: String, value: Value) -> Item {
    let object = match value {
        Value::Object(object) => object,
        password @ Value::Text(_) => vec![(PASSWORD.to_owned(), password)],
        _ => return Item::bad(place, format!("what stands behind {name} is no person")),
    };
    let named = std::iter::once((NAME.to_owned(), Value::Text(name)));
    record(place, Value::Object(named.chain(object).collect()))
}

/// Gives away the records of a value, without keeping any.
#[derive(Clone, Copy)]
struct Records<'a> {
    sink: &'a Sink,
    position: &'a Position,
    entries: bool,
    is_top: bool,
}

impl Records<'_> {
    fn give<E: serde::de::Error>(&self, item: Item) -> Result<(), E> {
        if self.sink.give(item) { Ok(()) } else { Err(E::custom(NOBODY_READS)) }
    }
}

impl<'de> DeserializeSeed<'de> for Records<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of people")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.position.enter_list();
        while let Some((place, value)) = elements.next_element_seed(PlacedSeed(self.position))? {
            self.give(record(place, value))?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        if !self.entries {
            let place = self.position.place();
            return self.give(record(place, ValueVisitor.visit_map(members)?));
        }
        while let Some(name) = members.next_key::<String>()? {
            if self.is_top && CONTAINERS.contains(&name.as_str()) {
                members.next_value_seed(Records { is_top: false, ..self })?;
            } else {
                self.position.next_record();
                let place = self.position.place();
                let value = members.next_value_seed(ValueSeed)?;
                self.give(entry(place, name, value))?;
            }
        }
        Ok(())
    }
}

/// A value, and the line on which it begins.
struct PlacedSeed<'a>(&'a Position);

impl<'de> DeserializeSeed<'de> for PlacedSeed<'_> {
    type Value = (u64, Value);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        self.0.next_record();
        let place = self.0.place();
        Ok((place, ValueSeed.deserialize(json)?))
    }
}

struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(ValueVisitor)
    }
}

/// Any value, with names that are there twice.
struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Truth(truth))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while values.len() <= MAX_LIST
            && let Some(value) = elements.next_element_seed(ValueSeed)?
        {
            values.push(value);
        }
        while elements.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(ValueSeed)?;
            object.push((name, value));
        }
        Ok(extended::resolve(object))
    }
}
