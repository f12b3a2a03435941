//! Which column holds what, going by names and by the first rows. Must not decide: the guess is shown and can be corrected.

use std::collections::BTreeMap;

use crate::domain::username::Username;

use super::{json, value::Row};

/// What is taken of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// What the person was called in the old database.
    Id,
    /// Which database that was, of several.
    Source,
    /// The e-mail address.
    Email,
    /// The user name.
    Username,
    /// The hash of the password.
    Password,
    /// Roles: one, or several.
    Roles,
    /// Whether they are an administrator.
    Admin,
    /// When the account was made.
    Created,
    /// Whether they may sign in.
    Active,
    /// Whether, or since when, they may not.
    Disabled,
    /// Whether, or since when, the address is proven.
    Verified,
}

/// Each with its name and with what columns that hold it are called, in lower case and without anything but letters and
/// digits; the likelier before the less likely.
const FIELDS: &[(Field, &str, &[&str])] = &[
    (Field::Id, "id", &["externalid", "id", "userid", "uid", "uuid", "guid", "pk", "accountid"]),
    (Field::Source, "source", &["externalsource"]),
    (Field::Email, "email", &["email", "emailaddress", "mail", "useremail", "mailaddress", "emailid"]),
    (
        Field::Username,
        "username",
        &["username", "userlogin", "login", "loginname", "user", "nickname", "nick", "handle", "displayname", "name"],
    ),
    (
        Field::Password,
        "password",
        &[
            "passwordhash",
            "hashedpassword",
            "passwordhashed",
            "encryptedpassword",
            "passwordencrypted",
            "passwordbcrypt",
            "passwordcrypt",
            "pwhash",
            "passhash",
            "pwdhash",
            "userpassword",
            "hash",
            "password",
            "passwd",
            "pwd",
            "pass",
        ],
    ),
    (Field::Roles, "roles", &["roles", "role", "userrole", "userroles", "usertype", "groups"]),
    (Field::Admin, "admin", &["isadmin", "admin", "issuperuser", "superuser", "isadministrator"]),
    (
        Field::Created,
        "created",
        &[
            "createdat",
            "created",
            "createdon",
            "datecreated",
            "creationdate",
            "createddate",
            "datejoined",
            "joinedat",
            "joined",
            "registeredat",
            "registered",
            "registeredon",
            "signedupat",
            "signupdate",
            "since",
            "membersince",
        ],
    ),
    (Field::Active, "active", &["isactive", "active", "enabled", "isenabled", "status", "accountstatus"]),
    (
        Field::Disabled,
        "disabled",
        &[
            "disabledat",
            "disabled",
            "isdisabled",
            "banned",
            "isbanned",
            "blocked",
            "isblocked",
            "suspended",
            "issuspended",
            "bannedat",
            "blockedat",
            "suspendedat",
            "deactivatedat",
            "deactivated",
            "lockedat",
            "locked",
            "islocked",
            "deletedat",
            "deleted",
            "isdeleted",
        ],
    ),
    (
        Field::Verified,
        "verified",
        &[
            "emailverifiedat",
            "emailverified",
            "isemailverified",
            "verifiedat",
            "verified",
            "isverified",
            "emailconfirmedat",
            "emailconfirmed",
            "confirmedat",
            "confirmedon",
            "confirmed",
            "isconfirmed",
        ],
    ),
];

impl Field {
    /// As `--map` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| name)
    }

    /// What was typed.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, known, _)| *known == name).map(|(field, ..)| *field)
    }

    /// Every name, for people.
    #[must_use]
    pub fn names() -> String {
        FIELDS.iter().map(|(_, name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

/// Which column holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping(BTreeMap<Field, String>);

/// What was said of a column with `--map`: none of them, or one.
pub type Correction = (Field, Option<String>);

/// Why a mapping is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A column that was named is not there.
    #[error("--map {field}={column}: there is no such column; there are {columns}")]
    NoColumn {
        /// The field.
        field: &'static str,
        /// What was named.
        column: String,
        /// Those that are there.
        columns: String,
    },
    /// Nobody could sign in.
    #[error(
        "no column looks like an e-mail address or a user name: say which is, as with --map email=COLUMN. There are (of CSV, by the first line) {0}"
    )]
    NoIdentifier(String),
}

