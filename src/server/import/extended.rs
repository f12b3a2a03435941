//! MongoDB's extended JSON, both dialects: objects that stand for one value. Must not change any other object.

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{domain::moment::Moment, server::crypto::token::hexadecimal};

use super::value::{Value, in_range};

/// What an object stands for.
pub(super) fn resolve(object: Vec<(String, Value)>) -> Value {
    match object.as_slice() {
        [(name, inner)] => {
            if let Some(value) = scalar(name, inner) {
                return value;
            }
        }
        // The dialect before 2018: `{"$binary": "…", "$type": "00"}`.
        [(name, Value::Text(base64)), (kind, _)] | [(kind, _), (name, Value::Text(base64))]
            if name == "$binary" && kind == "$type" =>
        {
            return binary(base64);
        }
        _ => {}
    }
    Value::Object(object)
}

fn scalar(name: &str, inner: &Value) -> Option<Value> {
    match (name, inner) {
        ("$oid" | "$uuid" | "$symbol", Value::Text(text)) => Some(Value::Text(text.clone())),
        (
            "$numberLong" | "$numberInt" | "$numberDouble" | "$numberDecimal",
            Value::Text(text) | Value::Number(text),
        ) => Some(Value::Number(text.clone())),
        ("$undefined", _) => Some(Value::Null),
        // A number of milliseconds, which may be resolved already; or a text.
        ("$date", Value::Number(millis)) => {
            Some(millis.parse::<i64>().map_or_else(|_| Value::Text(millis.clone()), instant))
        }
        ("$date", text @ Value::Text(_)) => Some(text.instant().map_or_else(|| text.clone(), Value::Instant)),
        ("$binary", Value::Object(parts)) => match parts.iter().find(|(name, _)| name == "base64") {
            Some((_, Value::Text(base64))) => Some(binary(base64)),
            _ => None,
        },
        _ => None,
    }
}

fn instant(millis: i64) -> Value {
    in_range(Moment(millis.div_euclid(1_000))).map_or(Value::Null, Value::Instant)
}

/// Text, where it is some: a hash that was stored as bytes. Otherwise hexadecimal, as identifiers are read.
fn binary(base64: &str) -> Value {
    // What cannot be read is not nothing, and is refused as a hash of no known kind.
    BASE64_STANDARD
        .decode(base64)
        .map_or_else(|_| Value::Text("$binary$unreadable$".into()), |bytes| Value::Text(text_of(bytes)))
}

/// Bytes as text, or as hexadecimal where they are none.
pub(super) fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| hexadecimal(error.as_bytes()))
}
