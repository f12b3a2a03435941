//! Rows into the database, a batch at a time: each is one transaction with its event, so that a run that was ended goes on where
//! it was. Must not change anybody who is there already.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use crate::{
    domain::{email::Email, event::EventKind, moment::Moment, role::Role, username::Username},
    server::{
        audit::Event,
        error::ServerError,
        state::AppState,
        storage::{
            Db, StoreError,
            imports::{self, Keys, Known, NewPerson},
            seen::Seen,
        },
    },
};

use super::{
    guess::{self, Correction, Field, Mapping, MappingError},
    record::{Choices, Person, Unusable},
    rejects::Reject,
    source::{Broken, Item, Source, SourceError, Wanted},
    value::Row,
};

/// Rows in one transaction.
const BATCH: usize = 1_000;
/// Bytes of rows in one transaction: long rows make it shorter.
const BATCH_BYTES: usize = 8 << 20;
/// Rows that the guess looks at.
const ROWS_GUESSED_BY: usize = 100;
/// How often a batch is tried again because somebody signed up with an address of it at that moment.
const TRIES: u32 = 5;
/// What the one writer of SQLite is left to others after each batch; a server that waits looks more often.
const PAUSE: Duration = Duration::from_millis(10);
/// Places that are kept for each reason.
const PLACES_SHOWN: usize = 10;

/// What was typed of a file.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub wanted: Wanted,
    /// The table, of a database.
    pub table: Option<String>,
    /// What the guess gets wrong.
    pub corrections: Vec<Correction>,
    /// What the other program is called, to tell its ids from those of another.
    pub program: String,
    /// What holds for every row.
    pub choices: Choices,
    /// Nothing is written.
    pub dry_run: bool,
}

/// Why nothing, or nothing more, is imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its columns.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file ends before its first row.
    #[error("{0} {1}: {2}")]
    Broken(&'static str, u64, String),
    /// There is no row in it.
    #[error("there is no person in this file")]
    Nobody,
    /// The database or the rejects.
    #[error("after {new} people of {rows} rows: {why}. What was imported stays; the same command goes on from there")]
    Interrupted {
        /// People imported.
        new: u64,
        /// Rows that were looked at.
        rows: u64,
        /// The cause.
        why: ServerError,
    },
    /// The rejects cannot be written.
    #[error("the rejected rows cannot be written: {0}")]
    Rejects(#[from] io::Error),
}

/// What became of a file, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows that were looked at.
    pub rows: u64,
    /// People added.
    pub new: u64,
    /// People who are there already.
    pub there: u64,
    /// Rows that share a part with somebody else.
    pub conflicts: u64,
    /// Rows that cannot be taken for another reason.
    pub unusable: u64,
    /// People added without a password.
    pub without_password: u64,
    /// People added whose address is not proven.
    pub unproven: u64,
    /// People added who are administrators.
    pub administrators: u64,
    /// People added whom the file calls administrators, and who are none.
    pub kept_from_admin: u64,
    /// People added by the kind of their hash.
    pub hashes: BTreeMap<&'static str, u64>,
    /// Rows that were not taken, by the reason.
    pub reasons: BTreeMap<&'static str, Reason>,
    /// The last line has no end, so that its row may not be whole.
    pub is_unended: bool,
    /// Where reading ended before the end, and why.
    pub broken: Option<(u64, String)>,
}

/// Rows that share a reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// How many.
    pub count: u64,
    /// What was said of the first.
    pub example: String,
    /// The first places.
    pub places: Vec<u64>,
}

/// Who is told while it goes on.
pub trait Watcher {
    /// So much of so much is done.
    fn progress(&mut self, done: u64, total: u64);

    /// A row is not taken.
    ///
    /// # Errors
    /// When that cannot be kept; then nothing more is done.
    fn rejected(&mut self, reject: &Reject) -> io::Result<()>;
}

/// A file whose columns are known.
#[derive(Debug)]
pub struct Import {
    /// The file.
    pub source: Source,
    /// What its columns are taken for.
    pub mapping: Mapping,
    /// Its columns, as far as the first rows have them.
    pub columns: Vec<String>,
    first: Vec<Result<Item, Broken>>,
    order: Order,
}

/// A row that can be taken, if nobody is in its way.
struct Candidate {
    row: Row,
    person: Person,
}

