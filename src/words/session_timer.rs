//! The shape of the texts of the warning before a session ends. Must not hold a text.

/// The warning.
#[derive(Clone, Copy, Debug)]
pub struct SessionTimer {
    /// The heading where somebody can stay.
    pub still_there: &'static str,
    /// Why it ends, from the time that is left.
    pub idle: fn(left: &str) -> String,
    /// The button that stays.
    pub stay: &'static str,
    /// The heading where nobody can.
    pub ends_soon: &'static str,
    /// Why it ends, from the time that is left.
    pub at_last: fn(left: &str) -> String,
    /// The button that closes the warning.
    pub understood: &'static str,
    /// Seconds as people count them.
    pub left: fn(seconds: u32) -> String,
    /// What a screen reader hears now and then, from the time that is left.
    pub spoken: fn(left: &str) -> String,
    /// Where staying did not work.
    pub failed: &'static str,
}
