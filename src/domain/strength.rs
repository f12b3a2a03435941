//! How guessable a password is, in a form that crosses the wire. Must not estimate: that is `crate::estimator`.

use serde::{Deserialize, Serialize};

/// The lowest score that is accepted for a new password (of 0 to 4).
pub const MIN_SCORE: u8 = 3;

/// What the estimator says of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// 0 (guessed at once) to 4 (out of reach), as zxcvbn defines it.
    pub score: u8,
    /// Why it is weak; only where it is.
    pub reason: Option<Reason>,
}

impl Strength {
    /// Whether it would be accepted.
    #[must_use]
    pub fn is_enough(self) -> bool {
        self.score >= MIN_SCORE
    }
}

/// Why a password is easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It holds the person's own name, address, or the name of this site.
    OwnWords,
    /// It is among the passwords tried first.
    CommonPassword,
    /// It became known in a breach somewhere.
    Breached,
    /// It is close to one of those.
    SimilarToCommon,
    /// A single dictionary word.
    SingleWord,
    /// A name on its own.
    Name,
    /// A row of keys.
    Keyboard,
    /// Repeated characters.
    Repeat,
    /// abc, 4321.
    Sequence,
    /// A year.
    Year,
    /// A date.
    Date,
    /// Nothing in particular; there is simply too little of it.
    TooLittle,
}