impl Import {
    /// Opens a file and guesses its columns by its first rows.
    ///
    /// # Errors
    /// When it cannot be read, or there is nothing to sign in with.
    pub async fn open(order: Order) -> Result<Self, ImportError> {
        let mut source = Source::open(&order.path, order.wanted, order.table.as_deref()).await?;
        let mut first = Vec::new();
        while first.len() < ROWS_GUESSED_BY
            && let Some(item) = source.next().await
        {
            first.push(item);
        }
        let is_row = |item: &Result<Item, Broken>| matches!(item, Ok(Item::Row(_)));
        if !first.iter().any(is_row) {
            let place = source.format.place();
            return Err(match first.into_iter().next() {
                Some(Err(broken)) => ImportError::Broken(place, broken.place, broken.why),
                Some(Ok(Item::Bad { place: at, why })) => ImportError::Broken(place, at, why),
                None | Some(Ok(Item::Row(_) | Item::Unended)) => ImportError::Nobody,
            });
        }
        let rows: Vec<&Row> =
            first.iter().filter_map(|item| if let Ok(Item::Row(row)) = item { Some(row) } else { None }).collect();
        let mapping = Mapping::of(&rows, &order.corrections, source.format.is_free())?;
        let columns = guess::columns(&rows).into_iter().map(ToOwned::to_owned).collect();
        Ok(Self { source, mapping, columns, first, order })
    }

    /// Takes what can be taken.
    ///
    /// # Errors
    /// When the database is away or a reject cannot be kept; the batches until then stay.
    pub async fn run(mut self, state: &AppState, watcher: &mut impl Watcher) -> Result<Summary, ImportError> {
        let mut work = Work {
            state,
            mapping: &self.mapping,
            columns: &self.columns,
            corrected: self.order.corrections.iter().map(|(field, _)| *field).collect(),
            program: &self.order.program,
            file: file_name(&self.order.path),
            place: self.source.format.place(),
            choices: self.order.choices,
            dry_run: self.order.dry_run,
            seen: Seen::new().await.map_err(|error| interrupted(&Summary::default(), error.into()))?,
            summary: Summary::default(),
            batch: Vec::new(),
            bytes: 0,
        };
        let mut first = std::mem::take(&mut self.first).into_iter();
        loop {
            let item = match first.next() {
                Some(item) => Some(item),
                None => self.source.next().await,
            };
            match item {
                Some(Ok(item)) => work.take(item, watcher)?,
                Some(Err(broken)) => {
                    work.summary.broken = Some((broken.place, broken.why));
                    break;
                }
                None => break,
            }
            if work.batch.len() >= BATCH || work.bytes >= BATCH_BYTES {
                work.finish_batch(watcher).await?;
                watcher.progress(self.source.done(), self.source.total);
            }
        }
        work.finish_batch(watcher).await?;
        watcher.progress(self.source.done(), self.source.total);
        Ok(work.summary)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn interrupted(summary: &Summary, why: ServerError) -> ImportError {
    ImportError::Interrupted { new: summary.new, rows: summary.rows, why }
}

/// What is under way.
struct Work<'a> {
    state: &'a AppState,
    mapping: &'a Mapping,
    columns: &'a [String],
    corrected: Vec<Field>,
    program: &'a str,
    file: String,
    place: &'static str,
    choices: Choices,
    dry_run: bool,
    seen: Seen,
    summary: Summary,
    batch: Vec<Candidate>,
    bytes: usize,
}

impl Work<'_> {
    fn take(&mut self, item: Item, watcher: &mut impl Watcher) -> Result<(), ImportError> {
        if item == Item::Unended {
            self.summary.is_unended = true;
            return Ok(());
        }
        self.summary.rows += 1;
        match item {
            Item::Unended => Ok(()),
            Item::Bad { place, why } => self.reject(place, Unusable::Unreadable(why), None, watcher),
            Item::Row(row) => match self.read(&row) {
                Ok(person) => {
                    self.bytes += row.weight();
                    self.batch.push(Candidate { row, person });
                    Ok(())
                }
                Err(why) => self.reject(row.place, why, Some(row), watcher),
            },
        }
    }

    fn read(&self, row: &Row) -> Result<Person, Unusable> {
        // What only later rows have, such as a ban, was not shown to anybody.
        let unforeseen = row.columns.iter().filter(|(name, value)| !value.is_empty() && !self.columns.contains(name));
        for (name, _) in unforeseen {
            if let Some(field) = guess::field_of(name)
                && self.mapping.column(field).is_none()
                && !self.corrected.contains(&field)
            {
                return Err(Unusable::Unforeseen(field.name(), name.clone()));
            }
        }
        let mut person = Person::read(row, self.mapping, self.choices)?;
        if person.external_id.is_some() {
            person.external_source.get_or_insert_with(|| self.program.to_owned());
        }
        Ok(person)
    }

