//! The shape of the texts of the page behind "This was not me". Must not hold a text.

use super::around::Around;

/// `/not-me`
#[derive(Clone, Copy, Debug)]
pub struct NotMe {
    /// Title and heading.
    pub title: &'static str,
    /// What the button does, in general.
    pub lead: &'static str,
    /// Each thing that it does, one sentence each.
    pub steps: &'static [&'static str],
    /// Around the address that the account gets back, where it has another one by now.
    pub gives_back: Around,
    /// The button.
    pub submit: &'static str,
    /// What to do for whom all is well.
    pub all_is_well: &'static str,
    /// The title where the link does not work.
    pub dead_title: &'static str,
    /// The heading there.
    pub dead_heading: &'static str,
    /// Why it does not.
    pub dead_lead: &'static str,
    /// What can still be done.
    pub dead_advice: &'static str,
    /// The way to a new password.
    pub reset: &'static str,
    /// The link to the sign-in page.
    pub back_to_sign_in: &'static str,
}
