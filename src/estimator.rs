//! The strength estimator: zxcvbn with our words for its findings. Compiled for the server, which decides, and as an
//! asset of its own for the browser. Must not know a page, a policy or a person.

use zxcvbn::{
    feedback::{Suggestion, Warning},
    zxcvbn,
};

use crate::domain::strength::{Reason, Strength};

/// The most characters that are looked at: zxcvbn's own bound on its running time.
const MAX_CHARACTERS: usize = 100;
/// Own words shorter than this occur in any password.
const MIN_OWN_WORD: usize = 3;

/// Estimates how guessable a password is for somebody who knows the person's own words: identifiers, their parts, and the
/// name of the site (ASVS 6.2.11).
#[must_use]
pub fn estimate(password: &str, own_words: &[String]) -> Strength {
    let beginning: String = password.chars().take(MAX_CHARACTERS).collect();
    let words = split_words(own_words);
    let inputs: Vec<&str> = words.iter().map(String::as_str).collect();
    let entropy = zxcvbn(&beginning, &inputs);
    let score = u8::from(entropy.score());
    let reason = (score < crate::domain::strength::MIN_SCORE).then(|| {
        let lower = beginning.to_lowercase();
        if words.iter().any(|word| lower.contains(word.as_str())) {
            return Reason::OwnWords;
        }
        entropy.feedback().map_or(Reason::TooLittle, |feedback| {
            feedback.warning().map_or_else(|| from_suggestions(feedback.suggestions()), from_warning)
        })
    });
    Strength { score, reason }
}

/// Each own word whole and in its parts, in lower case: `sam.porter@example.org` is also `sam.porter`, `example.org`,
/// `sam`, `porter`, `example` and `org`.
fn split_words(own_words: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in own_words {
        let word = word.trim().to_lowercase();
        let parts = word.split(|character: char| !character.is_alphanumeric()).map(str::to_owned);
        let sides = word.split('@').map(str::to_owned);
        for part in std::iter::once(word.clone()).chain(sides).chain(parts) {
            if part.chars().count() >= MIN_OWN_WORD && !words.contains(&part) {
                words.push(part);
            }
        }
    }
    words
}

fn from_warning(warning: Warning) -> Reason {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => Reason::Keyboard,
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            Reason::Repeat
        }
        Warning::SequencesLikeAbcAreEasyToGuess => Reason::Sequence,
        Warning::RecentYearsAreEasyToGuess => Reason::Year,
        Warning::DatesAreOftenEasyToGuess => Reason::Date,
        Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword => {
            Reason::CommonPassword
        }
        Warning::ThisIsSimilarToACommonlyUsedPassword => Reason::SimilarToCommon,
        Warning::AWordByItselfIsEasyToGuess => Reason::SingleWord,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            Reason::Name
        }
    }
}

fn from_suggestions(suggestions: &[Suggestion]) -> Reason {
    suggestions
        .iter()
        .find_map(|suggestion| match suggestion {
            Suggestion::AvoidRepeatedWordsAndCharacters => Some(Reason::Repeat),
            Suggestion::AvoidSequences => Some(Reason::Sequence),
            Suggestion::AvoidRecentYears | Suggestion::AvoidYearsThatAreAssociatedWithYou => Some(Reason::Year),
            Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => Some(Reason::Date),
            Suggestion::UseALongerKeyboardPatternWithMoreTurns => Some(Reason::Keyboard),
            _ => None,
        })
        .unwrap_or(Reason::TooLittle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_classics_score_nothing_and_say_why() {
        assert_eq!(estimate("password", &[]), Strength { score: 0, reason: Some(Reason::CommonPassword) });
        assert_eq!(estimate("aaaaaaaa", &[]).reason, Some(Reason::Repeat));
        assert!(!estimate("qwertyuiop", &[]).is_enough());
    }

    #[test]
    fn four_random_words_are_strong() {
        let strength = estimate("marble trolley unseen kettle", &[]);
        assert_eq!(strength, Strength { score: 4, reason: None });
    }

    /// ASVS 6.2.11.
    #[test]
    fn own_words_count_against_a_password() {
        let own = words(&["ottoline.vandermeulen@example.org", "Latchkey"]);
        assert!(estimate("ottolinevandermeulen", &[]).score > estimate("ottolinevandermeulen", &own).score);
        assert_eq!(estimate("Vandermeulen1", &own).reason, Some(Reason::OwnWords));
        assert_eq!(estimate("ottoline.vandermeulen", &own), Strength { score: 0, reason: Some(Reason::OwnWords) });
    }

    #[test]
    fn very_long_passwords_are_judged_by_their_beginning() {
        assert!(estimate(&"correct horse battery staple ".repeat(200), &[]).is_enough());
    }
}
