//! People out of the database, a line of JSON each, as `import` reads them. Must not hold all of them in memory.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{
    domain::{event::EventKind, moment::Moment},
    server::{
        audit::Event,
        error::ServerError,
        state::AppState,
        storage::imports::{self, Exported},
    },
};

/// People read at once.
const BATCH: i64 = 1_000;

/// An export under way.
#[derive(Debug)]
pub struct Export<'a> {
    state: &'a AppState,
    with_hashes: bool,
    last: String,
    /// How many people there were until now.
    pub count: u64,
}

impl<'a> Export<'a> {
    /// Writes down that people are exported: first, so that nobody takes them without that.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn begin(state: &'a AppState, with_hashes: bool) -> Result<Self, ServerError> {
        let event = Event::by_command_line(EventKind::PeopleExported);
        event.with("hashes", if with_hashes { "yes" } else { "no" }).record_alone(state).await?;
        Ok(Self { state, with_hashes, last: String::new(), count: 0 })
    }

    /// The next lines; `None` at the end.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn next(&mut self) -> Result<Option<String>, ServerError> {
        let mut conn = self.state.db.read().await?;
        let people = imports::after(&mut conn, &self.last, BATCH).await?;
        let (Some(first), Some(last)) = (people.first(), people.last()) else { return Ok(None) };
        let mut roles: HashMap<String, Vec<String>> = HashMap::new();
        for (user_id, role) in imports::roles_between(&mut conn, &first.id, &last.id).await? {
            roles.entry(user_id).or_default().push(role);
        }
        self.last.clone_from(&last.id);
        let mut lines = String::new();
        for person in people {
            self.count += 1;
            let roles = roles.remove(&person.id).unwrap_or_default();
            lines.push_str(&line(person, roles, self.with_hashes).to_string());
            lines.push('\n');
        }
        Ok(Some(lines))
    }
}

/// Every name is in every line, so that any of them tells the columns.
fn line(person: Exported, roles: Vec<String>, with_hashes: bool) -> Value {
    let instant = |at: Option<i64>| at.map(|at| Moment(at).rfc3339());
    let mut line = Map::new();
    line.insert("id".into(), person.id.clone().into());
    // What other programs know them by: their own id where they were never called otherwise.
    line.insert("external_id".into(), person.external_id.unwrap_or(person.id).into());
    line.insert("external_source".into(), person.external_source.into());
    line.insert("email".into(), person.email.into());
    line.insert("username".into(), person.username.into());
    if with_hashes {
        line.insert("password_hash".into(), person.password_hash.into());
    }
    line.insert("roles".into(), json!(roles));
    line.insert("created_at".into(), instant(Some(person.created_at)).into());
    line.insert("email_verified_at".into(), instant(person.email_verified_at).into());
    line.insert("disabled_at".into(), instant(person.disabled_at).into());
    Value::Object(line)
}
