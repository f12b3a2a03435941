//! What a row says of a person, and whether it can be taken. Must not look into the database.

use crate::{
    domain::{email::Email, form::Identifiers, moment::Moment, role::Role, username::Username},
    server::crypto::legacy,
};

use super::{
    guess::{Field, Mapping},
    value::{MAX_LIST, Row, Value},
};

/// The longest identifier of an old database that is kept.
const MAX_ID_CHARACTERS: usize = 200;

/// What the person who types decides for all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Every address is proven.
    pub verified: bool,
    /// Those whom the file calls administrators become some.
    pub grant_admin: bool,
}

/// Somebody who can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What they sign in with.
    pub identifiers: Identifiers,
    /// What they were called in the old database.
    pub external_id: Option<String>,
    /// Which database that was, where the file has people of several.
    pub external_source: Option<String>,
    /// As stored there.
    pub password_hash: Option<String>,
    /// The kind of the hash.
    pub hash_kind: Option<&'static str>,
    /// Without the administrator's, unless it may be given.
    pub roles: Vec<Role>,
    /// Whether the file calls them an administrator and they do not become one.
    pub is_kept_from_admin: bool,
    /// When the account was made there.
    pub created_at: Option<Moment>,
    /// Since when they may not sign in; now, where it is not known.
    pub disabled: Option<Since>,
    /// Since when their address is proven.
    pub verified: Option<Since>,
}

/// Since when something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// An instant.
    At(Moment),
    /// The file does not say.
    SomeTime,
}

impl Since {
    /// As an instant.
    #[must_use]
    pub fn or(self, now: Moment) -> Moment {
        match self {
            Self::At(at) => at,
            Self::SomeTime => now,
        }
    }
}

