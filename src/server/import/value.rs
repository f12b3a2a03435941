//! Values of a row, whatever the format it came in. Must not know what a column means.

use std::collections::HashSet;

use time::{
    Date, OffsetDateTime, PrimitiveDateTime,
    format_description::well_known::{Iso8601, Rfc2822, Rfc3339},
    macros::format_description,
};

use crate::domain::moment::Moment;

/// No number below this one, of 1973, means an instant.
const FIRST_SECONDS: i64 = 100_000_000;
/// From here on a number that means an instant counts milliseconds: as seconds it would be the year 5138.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// How many values of a list are kept, and one more where there are more: no list that is taken is as long.
pub(super) const MAX_LIST: usize = 256;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Truth(bool),
    /// A number, as it was written.
    Number(String),
    /// Text.
    Text(String),
    /// An instant.
    Instant(Moment),
    /// Several.
    List(Vec<Value>),
    /// Named values, in their order; a name may be there twice.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// As text; `None` for nothing, and for what has no text of its own.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Number(text) | Self::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Self::Truth(truth) => Some(truth.to_string()),
            Self::Instant(at) => Some(at.rfc3339()),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(values) => values.is_empty(),
            Self::Object(values) => values.is_empty(),
            Self::Truth(_) | Self::Number(_) | Self::Instant(_) => false,
        }
    }

    /// As an instant, of every way to write one that the usual programs have; where no zone is given it is UTC.
    #[must_use]
    pub fn instant(&self) -> Option<Moment> {
        match self {
            Self::Instant(at) => Some(*at),
            Self::Number(number) => instant_of_number(number),
            Self::Text(text) => instant_of_text(text.trim()),
            Self::Null | Self::Truth(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// As yes or no.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Truth(truth) => Some(*truth),
            Self::Number(number) => match number.as_str() {
                "1" | "1.0" => Some(true),
                "0" | "0.0" => Some(false),
                _ => None,
            },
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "1" | "t" | "true" | "y" | "yes" | "on" | "active" | "enabled" | "\u{1}" => Some(true),
                "0" | "f" | "false" | "n" | "no" | "off" | "inactive" | "disabled" | "banned" | "blocked"
                | "suspended" | "\0" => Some(false),
                _ => None,
            },
            Self::Null | Self::Instant(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn weight(&self) -> usize {
        32 + match self {
            Self::Null | Self::Truth(_) | Self::Instant(_) => 0,
            Self::Number(text) | Self::Text(text) => text.len(),
            Self::List(values) => values.iter().map(Self::weight).sum(),
            Self::Object(values) => values.iter().map(|(name, value)| name.len() + value.weight()).sum(),
        }
    }

    /// As JSON, for people to read.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Truth(truth) => (*truth).into(),
            Self::Number(text) => {
                text.parse::<serde_json::Number>().map_or_else(|_| text.as_str().into(), serde_json::Value::Number)
            }
            Self::Text(text) => text.as_str().into(),
            Self::Instant(at) => at.rfc3339().into(),
            Self::List(values) => values.iter().map(Self::to_json).collect(),
            Self::Object(values) => values.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
        }
    }
}

fn instant_of_number(number: &str) -> Option<Moment> {
    let whole = number.split('.').next()?.parse::<i64>().ok()?;
    if whole < FIRST_SECONDS {
        return None;
    }
    let seconds = if whole >= FIRST_MILLISECONDS { whole.div_euclid(1_000) } else { whole };
    in_range(Moment(seconds))
}

fn instant_of_text(text: &str) -> Option<Moment> {
    // As PostgreSQL writes them: a space for the `T`, and a zone of two digits.
    let mut iso = text.replacen(' ', "T", 1).replace(" UTC", "Z").replace(' ', "");
    if let Some(zone) = iso.len().checked_sub(3).and_then(|at| iso.get(at..))
        && iso.len() > 13
        && zone.starts_with(['+', '-'])
    {
        iso.push_str(":00");
    }
    let with_zone = OffsetDateTime::parse(&iso, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&iso, &Iso8601::DEFAULT))
        .or_else(|_| OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822));
    if let Ok(at) = with_zone {
        return in_range(Moment(at.unix_timestamp()));
    }
    let day = format_description!("[year]-[month]-[day]");
    let local = PrimitiveDateTime::parse(&iso, &Iso8601::DEFAULT)
        .or_else(|_| Date::parse(text, day).map(|day| PrimitiveDateTime::new(day, time::Time::MIDNIGHT)));
    if let Ok(at) = local {
        return in_range(Moment(at.assume_utc().unix_timestamp()));
    }
    let is_number = text.matches('.').count() <= 1 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number { instant_of_number(text) } else { None }
}

