//! The estimator's door to JavaScript, for the Worker in `estimator_worker.js`. Must not touch the page.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::estimator::estimate;

/// Estimates a password. `own_words` holds one word a line. Answers with `{"score":0,"reason":"common_password"}`, the
/// JSON of `domain::strength::Strength`.
#[wasm_bindgen]
#[must_use]
pub fn estimate_json(password: &str, own_words: &str) -> String {
    let own_words: Vec<String> = own_words.lines().map(str::to_owned).collect();
    serde_json::to_string(&estimate(password, &own_words)).unwrap_or_default()
}
