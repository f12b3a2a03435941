//! The rules of personal access tokens: what one may be called and how long it may last, and how a person sees theirs. Must not
//! hold one.

use super::{
    field::{Field, FieldError, Problem},
    moment::Moment,
    scope::Scope,
};

/// The most characters of a name.
pub const MAX_NAME: usize = 100;
/// The most days that one lasts.
pub const MAX_DAYS: u32 = 366;
/// The days that one lasts of which nothing is said.
pub const USUAL_DAYS: u32 = 90;

/// What somebody wants of a new one, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What its owner knows it by.
    pub name: String,
    /// What it may be used for; never empty, each once.
    pub scopes: Vec<Scope>,
    /// Days until it is good for nothing.
    pub days: u32,
}

impl Wish {
    /// Checks a wish as sent. What an administrator may do can be asked for by administrators alone.
    ///
    /// # Errors
    /// A message per field.
    pub fn check(name: &str, scopes: &[&str], days: Option<u32>, is_admin: bool) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut note = |field: Field, problem: Problem| errors.push(FieldError { field, problem });
        let name = name.trim();
        if name.is_empty() {
            note(Field::Name, Problem::Missing);
        } else if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            note(Field::Name, Problem::NameShape);
        }
        let mut wanted: Vec<Scope> = Vec::new();
        for scope in scopes {
            match Scope::parse(scope).filter(|scope| Scope::PERSONAL.contains(scope)) {
                Some(scope) if scope.is_for_administrators() && !is_admin => {
                    note(Field::Scopes, Problem::ScopeNotYours);
                }
                Some(scope) if !wanted.contains(&scope) => wanted.push(scope),
                Some(_) => {}
                None => note(Field::Scopes, Problem::ScopeUnknown),
            }
        }
        if scopes.is_empty() {
            note(Field::Scopes, Problem::Missing);
        }
        let days = days.unwrap_or(USUAL_DAYS);
        if !(1..=MAX_DAYS).contains(&days) {
            note(Field::ExpiresInDays, Problem::DaysOutOfRange);
        }
        errors.dedup();
        if errors.is_empty() { Ok(Self { name: name.to_owned(), scopes: wanted, days }) } else { Err(errors) }
    }
}

/// A personal access token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalToken {
    /// Names it in lists; opens nothing.
    pub id: String,
    /// What its owner knows it by.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Moment,
    /// When it is good for nothing any more.
    pub expires_at: Moment,
    /// When it was last used, up to a minute behind.
    pub last_used_at: Option<Moment>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problems(name: &str, scopes: &[&str], days: Option<u32>) -> Vec<(Field, Problem)> {
        let errors = Wish::check(name, scopes, days, false).err().unwrap_or_default();
        errors.into_iter().map(|error| (error.field, error.problem)).collect()
    }

    #[test]
    fn a_wish_is_checked_field_by_field() {
        let wish = Wish::check(" backup ", &["account:read", "account:read"], None, false).expect("fine");
        assert_eq!(wish, Wish { name: "backup".into(), scopes: vec![Scope::AccountRead], days: USUAL_DAYS });
        assert_eq!(
            problems(" ", &[], Some(0)),
            [
                (Field::Name, Problem::Missing),
                (Field::Scopes, Problem::Missing),
                (Field::ExpiresInDays, Problem::DaysOutOfRange)
            ]
        );
        assert_eq!(problems("a", &["tokens", "x"], Some(367)).len(), 2);
        assert_eq!(problems("a\nb", &["account:read"], None), [(Field::Name, Problem::NameShape)]);
    }

    /// ASVS 8.2.1.
    #[test]
    fn administrators_scopes_are_for_administrators() {
        assert_eq!(problems("a", &["admin:read"], None), [(Field::Scopes, Problem::ScopeNotYours)]);
        assert!(Wish::check("a", &["admin:read", "admin:write"], Some(1), true).is_ok());
    }

    proptest! {
        #[test]
        fn any_wish_is_taken_or_refused(name in any::<String>(), scope in any::<String>(), days in any::<u32>()) {
            let _ = Wish::check(&name, &[&scope], Some(days), true);
        }
    }
}