impl Mapping {
    /// The column of a field.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// Every field that is taken, with its column.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, column)| (*field, column.as_str()))
    }

    /// Guesses, then corrects; `has_others` where later rows may have columns that the first lack.
    ///
    /// # Errors
    /// When a correction names no column, or nothing is left to sign in with.
    pub fn of(rows: &[&Row], corrections: &[Correction], has_others: bool) -> Result<Self, MappingError> {
        let columns = columns(rows);
        let shown = || columns.join(", ").replace(char::is_control, "\u{fffd}");
        let mut mapping = Self::guess(&columns, rows);
        for (field, column) in corrections {
            match column {
                None => mapping.0.remove(field),
                Some(column) if has_others || columns.contains(&column.as_str()) => {
                    mapping.0.insert(*field, column.clone())
                }
                Some(column) => {
                    let (field, column, columns) = (field.name(), column.clone(), shown());
                    return Err(MappingError::NoColumn { field, column, columns });
                }
            };
        }
        if mapping.column(Field::Email).or(mapping.column(Field::Username)).is_none() {
            return Err(MappingError::NoIdentifier(shown()));
        }
        Ok(mapping)
    }

    fn guess(columns: &[&str], rows: &[&Row]) -> Self {
        let mut mapping = Self::default();
        for (field, _, names) in FIELDS {
            if let Some(column) = find(columns, names) {
                mapping.0.insert(*field, column.to_owned());
            }
        }
        let all = |column: &str, holds: fn(&str) -> bool| {
            let mut values = rows.iter().filter_map(|row| row.get(column).text()).peekable();
            values.peek().is_some() && values.all(|value| holds(&value))
        };
        let is_address = |text: &str| text.contains('@');
        if columns.contains(&json::NAME) && !columns.iter().any(|column| normal(column) == "username") {
            mapping.0.insert(Field::Username, json::NAME.to_owned());
        }
        let Some(column) = mapping.0.get(&Field::Username).cloned() else { return mapping };
        if mapping.column(Field::Email).is_none() && all(&column, is_address) {
            mapping.0.remove(&Field::Username);
            mapping.0.insert(Field::Email, column);
        } else if is_no_username(&column, rows, mapping.column(Field::Email).is_some()) {
            // What people are called by others is nothing to sign in with.
            mapping.0.remove(&Field::Username);
            if column == json::NAME && mapping.column(Field::Id).is_none() {
                mapping.0.insert(Field::Id, column);
            }
        }
        mapping
    }
}

/// Whether what is called a name is what people are called by others, or an identifier.
fn is_no_username(column: &str, rows: &[&Row], has_email: bool) -> bool {
    let names: Vec<String> = rows.iter().filter_map(|row| row.get(column).text()).collect();
    let usable = names.iter().filter(|name| Username::parse(name).is_ok()).count();
    if column == json::NAME {
        // Of names under which people are kept, a few may be refused.
        let is_numbered = names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        return is_numbered || usable * 2 < names.len();
    }
    matches!(normal(column).as_str(), "name" | "displayname") && has_email && usable < names.len()
}

/// What a column of this name would be taken for.
#[must_use]
pub fn field_of(column: &str) -> Option<Field> {
    let name = normal(column);
    let found = FIELDS.iter().find(|(_, _, names)| names.contains(&name.as_str()));
    found.map(|(field, ..)| *field).filter(|field| !(*field == Field::Username && name == "user"))
}

/// Whether columns of some names could be those of people: something to sign in with, and a password.
#[must_use]
pub fn could_be_people(columns: &[&str]) -> bool {
    let mapping = Mapping::guess(columns, &[]);
    let identifier = mapping.column(Field::Email).or(mapping.column(Field::Username));
    identifier.is_some() && mapping.column(Field::Password).is_some()
}

