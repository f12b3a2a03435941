//! English for the warning before a session ends.

use crate::words::session_timer::SessionTimer;

/// The warning.
pub const SESSION_TIMER: &SessionTimer = &SessionTimer {
    still_there: "Are you still there?",
    idle: |left| {
        format!("Nothing has happened here for a while. In {left} you will be signed out, to keep your account safe.")
    },
    stay: "Stay signed in",
    ends_soon: "Your session ends soon",
    at_last: |left| {
        format!(
            "No session goes on for ever, and this one ends in {left}. Finish what you are doing, then sign in again."
        )
    },
    understood: "I understand",
    left: |seconds| {
        let count = |number: u32, unit: &str| match number {
            0 => String::new(),
            1 => format!("1 {unit}"),
            _ => format!("{number} {unit}s"),
        };
        let (minutes, rest) = (count(seconds / 60, "minute"), count(seconds % 60, "second"));
        match (minutes.is_empty(), rest.is_empty()) {
            (false, false) => format!("{minutes} {rest}"),
            (true, true) => "a moment".into(),
            _ => minutes + &rest,
        }
    },
    spoken: |left| format!("Signed out in {left}."),
    failed: "That did not work. Try again.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_reads_well() {
        let left = [120, 119, 61, 60, 59, 1, 0].map(SESSION_TIMER.left);
        let read =
            ["2 minutes", "1 minute 59 seconds", "1 minute 1 second", "1 minute", "59 seconds", "1 second", "a moment"];
        assert_eq!(left, read);
    }
}
