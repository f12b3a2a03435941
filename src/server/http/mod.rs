//! HTTP: the router and one file per layer. Must not decide what a flow decides.

/// Which pages need a session.
pub mod access;
/// What the pages of somebody's own account are given.
pub mod account_pages;
/// Connections, taken in as fast as they are answered.
pub mod arrivals;
/// Files of the browser side.
pub mod assets;
/// The audit log as a file.
pub mod audit_export;
/// One-line protection of routes for programs.
pub mod bearer;
/// Colour and sign of the site.
pub mod brand;
/// What a server function has at hand.
pub mod call;
/// Whom a request came from.
pub mod client_address;
/// Names and shapes of our cookies.
pub mod cookies;
/// What browsers report of the content security policy.
pub mod csp_report;
/// Requests that other sites make in a person's name.
pub mod csrf;
/// Mail that a developer reads.
pub mod dev_mail;
/// Every piece of the interface, for a developer.
pub mod dev_style;
/// Documents as leptos writes them, mended.
pub mod document;
/// Errors as pages or JSON.
pub mod errors;
/// A copy of somebody's data as a file.
pub mod export;
/// One-line protection of a team's own routes.
pub mod extract;
/// What survives one redirect.
pub mod flash;
/// Forms posted without scripting.
pub mod forms;
/// Headers every answer carries.
pub mod headers;
/// The public keys of access tokens.
pub mod jwks;
/// One-time tokens on their way from a link to a cookie.
pub mod links;
/// Figures for Prometheus.
pub mod metrics;
/// Who may see a developer's pages.
pub mod only_this_machine;
/// The routes of whoever cloned this.
pub mod own;
/// What each page is given before it is drawn.
pub mod page_data;
/// The signed-in person of a request.
pub mod principal;
/// A name for each request, in its log lines and its answer.
pub mod request;
/// The JSON API.
pub mod rest;
/// The router.
pub mod router;
/// What stands between two layers, so that each is copied once.
pub mod share;
/// Who signs in takes turns.
pub mod turns;
/// What pages are told of the request they answer.
pub mod visit;
