//! The console, one file per URL. Reached by administrators only. Must not hold SQL or rules.

/// `/admin/people/act`
pub mod act;
/// `/admin/audit`
pub mod audit;
/// The chart of the overview.
mod chart;
/// `/admin/people/done`
pub mod done;
/// Lists of events.
pub mod event_list;
/// Fields of a filter.
pub mod filter_fields;
/// `/admin/people/new`
pub mod new_person;
/// `/admin`
pub mod overview;
/// `/admin/people`
pub mod people;
/// `/admin/people/{id}`
pub mod person;
/// `/admin/sessions`
pub mod sessions;
/// `/admin/sessions/act`
pub mod sessions_act;