    fn reject(
        &mut self,
        place: u64,
        why: Unusable,
        row: Option<Row>,
        watcher: &mut impl Watcher,
    ) -> Result<(), ImportError> {
        if matches!(why, Unusable::Conflict(_)) {
            self.summary.conflicts += 1;
        } else {
            self.summary.unusable += 1;
        }
        let reason = self.summary.reasons.entry(why.code()).or_default();
        reason.count += 1;
        if reason.places.len() < PLACES_SHOWN {
            reason.places.push(place);
        }
        if reason.example.is_empty() {
            reason.example = why.to_string();
        }
        Ok(watcher.rejected(&Reject { place, why, row })?)
    }

    async fn finish_batch(&mut self, watcher: &mut impl Watcher) -> Result<(), ImportError> {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        let batch = self.without_repeated(batch, watcher).await?;
        for tries_left in (0..TRIES).rev() {
            let outcome = self.judge(&batch).await.map_err(|error| interrupted(&self.summary, error.into()))?;
            let new: Vec<&Candidate> = batch
                .iter()
                .zip(&outcome)
                .filter(|(_, verdict)| **verdict == Verdict::New)
                .map(|(new, _)| new)
                .collect();
            match self.write(&new).await {
                Err(ServerError::Store(StoreError::Taken)) if tries_left > 0 => continue,
                written => written.map_err(|error| interrupted(&self.summary, error))?,
            }
            self.count(&new);
            for (candidate, verdict) in batch.into_iter().zip(outcome) {
                match verdict {
                    Verdict::New => {}
                    Verdict::There => self.summary.there += 1,
                    Verdict::Conflict(why) => {
                        let Candidate { row, .. } = candidate;
                        self.reject(row.place, Unusable::Conflict(why), Some(row), watcher)?;
                    }
                }
            }
            break;
        }
        Ok(())
    }

