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

    /// The word beside the bar.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self.score {
            0 => "Very weak",
            1 => "Weak",
            2 => "Fair",
            3 => "Good",
            _ => "Strong",
        }
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

impl Reason {
    /// The reason as a clause after a colon, with the way out.
    #[must_use]
    pub fn clause(self) -> &'static str {
        match self {
            Self::OwnWords => "it contains your own name or address, or the name of this site",
            Self::CommonPassword => "it is one of the passwords people try first",
            Self::Breached => "it is in a list of passwords that were stolen elsewhere, and those are tried early",
            Self::SimilarToCommon => "it is close to a password people try first",
            Self::SingleWord => "a single word is soon guessed; add two or three more",
            Self::Name => "a name on its own is soon guessed; add two or three words",
            Self::Keyboard => "rows of keys are tried early; use words that do not belong together",
            Self::Repeat => "repeated characters add little; use words that do not belong together",
            Self::Sequence => "sequences such as abc or 4321 add little; use words that do not belong together",
            Self::Year => "years are tried early; leave them out or add words around them",
            Self::Date => "dates are tried early; leave them out or add words around them",
            Self::TooLittle => "add another word or two; uncommon ones are better",
        }
    }

    /// The reason as a sentence under the meter.
    #[must_use]
    pub fn sentence(self) -> String {
        let clause = self.clause();
        let mut letters = clause.chars();
        letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
    }
}
