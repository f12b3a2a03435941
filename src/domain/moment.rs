//! Instants as people and machines read them. Must not read a clock.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i64);

/// Seconds by which the clocks of several machines may be apart.
pub const CLOCKS_APART_SECONDS: i64 = 300;

impl Moment {
    /// This moment and so many seconds.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Whether it has not come yet, by more than clocks may be apart: what was written then is of a clock that was wrong.
    #[must_use]
    pub fn is_ahead_of(self, now: Self) -> bool {
        self > now.plus(CLOCKS_APART_SECONDS)
    }

    /// As a person reads it: `20 November 2026 at 19:46 UTC`.
    #[must_use]
    pub fn for_people(self) -> String {
        let form = format_description!("[day padding:none] [month repr:long] [year] at [hour]:[minute] UTC");
        self.as_utc().format(&form).unwrap_or_default()
    }

    /// The day as a person reads it: `20 November 2026`.
    #[must_use]
    pub fn day_for_people(self) -> String {
        let form = format_description!("[day padding:none] [month repr:long] [year]");
        self.as_utc().format(&form).unwrap_or_default()
    }

    /// As a machine reads it: RFC 3339 in UTC (ASVS 16.2.2).
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.as_utc().format(&Rfc3339).unwrap_or_default()
    }

    /// The beginning of a day in UTC, written as fields of type `date` send it: `2026-11-20`.
    #[must_use]
    pub fn parse_day(written: &str) -> Option<Self> {
        let day = Date::parse(written, format_description!("[year]-[month]-[day]")).ok()?;
        Some(Self(day.midnight().assume_utc().unix_timestamp()))
    }

    /// As the `time` crate has it; instants outside its range become its nearest end.
    #[must_use]
    pub fn as_utc(self) -> OffsetDateTime {
        // Years 0000 to 9999, which every format above can write.
        OffsetDateTime::from_unix_timestamp(self.0.clamp(-62_167_219_200, 253_402_300_799))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_reads_well() {
        let moment = Moment(1_795_203_960);
        assert_eq!(moment.for_people(), "20 November 2026 at 19:46 UTC");
        assert_eq!(moment.day_for_people(), "20 November 2026");
        assert_eq!(moment.rfc3339(), "2026-11-20T19:46:00Z");
    }

    #[test]
    fn what_has_not_come_is_told_from_clocks_that_are_apart() {
        let now = Moment(1_795_203_960);
        assert!(!now.is_ahead_of(now) && !now.plus(CLOCKS_APART_SECONDS).is_ahead_of(now));
        assert!(now.plus(CLOCKS_APART_SECONDS + 1).is_ahead_of(now));
    }

    #[test]
    fn a_day_is_read_as_it_is_written() {
        assert_eq!(Moment::parse_day("2026-11-20"), Some(Moment(1_795_132_800)));
        for written in ["", "2026-11-31", "20.11.2026", "2026-11-20T00:00"] {
            assert_eq!(Moment::parse_day(written), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_some_moment(seconds in any::<i64>()) {
            prop_assert!(!Moment(seconds).for_people().is_empty());
            prop_assert!(!Moment(seconds).rfc3339().is_empty());
        }
    }
}