    /// Leaves out whoever is in the file a second time.
    async fn without_repeated(
        &mut self,
        batch: Vec<Candidate>,
        watcher: &mut impl Watcher,
    ) -> Result<Vec<Candidate>, ImportError> {
        let mut keys = Vec::new();
        let mut owners = Vec::new();
        for (index, Candidate { row, person }) in batch.iter().enumerate() {
            if let Some(email) = &person.identifiers.email {
                keys.push((email.key(), row.place));
                owners.push((index, "e-mail address"));
            }
            if let Some(username) = &person.identifiers.username {
                keys.push((username.key(), row.place));
                owners.push((index, "user name"));
            }
            if let Some(id) = &person.external_id {
                // No address or user name has a NUL.
                keys.push((format!("{id}\0{}", person.source()), row.place));
                owners.push((index, "id"));
            }
        }
        let repeated = self.seen.note(&keys).await.map_err(|error| interrupted(&self.summary, error.into()))?;
        let mut because: HashMap<usize, (&'static str, u64)> = HashMap::new();
        for (key, (index, what)) in owners.into_iter().enumerate() {
            if let Some(place) = repeated.get(&key) {
                because.entry(index).or_insert((what, *place));
            }
        }
        let mut kept = Vec::with_capacity(batch.len());
        for (index, candidate) in batch.into_iter().enumerate() {
            match because.get(&index) {
                None => kept.push(candidate),
                Some((what, place)) => {
                    let Candidate { row, .. } = candidate;
                    self.reject(row.place, Unusable::Duplicate(what, self.place, *place), Some(row), watcher)?;
                }
            }
        }
        Ok(kept)
    }

    /// What the database says of each.
    async fn judge(&self, batch: &[Candidate]) -> Result<Vec<Verdict>, StoreError> {
        let emails: Vec<Option<String>> =
            batch.iter().map(|it| it.person.identifiers.email.as_ref().map(Email::key)).collect();
        let names: Vec<Option<String>> =
            batch.iter().map(|it| it.person.identifiers.username.as_ref().map(Username::key)).collect();
        let known = {
            let keys = Keys {
                emails: emails.iter().flatten().map(String::as_str).collect(),
                usernames: names.iter().flatten().map(String::as_str).collect(),
                ids: batch
                    .iter()
                    .filter_map(|it| Some((it.person.external_id.as_deref()?, it.person.source())))
                    .collect(),
            };
            imports::known(&mut self.state.db.read().await?, &keys).await?
        };
        let by_email: HashMap<&str, &Known> =
            known.iter().filter_map(|it| Some((it.email_key.as_deref()?, it))).collect();
        let by_name: HashMap<&str, &Known> =
            known.iter().filter_map(|it| Some((it.username_key.as_deref()?, it))).collect();
        let by_external: HashMap<(&str, &str), &Known> = known
            .iter()
            .filter_map(|it| Some(((it.external_id.as_deref()?, it.external_source.as_str()), it)))
            .collect();
        let by_id: HashMap<&str, &Known> = known.iter().map(|it| (it.id.as_str(), it)).collect();
        let verdicts = batch.iter().zip(emails.iter().zip(&names)).map(|(candidate, (email, name))| {
            let with_email = email.as_deref().and_then(|key| by_email.get(key)).copied();
            let with_name = name.as_deref().and_then(|key| by_name.get(key)).copied();
            let id = candidate.person.external_id.as_deref();
            let with_id =
                id.and_then(|id| by_external.get(&(id, candidate.person.source())).or_else(|| by_id.get(id)).copied());
            verdict(&candidate.person, with_email, with_name, with_id)
        });
        Ok(verdicts.collect())
    }

    /// Adds people in one transaction, with the event of it.
    async fn write(&self, new: &[&Candidate]) -> Result<(), ServerError> {
        let (Some(first), Some(last), false) = (new.first(), new.last(), self.dry_run) else { return Ok(()) };
        let now = self.state.now();
        let mut people = Vec::with_capacity(new.len());
        let mut roles = Vec::new();
        for Candidate { person, .. } in new {
            let row = new_person(person, self.state.new_id()?, now);
            roles.extend(person.roles.iter().map(|role| (row.id.clone(), role.as_str().to_owned())));
            people.push(row);
        }
        let mut tx = self.state.db.begin().await?;
        imports::add(&mut tx, &people).await?;
        imports::add_roles(&mut tx, &roles, now.0).await?;
        let imported = Event::by_command_line(EventKind::PeopleImported)
            .with("file", &self.file)
            .with("count", people.len().to_string())
            .with("first", format!("{} {}", self.place, first.row.place))
            .with("last", format!("{} {}", self.place, last.row.place));
        imported.record(self.state, &mut tx).await?;
        for (user_id, _) in roles.iter().filter(|(_, role)| role == Role::ADMIN) {
            let granted = Event::by_command_line(EventKind::RoleGranted).about(user_id).with("role", Role::ADMIN);
            granted.record(self.state, &mut tx).await?;
        }
        tx.commit().await?;
        if matches!(self.state.db, Db::Sqlite { .. }) {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    fn count(&mut self, new: &[&Candidate]) {
        for Candidate { person, .. } in new {
            self.summary.new += 1;
            match person.hash_kind {
                Some(kind) => *self.summary.hashes.entry(kind).or_default() += 1,
                None => self.summary.without_password += 1,
            }
            self.summary.unproven += u64::from(person.identifiers.email.is_some() && person.verified.is_none());
            self.summary.administrators += u64::from(person.roles.contains(&Role::admin()));
            self.summary.kept_from_admin += u64::from(person.is_kept_from_admin);
        }
    }
}

/// What is to happen with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    New,
    There,
    Conflict(&'static str),
}

/// The same person is who agrees in everything that the row says of who they are, or in id and address. Where less agrees nobody can
/// say whether it is somebody else, or the same who has changed since: whoever types decides.
fn verdict(person: &Person, with_email: Option<&Known>, with_name: Option<&Known>, with_id: Option<&Known>) -> Verdict {
    let found = match (with_email, with_name, with_id) {
        (None, None, None) => return Verdict::New,
        (None, None, Some(_)) => {
            return Verdict::Conflict(
                "the account that came under this id has another e-mail address or user name by now (--program tells programs apart)",
            );
        }
        (Some(one), Some(other), _) if one.id != other.id => {
            return Verdict::Conflict("the e-mail address is one account's and the user name another's");
        }
        (Some(found), _, _) | (None, Some(found), _) => found,
    };
    let has_another_id = found.external_id.is_some()
        && found.external_source == person.source()
        && person.external_id.is_some()
        && found.external_id != person.external_id;
    if with_id.is_some_and(|it| it.id != found.id) || (has_another_id && with_id.is_none()) {
        Verdict::Conflict("there is an account with this e-mail address or user name, which had another id")
    } else if with_id.is_some() && with_email.is_some() {
        Verdict::There
    } else if with_name.is_none() && person.identifiers.username.is_some() {
        Verdict::Conflict("the account with this e-mail address does not have this user name")
    } else if with_email.is_none() && person.identifiers.email.is_some() {
        Verdict::Conflict("the account with this user name does not have this e-mail address")
    } else {
        Verdict::There
    }
}

fn new_person(person: &Person, id: String, now: Moment) -> NewPerson {
    let identifiers = &person.identifiers;
    NewPerson {
        id,
        external_id: person.external_id.clone(),
        external_source: person.source().to_owned(),
        email: identifiers.email.as_ref().map(|email| (email.as_str().to_owned(), email.key())),
        username: identifiers.username.as_ref().map(|username| (username.as_str().to_owned(), username.key())),
        password_hash: person.password_hash.clone(),
        created_at: person.created_at.unwrap_or(now).0,
        disabled_at: person.disabled.map(|since| since.or(now).0),
        email_verified_at: person.verified.map(|since| since.or(now).0),
    }
}
