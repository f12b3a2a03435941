//! Latchkey: accounts for a small team, as one crate compiled three times. This file lists the modules and what each
//! compilation holds; it is the only one that names a feature. Must not hold logic.
//!
//! - `ssr`: the server, with everything.
//! - `hydrate`: the browser, with domain, words, components and pages.
//! - `estimator`: the password estimator alone, for a Worker.

// The types of large pages are deep.
#![recursion_limit = "256"]

/// Server functions: what crosses the wire.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod api;
/// Document shell and route table.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod app;
/// View pieces that know nothing of accounts.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod components;
/// The rules of accounts.
pub mod domain;
/// The strength estimator.
#[cfg(any(feature = "ssr", feature = "estimator"))]
pub mod estimator;
/// The estimator's door to JavaScript.
#[cfg(feature = "estimator")]
pub mod estimator_worker;
/// One file per URL.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod pages;
/// Everything that runs on the server alone.
#[cfg(feature = "ssr")]
pub mod server;
/// Every text that people read in a browser or a mail.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod words;

/// Compiles what `docs/extending.md` shows.
#[cfg(all(doctest, feature = "ssr"))]
#[doc = include_str!("../docs/extending.md")]
pub struct Extending;

/// Wakes the islands of the page. Called by the browser when the module has loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
