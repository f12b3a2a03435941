//! The rules of each form, written once: the browser checks them for comfort, the server for real. Must not know the page.

use serde::{Deserialize, Serialize};

use super::{
    email::Email,
    field::{Field, FieldError, Problem},
    identifier::{Identifier, IdentifierMode},
    password,
    username::Username,
};

/// One of our forms, with the settings its rules depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A new account.
    SignUp {
        /// Which identifiers are asked for.
        identifier: IdentifierMode,
        /// The fewest code points of a password.
        minimum: u16,
    },
    /// A new session.
    SignIn,
    /// A link by mail.
    ForgotPassword,
    /// A new password by link.
    ResetPassword {
        /// The fewest code points of a password.
        minimum: u16,
    },
    /// A new password in exchange for the current one.
    ChangePassword {
        /// The fewest code points of a password.
        minimum: u16,
    },
    /// A button alone.
    Nothing,
    /// The password of somebody who is asked for it again.
    Password,
    /// Another address.
    ChangeEmail,
    /// Another user name.
    ChangeUsername,
    /// The end of an account, in exchange for its name, typed, and the password.
    DeleteAccount,
}

/// The identifiers of a new account; at least one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// The e-mail address.
    pub email: Option<Email>,
    /// The user name.
    pub username: Option<Username>,
}

impl Form {
    /// Every message that the values of this form deserve, in the order of its fields. `value` reads a field as posted.
    pub fn check(&self, value: impl Fn(Field) -> String) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut note = |field: Field, outcome: Result<(), Problem>| {
            if let Err(problem) = outcome {
                errors.push(FieldError { field, problem });
            }
        };
        match *self {
            Self::SignUp { identifier, minimum } => {
                if let Err(found) = identifiers(identifier, &value(Field::Email), &value(Field::Username)) {
                    for error in found {
                        note(error.field, Err(error.problem));
                    }
                }
                note(Field::NewPassword, password::check_new(&value(Field::NewPassword), minimum));
            }
            Self::ChangeUsername => note(Field::Username, Username::parse(&value(Field::Username)).map(drop)),
            Self::SignIn | Self::DeleteAccount => {
                note(Field::Identifier, Identifier::parse(&value(Field::Identifier)).map(drop));
                note(Field::Password, password::check_current(&value(Field::Password)));
            }
            Self::Nothing => {}
            Self::Password => note(Field::Password, password::check_current(&value(Field::Password))),
            Self::ForgotPassword | Self::ChangeEmail => {
                note(Field::Email, Email::parse(&value(Field::Email)).map(drop));
            }
            Self::ResetPassword { minimum } => {
                note(Field::NewPassword, password::check_new(&value(Field::NewPassword), minimum));
            }
            Self::ChangePassword { minimum } => {
                note(Field::Password, password::check_current(&value(Field::Password)));
                note(Field::NewPassword, password::check_new(&value(Field::NewPassword), minimum));
            }
        }
        errors
    }
}

/// Reads the identifiers of a new account by the setting `identifier`; what the setting does not ask for is ignored.
///
/// # Errors
/// A message per field that is missing or malformed.
pub fn identifiers(mode: IdentifierMode, email: &str, username: &str) -> Result<Identifiers, Vec<FieldError>> {
    let mut errors = Vec::new();
    let email = read(mode.asks_email(), Field::Email, email, Email::parse, &mut errors);
    let username = read(mode.asks_username(), Field::Username, username, Username::parse, &mut errors);
    if mode == IdentifierMode::Either && (email.is_some() || username.is_some()) {
        errors.retain(|error| error.problem != Problem::Missing);
    }
    if errors.is_empty() { Ok(Identifiers { email, username }) } else { Err(errors) }
}

fn read<T>(
    is_asked: bool,
    field: Field,
    typed: &str,
    parse: fn(&str) -> Result<T, Problem>,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    if !is_asked {
        return None;
    }
    parse(typed).map_err(|problem| errors.push(FieldError { field, problem })).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(form: Form, values: &[(Field, &str)]) -> Vec<(Field, Problem)> {
        let value =
            |field| values.iter().find(|(known, _)| *known == field).map_or_else(String::new, |(_, v)| (*v).to_owned());
        form.check(value).into_iter().map(|error| (error.field, error.problem)).collect()
    }

    #[test]
    fn an_empty_form_names_every_field_in_order() {
        let form = Form::SignUp { identifier: IdentifierMode::Email, minimum: 8 };
        assert_eq!(check(form, &[]), [(Field::Email, Problem::Missing), (Field::NewPassword, Problem::Missing)]);
        assert_eq!(
            check(Form::SignIn, &[]),
            [(Field::Identifier, Problem::Missing), (Field::Password, Problem::Missing)]
        );
    }

    #[test]
    fn either_wants_one_identifier_and_takes_both() {
        let read = |email, username| identifiers(IdentifierMode::Either, email, username);
        assert!(read("ada@example.org", "").is_ok_and(|found| found.username.is_none()));
        assert!(read("", "ada").is_ok_and(|found| found.email.is_none()));
        assert!(read("ada@example.org", "ada").is_ok_and(|found| found.email.is_some() && found.username.is_some()));
        assert_eq!(read("", "").map_err(|errors| errors.len()), Err(2));
        assert_eq!(read("ada@", "ada").map_err(|errors| errors.len()), Err(1));
    }

    #[test]
    fn what_is_not_asked_for_is_ignored() {
        let found = identifiers(IdentifierMode::Email, "ada@example.org", "mass-assigned").expect("valid");
        assert_eq!(found.username, None);
    }

    proptest! {
        #[test]
        fn checking_never_panics(text in any::<String>(), minimum in any::<u16>()) {
            for form in [
                Form::SignUp { identifier: IdentifierMode::Either, minimum },
                Form::SignIn,
                Form::ForgotPassword,
                Form::ResetPassword { minimum },
                Form::ChangePassword { minimum },
                Form::Password,
                Form::ChangeEmail,
                Form::ChangeUsername,
                Form::DeleteAccount,
            ] {
                for error in form.check(|_| text.clone()) {
                    prop_assert!(!error.problem.to_string().is_empty());
                }
            }
        }
    }
}
