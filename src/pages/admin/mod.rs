//! The console, one file per URL. Reached by administrators only. Must not hold SQL or rules.

/// `/admin/people/act`
pub mod act;
/// The chart of the overview.
mod chart;
/// `/admin/people/done`
pub mod done;
/// Lists of events.
pub mod event_list;
/// `/admin/people/new`
pub mod new_person;
/// `/admin`
pub mod overview;
/// `/admin/people`
pub mod people;
/// `/admin/people/{id}`
pub mod person;