/// No year that no calendar of ours can write.
pub(super) fn in_range(at: Moment) -> Option<Moment> {
    (at.as_utc().unix_timestamp() == at.0).then_some(at)
}

/// A row: where it begins, and its columns; those of objects within it under names such as `profile.email`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line, or its number where there are no lines.
    pub place: u64,
    /// In the order of the file.
    pub columns: Vec<(String, Value)>,
}

impl Row {
    /// A row of a table.
    #[must_use]
    pub fn new(place: u64, columns: Vec<(String, Value)>) -> Self {
        Self { place, columns }
    }

    /// A row of a JSON object.
    ///
    /// # Errors
    /// The name that is there twice: nobody could say which is meant.
    pub fn of_object(place: u64, object: Vec<(String, Value)>) -> Result<Self, String> {
        let mut columns = Vec::with_capacity(object.len());
        flatten("", object, &mut columns)?;
        let mut names = HashSet::with_capacity(columns.len());
        if let Some((twice, _)) = columns.iter().find(|(name, _)| !names.insert(name.as_str())) {
            return Err(twice.clone());
        }
        Ok(Self { place, columns })
    }

    /// The value of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> &Value {
        self.columns.iter().find(|(name, _)| name == column).map_or(&Value::Null, |(_, value)| value)
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.columns.iter().map(|(name, value)| name.len() + value.weight()).sum()
    }
}

fn flatten(prefix: &str, object: Vec<(String, Value)>, into: &mut Vec<(String, Value)>) -> Result<(), String> {
    let mut names = HashSet::with_capacity(object.len());
    for (name, value) in object {
        let full = format!("{prefix}{name}");
        if !names.insert(name) {
            return Err(full);
        }
        match value {
            Value::Object(inner) => flatten(&format!("{full}."), inner, into)?,
            value => into.push((full, value)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_are_read_as_the_usual_programs_write_them() {
        for written in [
            "2026-11-20T19:46:00Z",
            "2026-11-20T19:46:00.123Z",
            "2026-11-20T21:46:00+02:00",
            "2026-11-20 19:46:00",
            "2026-11-20 19:46:00.123456",
            "2026-11-20 19:46:00+00",
            "2026-11-20 21:46:00.123+02",
            "2026-11-20 19:46:00 UTC",
            "2026-11-20T19:46:00.000000",
            "Fri, 20 Nov 2026 19:46:00 GMT",
            "1795203960",
            "1795203960000",
            "1795203960.5",
        ] {
            assert_eq!(Value::Text(written.into()).instant(), Some(Moment(1_795_203_960)), "{written}");
        }
        assert_eq!(Value::Text("2026-11-20".into()).instant(), Some(Moment(1_795_132_800)));
        assert_eq!(Value::Number("1795203960".into()).instant(), Some(Moment(1_795_203_960)));
        for written in ["", "yesterday", "20.11.2026", "2026-13-01", "12", "99999999999999999999"] {
            assert_eq!(Value::Text(written.into()).instant(), None, "{written}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_found_at_any_depth() {
        let twice = vec![("a".to_owned(), Value::Null), ("a".to_owned(), Value::Null)];
        assert_eq!(Row::of_object(1, twice.clone()), Err("a".into()));
        assert_eq!(Row::of_object(1, vec![("b".into(), Value::Object(twice))]), Err("b.a".into()));
        let both = vec![("a.b".into(), Value::Null), ("a".into(), Value::Object(vec![("b".into(), Value::Null)]))];
        assert_eq!(Row::of_object(1, both), Err("a.b".into()));
    }

    proptest! {
        #[test]
        fn reading_a_value_never_panics(text in any::<String>()) {
            for value in [Value::Text(text.clone()), Value::Number(text)] {
                let _ = (value.instant(), value.truth(), value.text(), value.to_json());
            }
        }

        #[test]
        fn what_looks_like_an_instant_never_panics(text in "[0-9]{1,20}[-:. TZ+0-9]{0,30}") {
            let _ = Value::Text(text.clone()).instant();
            let _ = Value::Number(text).instant();
        }
    }
}