/// Why a row cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is no record.
    #[error("{0}")]
    Unreadable(String),
    /// Neither an address nor a user name.
    #[error("neither an e-mail address nor a user name")]
    NoIdentifier,
    /// Not an address.
    #[error("not an e-mail address: {0}")]
    Email(String),
    /// Not a user name.
    #[error("not a user name (3 to 32 letters, digits, dots, hyphens): {0}")]
    Username(String),
    /// Not a hash that can be verified.
    #[error("{0}")]
    Password(#[from] legacy::Refusal),
    /// Neither a password nor an address to send a link to.
    #[error("neither a password nor an e-mail address, so they could never sign in")]
    NoWayIn,
    /// Not the name of a role.
    #[error("not the name of a role (1 to 32 letters, digits, hyphens): {0}")]
    Role(String),
    /// Not an instant.
    #[error("{0} is not a date that can be read: {1}")]
    Instant(&'static str, String),
    /// Neither yes nor no.
    #[error("{0} is neither yes nor no: {1}")]
    Truth(&'static str, String),
    /// An identifier of the old database that is too long.
    #[error("an id of more than 200 characters")]
    Id,
    /// A column that none of the first rows has, so that nobody was shown what it would be taken for.
    #[error("a column that the first rows lack: say --map {0}={1}, or --map {0}= to leave it out")]
    Unforeseen(&'static str, String),
    /// The same person is in the file already.
    #[error("the same {0} as on {1} {2}")]
    Duplicate(&'static str, &'static str, u64),
    /// Somebody in the database shares a part.
    #[error("{0}")]
    Conflict(&'static str),
}

impl Unusable {
    /// Names the reason without what the row holds.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::NoIdentifier => "no_identifier",
            Self::Email(_) => "bad_email",
            Self::Username(_) => "bad_username",
            Self::Password(legacy::Refusal::PlainText) => "plain_text_password",
            Self::Password(legacy::Refusal::Unknown) => "unknown_hash",
            Self::Password(legacy::Refusal::Malformed(_)) => "malformed_hash",
            Self::Password(legacy::Refusal::TooDear(..)) => "hash_costs_too_much",
            Self::NoWayIn => "no_way_in",
            Self::Role(_) => "bad_role",
            Self::Instant(..) => "bad_date",
            Self::Truth(..) => "bad_truth",
            Self::Id => "bad_id",
            Self::Unforeseen(..) => "unforeseen_column",
            Self::Duplicate(..) => "duplicate",
            Self::Conflict(_) => "conflict",
        }
    }
}

impl Person {
    /// The name of the database that they come from.
    #[must_use]
    pub fn source(&self) -> &str {
        self.external_source.as_deref().unwrap_or_default()
    }

    /// Reads a row.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub fn read(row: &Row, mapping: &Mapping, choices: Choices) -> Result<Self, Unusable> {
        let value = |field| mapping.column(field).map_or(&Value::Null, |column| row.get(column));
        let identifiers = identifiers(value(Field::Email), value(Field::Username))?;
        let password_hash = hash(value(Field::Password))?;
        let hash_kind = password_hash.as_deref().map(legacy::examine).transpose()?;
        if password_hash.is_none() && identifiers.email.is_none() {
            return Err(Unusable::NoWayIn);
        }
        let external_id = value(Field::Id).text();
        let external_source = value(Field::Source).text();
        let is_bad = |id: &String| id.chars().count() > MAX_ID_CHARACTERS || id.contains('\0');
        if external_id.iter().chain(&external_source).any(is_bad) {
            return Err(Unusable::Id);
        }
        let mut roles = roles(value(Field::Roles))?;
        if truth(value(Field::Admin), Field::Admin)?.unwrap_or_default() {
            roles.push(Role::admin());
        }
        roles.sort();
        roles.dedup();
        let is_kept_from_admin = !choices.grant_admin && roles.contains(&Role::admin());
        if is_kept_from_admin {
            roles.retain(|role| *role != Role::admin());
        }
        let created_at = match value(Field::Created) {
            nothing if nothing.is_empty() => None,
            written => Some(written.instant().ok_or_else(|| Unusable::Instant(Field::Created.name(), shown(written)))?),
        };
        let is_inactive = truth(value(Field::Active), Field::Active)? == Some(false);
        let disabled = since(value(Field::Disabled), Field::Disabled)?.or(is_inactive.then_some(Since::SomeTime));
        let proven = since(value(Field::Verified), Field::Verified)?.or(choices.verified.then_some(Since::SomeTime));
        let verified = proven.filter(|_| identifiers.email.is_some());
        Ok(Self {
            identifiers,
            external_id,
            external_source,
            password_hash,
            hash_kind,
            roles,
            is_kept_from_admin,
            created_at,
            disabled,
            verified,
        })
    }
}

fn identifiers(email: &Value, username: &Value) -> Result<Identifiers, Unusable> {
    let mut email = text_of(email).map_err(Unusable::Email)?;
    let mut username = text_of(username).map_err(Unusable::Username)?;
    // Where either is taken, an address is often both.
    if username.as_ref().is_some_and(|name| name.contains('@'))
        && (email.is_none() || is_same(email.as_ref(), username.as_ref()))
    {
        email = username.take();
    }
    let read_email = |typed: String| Email::parse(&typed).map_err(|_| Unusable::Email(cut(&typed)));
    let read_username = |typed: String| Username::parse(&typed).map_err(|_| Unusable::Username(cut(&typed)));
    let (email, username) = (email.map(read_email).transpose()?, username.map(read_username).transpose()?);
    if email.is_none() && username.is_none() {
        return Err(Unusable::NoIdentifier);
    }
    Ok(Identifiers { email, username })
}

fn is_same(one: Option<&String>, other: Option<&String>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

/// The text of a value; an error for a value that has none and is not nothing.
fn text_of(value: &Value) -> Result<Option<String>, String> {
    match value.text() {
        Some(text) => Ok(Some(text)),
        None if value.is_empty() => Ok(None),
        None => Err(shown(value)),
    }
}

/// A hash as its library wrote it: bytes are sometimes kept as programs show them.
fn hash(value: &Value) -> Result<Option<String>, legacy::Refusal> {
    let text = text_of(value).map_err(|_| legacy::Refusal::Unknown)?.filter(|text| !is_no_password(text));
    Ok(text.map(|text| python_bytes(&text).or_else(|| postgres_bytes(&text)).unwrap_or(text)))
}

/// What Django and password files write where nobody has a password.
fn is_no_password(text: &str) -> bool {
    let is_random = |rest: &str| rest.len() == 40 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    matches!(text, "!" | "!!" | "*") || text.strip_prefix('!').is_some_and(is_random)
}

/// `b'…'`, as Python shows bytes.
fn python_bytes(text: &str) -> Option<String> {
    let quoted = text.strip_prefix('b')?;
    let within = |quote| quoted.strip_prefix(quote)?.strip_suffix(quote);
    within('\'').or_else(|| within('"')).filter(|inner| inner.starts_with('$')).map(ToOwned::to_owned)
}

/// `\x…`, as PostgreSQL shows bytes.
fn postgres_bytes(text: &str) -> Option<String> {
    let digits = text.strip_prefix("\\x").filter(|digits| digits.is_ascii() && digits.len() % 2 == 0)?;
    let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

/// Roles: a list of names or of objects with one, or a text with commas, as PostgreSQL and JSON write lists, too.
fn roles(value: &Value) -> Result<Vec<Role>, Unusable> {
    let names: Vec<String> = match value {
        Value::List(values) if values.len() > MAX_LIST => return Err(Unusable::Role("a list without end".into())),
        Value::List(values) => values.iter().map(name_of_role).collect::<Result<_, _>>()?,
        value => text_of(value)
            .map_err(Unusable::Role)?
            .unwrap_or_default()
            .split([',', ';', '|'])
            .map(|name| name.trim_matches(|edge: char| edge.is_whitespace() || "[]{}\"'".contains(edge)).to_owned())
            .collect(),
    };
    let names = names.into_iter().filter(|name| !name.is_empty());
    names
        .map(|name| Role::parse(&name.to_lowercase().replace(' ', "-")).ok_or_else(|| Unusable::Role(cut(&name))))
        .collect()
}

fn name_of_role(value: &Value) -> Result<String, Unusable> {
    let named = match value {
        Value::Object(object) => object.iter().find(|(name, _)| name == "name" || name == "role").map(|(_, name)| name),
        value => Some(value),
    };
    named.and_then(Value::text).ok_or_else(|| Unusable::Role(shown(value)))
}

fn truth(value: &Value, field: Field) -> Result<Option<bool>, Unusable> {
    if value.is_empty() {
        return Ok(None);
    }
    value.truth().map(Some).ok_or_else(|| Unusable::Truth(field.name(), shown(value)))
}

/// Yes, no, or an instant, which is a yes.
fn since(value: &Value, field: Field) -> Result<Option<Since>, Unusable> {
    if value.is_empty() {
        return Ok(None);
    }
    let word = value.text().unwrap_or_default().to_ascii_lowercase();
    let truth = match (field, word.as_str()) {
        // Where the question is whether somebody is kept out, these are a yes.
        (Field::Disabled, "disabled" | "inactive" | "banned" | "blocked" | "suspended" | "locked" | "deleted") => {
            Some(true)
        }
        (Field::Disabled, "active" | "enabled") => Some(false),
        _ => value.truth(),
    };
    match (truth, value.instant()) {
        (Some(truth), _) => Ok(truth.then_some(Since::SomeTime)),
        (None, Some(at)) => Ok(Some(Since::At(at))),
        (None, None) => Err(Unusable::Truth(field.name(), shown(value))),
    }
}

fn shown(value: &Value) -> String {
    cut(&value.to_json().to_string())
}

/// So much of a text that somebody recognises it; without what would move the cursor of a terminal.
fn cut(text: &str) -> String {
    const MOST: usize = 60;
    let plain = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    let mut cut: String = text.chars().take(MOST).map(plain).collect();
    if text.chars().nth(MOST).is_some() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "$2b$04$j0wgx1yEoyVnJHZZLfl5BuSgdDBkwTts/kRzQw7lKE0/7BPq29ayW";

    fn read(columns: &[(&str, Value)], choices: Choices) -> Result<Person, Unusable> {
        let row = Row::new(1, columns.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        let mapping = Mapping::of(&[&row], &[], false).expect("a mapping");
        Person::read(&row, &mapping, choices)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn with(column: &str, value: Value) -> Result<Person, Unusable> {
        read(&[("email", text("sam@example.com")), ("password", text(HASH)), (column, value)], Choices::default())
    }

    #[test]
    fn a_hash_is_found_in_what_programs_make_of_bytes() {
        let hexadecimal = crate::server::crypto::token::hexadecimal(HASH.as_bytes());
        for written in [
            HASH.to_owned(),
            format!("b'{HASH}'"),
            format!("b\"{HASH}\""),
            format!("\\x{hexadecimal}"),
            format!(" {HASH}\n"),
        ] {
            let person = read(&[("email", text("sam@example.com")), ("password", text(&written))], Choices::default());
            assert_eq!(person.expect("taken").password_hash.as_deref(), Some(HASH), "{written}");
        }
    }

    /// A careless or hostile file makes no administrators.
    #[test]
    fn administrators_are_made_only_where_that_was_said() {
        for (column, value) in [
            ("is_admin", Value::Truth(true)),
            ("role", text("Admin")),
            ("is_superuser", text("t")),
            ("roles", Value::List(vec![text("admin")])),
        ] {
            let columns = [("email", text("sam@example.com")), (column, value)];
            let kept = read(&columns, Choices::default()).expect("taken");
            assert!(kept.roles.is_empty() && kept.is_kept_from_admin, "{column}");
            let given = read(&columns, Choices { grant_admin: true, ..Choices::default() }).expect("taken");
            assert_eq!((given.roles, given.is_kept_from_admin), (vec![Role::admin()], false), "{column}");
        }
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        let object = Value::List(vec![Value::Object(vec![("name".into(), text("Editor"))]), text("team lead")]);
        for (value, expected) in [
            (text("editor"), &["editor"][..]),
            (text("{editor,team-lead}"), &["editor", "team-lead"]),
            (text("[\"editor\", \"team-lead\"]"), &["editor", "team-lead"]),
            (text("editor; team lead"), &["editor", "team-lead"]),
            (object, &["editor", "team-lead"]),
            (Value::Null, &[]),
        ] {
            let roles = with("roles", value.clone()).expect("taken").roles;
            assert_eq!(roles.iter().map(Role::as_str).collect::<Vec<_>>(), expected, "{value:?}");
        }
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let dear = format!("$2b$20${}", &HASH[7..]);
        for (columns, code) in [
            (vec![("email", Value::Null)], "no_identifier"),
            (vec![("email", text("sam@"))], "bad_email"),
            (vec![("email", Value::List(vec![text("a@example.com")]))], "bad_email"),
            (vec![("username", text("s p")), ("password", text(HASH))], "bad_username"),
            (vec![("email", text("sam@example.com")), ("password", text("hunter2"))], "plain_text_password"),
            (
                vec![("email", text("sam@example.com")), ("password", text("5f4dcc3b5aa765d61d8327deb882cf99"))],
                "unknown_hash",
            ),
            (vec![("email", text("sam@example.com")), ("password", text("$2b$12$x"))], "malformed_hash"),
            (vec![("email", text("sam@example.com")), ("password", text(&dear))], "hash_costs_too_much"),
            (vec![("username", text("sam"))], "no_way_in"),
            (vec![("email", text("sam@example.com")), ("role", text("Größe"))], "bad_role"),
            (vec![("email", text("sam@example.com")), ("created", text("yesterday"))], "bad_date"),
            (vec![("email", text("sam@example.com")), ("is_admin", text("perhaps"))], "bad_truth"),
            (vec![("email", text("sam@example.com")), ("verified", text("perhaps"))], "bad_truth"),
            (vec![("email", text("sam@example.com")), ("id", text(&"x".repeat(201)))], "bad_id"),
        ] {
            let refused = read(&columns, Choices::default()).expect_err(code);
            assert_eq!(refused.code(), code);
            let said = refused.to_string();
            assert!(!said.contains("hunter2") && !said.contains(&HASH[7..]), "{said}");
        }
    }

    #[test]
    fn what_else_is_known_of_somebody_is_kept() {
        let at = Moment(1_795_203_960);
        assert_eq!(with("created_at", text("2026-11-20 19:46:00")).expect("taken").created_at, Some(at));
        assert_eq!(with("active", Value::Truth(false)).expect("taken").disabled, Some(Since::SomeTime));
        assert_eq!(with("status", text("active")).expect("taken").disabled, None);
        assert_eq!(with("disabled_at", Value::Instant(at)).expect("taken").disabled, Some(Since::At(at)));
        assert_eq!(with("confirmed_at", text("2026-11-20T19:46:00Z")).expect("taken").verified, Some(Since::At(at)));
        assert_eq!(with("email_verified", text("0")).expect("taken").verified, None);
        assert_eq!(with("_id", text("65f0")).expect("taken").external_id.as_deref(), Some("65f0"));
    }

    proptest! {
        #[test]
        fn reading_a_row_never_panics(email in any::<String>(), username in any::<String>(), hash in any::<String>(), other in any::<String>()) {
            let columns: Vec<(&str, Value)> = ["id", "roles", "admin", "created", "active", "disabled", "verified"]
                .into_iter().map(|column| (column, text(&other)))
                .chain([("email", text(&email)), ("username", text(&username)), ("password", text(&hash))]).collect();
            let _ = read(&columns, Choices { verified: true, grant_admin: true });
        }
    }
}
