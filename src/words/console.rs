//! The shapes of the console's texts: what its pages share, the overview, people. Must not hold a text.

/// What every page of the console stands in.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// What the navigation between its areas is about.
    pub navigation: &'static str,
    /// `/admin`
    pub overview: &'static str,
    /// `/admin/people`
    pub people: &'static str,
    /// `/admin/sessions`
    pub sessions: &'static str,
    /// `/admin/audit`
    pub audit: &'static str,
    /// What the links to other pages of a list are about.
    pub pages: &'static str,
    /// To what comes before in a list that begins with the newest.
    pub newer: &'static str,
    /// To what comes after in it.
    pub older: &'static str,
    /// To what comes before in any other list.
    pub previous: &'static str,
    /// To what comes after in it.
    pub next: &'static str,
    /// The button that applies a filter.
    pub apply: &'static str,
    /// The link that takes every filter away.
    pub clear: &'static str,
    /// Any value of a filter.
    pub any: &'static str,
    /// The link in the header of every page.
    pub console: &'static str,
}