/// The columns of some rows, in the order in which they first come.
#[must_use]
pub fn columns<'r>(rows: &[&'r Row]) -> Vec<&'r str> {
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flat_map(|row| &row.columns) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    columns
}

/// The likeliest column; one within an object, such as `profile.email`, only where no other is.
fn find<'c>(columns: &[&'c str], names: &[&str]) -> Option<&'c str> {
    let whole = |name: &&str| columns.iter().find(|column| normal(column) == **name);
    let inner = |name: &&str| {
        columns.iter().find(|column| column.rsplit_once('.').is_some_and(|(_, last)| normal(last) == **name))
    };
    names.iter().find_map(whole).or_else(|| names.iter().find_map(inner)).copied()
}

fn normal(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::import::value::Value;

    fn row(columns: &[(&str, &str)]) -> Row {
        Row::new(1, columns.iter().map(|(name, text)| ((*name).to_owned(), Value::Text((*text).into()))).collect())
    }

    fn guessed(columns: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let row = row(columns);
        let mapping = Mapping::of(&[&row], &[], false).expect("a mapping");
        mapping.iter().map(|(field, column)| (field.name(), column.to_owned())).collect()
    }

    #[test]
    fn columns_are_known_by_the_names_that_people_give_them() {
        assert_eq!(
            guessed(&[
                ("_id", "1"),
                ("Name", "Sam Porter"),
                ("E-Mail", "sam@example.com"),
                ("password", "x"),
                ("isAdmin", "0"),
                ("createdAt", "")
            ]),
            [
                ("id", "_id"),
                ("email", "E-Mail"),
                ("password", "password"),
                ("admin", "isAdmin"),
                ("created", "createdAt")
            ]
            .map(|(field, column)| (field, column.to_owned()))
        );
        assert_eq!(
            guessed(&[
                ("username", "sam"),
                ("password", "no"),
                ("password_hash", "x"),
                ("local.email", "sam@example.com"),
                ("role", "user")
            ]),
            [("email", "local.email"), ("username", "username"), ("password", "password_hash"), ("roles", "role")]
                .map(|(field, column)| (field, column.to_owned()))
        );
    }

    #[test]
    fn a_user_name_that_is_an_address_is_one() {
        assert_eq!(guessed(&[("username", "sam@example.com"), ("password", "x")])[0], ("email", "username".into()));
        assert_eq!(guessed(&[(json::NAME, "sam@example.com"), ("password", "x")])[0], ("email", json::NAME.into()));
        assert_eq!(guessed(&[(json::NAME, "sam"), ("email", "sam@example.com")])[1], ("username", json::NAME.into()));
        assert_eq!(guessed(&[(json::NAME, "1"), ("email", "sam@example.com")])[0], ("id", json::NAME.into()));
        let rows = ["sam", "kim", "ed"].map(|name| row(&[(json::NAME, name), ("email", "sam@example.com")]));
        let mapping = Mapping::of(&rows.iter().collect::<Vec<_>>(), &[], true).expect("a mapping");
        assert_eq!(
            mapping.column(Field::Username),
            Some(json::NAME),
            "one that is too short changes nothing for the others"
        );
    }

    #[test]
    fn corrections_go_before_the_guess() {
        let row = row(&[("mail", "sam@example.com"), ("nick", "sam"), ("secret", "x")]);
        let corrected =
            Mapping::of(&[&row], &[(Field::Password, Some("secret".into())), (Field::Username, None)], false);
        let corrected = corrected.expect("a mapping");
        assert_eq!((corrected.column(Field::Password), corrected.column(Field::Username)), (Some("secret"), None));
        let typo = Mapping::of(&[&row], &[(Field::Email, Some("e-mail".into()))], false);
        assert!(typo.expect_err("none").to_string().contains("mail, nick, secret"));
        let none = Mapping::of(&[&row], &[(Field::Email, None), (Field::Username, None)], false);
        assert!(matches!(none, Err(MappingError::NoIdentifier(_))));
    }
}
