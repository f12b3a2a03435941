//! Whether the chain holds: every link in order, what each event says, its end and its beginning, as `docs/audit.md` specifies.
//! Reads a page at a time, so that its memory does not grow with the log. Must not write, and must not mend anything.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    io::BufRead,
};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{event::EventKind, moment::Moment},
    server::{
        error::ServerError,
        storage::{Db, Handle, chain as links, chain::Link, events},
    },
};

use super::{
    chain,
    export::{Header, Line},
    redaction,
};

/// Links looked at in one go.
const PAGE: i64 = 500;
/// Events of pruning that are looked through for the one that fits.
const PRUNINGS: i64 = 1_000;

/// Seconds that an event may wait for its link while younger ones get theirs: clocks of several nodes differ.
const LONGEST_WAIT: i64 = 600;

/// How far the chain went at some moment; kept elsewhere, it proves that nothing up to it was cut off or written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Events sealed since the beginning.
    pub count: i64,
    /// The hash of the last link.
    pub head: String,
    /// When the last link was added, in seconds since 1970.
    pub at: i64,
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// What it says is not what it said, or its content hash was changed.
    ContentChanged,
    /// It is not there.
    Missing,
    /// It does not follow from the link before: moved, inserted, or its hash was changed.
    NotLinked,
    /// It is empty, or marked as emptied, and no event says why.
    EmptiedWithoutReason,
    /// The chain goes on past its end as it was noted: inserted.
    PastTheEnd,
    /// Its place is before the first: inserted.
    BeforeTheBeginning,
    /// The chain stops before its end as it was noted.
    CutOff,
    /// The end as it was noted is not the hash of the last link.
    HeadChanged,
    /// It is not what the checkpoint says.
    NotTheCheckpoint,
    /// The chain stops before the checkpoint.
    CutBeforeCheckpoint,
    /// Everything up to the checkpoint was removed because of its age, so that nothing can be compared with it.
    CheckpointPruned,
    /// The file holds a part of the log, which passes for no proof against a checkpoint.
    PartOfTheLog,
    /// It waits for its link though events that are much younger have theirs: taken out of the chain, or inserted.
    LeftUnsealed,
    /// The first line of a file is not that of an export.
    NoExport,
    /// A line of a file is no event.
    Unreadable,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ContentChanged => "its content was changed",
            Self::Missing => "it is missing",
            Self::NotLinked => "it does not follow from the link before: reordered, inserted, or its hash was changed",
            Self::EmptiedWithoutReason => "its content was emptied, and no event says why",
            Self::PastTheEnd => "it comes after the end of the chain: inserted, or the end was changed",
            Self::BeforeTheBeginning => "it comes before the first link: inserted",
            Self::CutOff => "the end of the chain was cut off here",
            Self::HeadChanged => "the noted end of the chain is not the hash of this link",
            Self::NotTheCheckpoint => "it is not the link that the checkpoint names: the chain was written anew",
            Self::CutBeforeCheckpoint => "the chain was cut off here, before the checkpoint",
            Self::CheckpointPruned => {
                "everything up to the checkpoint was removed because of its age; keep a newer checkpoint"
            }
            Self::PartOfTheLog => {
                "the file holds a part of the log, which cannot be compared with a checkpoint; export all of it"
            }
            Self::LeftUnsealed => {
                "events that are more than ten minutes younger have their link: taken out, or inserted"
            }
            Self::NoExport => "the file is no export of the audit log",
            Self::Unreadable => "the line cannot be read as an event",
        })
    }
}

/// The first broken link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// Its place in the chain; none for an event that waits for its link, and for a file as a whole.
    pub sequence: Option<i64>,
    /// The event's id, where one is known.
    pub id: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

impl Broken {
    fn at(sequence: i64, fault: Fault) -> Self {
        Self { sequence: Some(sequence), id: None, fault }
    }

    fn of(link: &Link, fault: Fault) -> Self {
        Self { sequence: link.sequence, id: Some(link.content.id.clone()), fault }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sequence, &self.id) {
            (Some(sequence), Some(id)) => write!(f, "link {sequence} (event {id}): ")?,
            (Some(sequence), None) => write!(f, "link {sequence}: ")?,
            (None, Some(id)) => write!(f, "an event that waits for its link (event {id}): ")?,
            (None, None) => {}
        }
        self.fault.fmt(f)
    }
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The place of the first link that is there; 0 where there is none.
    pub first: i64,
    /// The place of the last link that holds; 0 where there is none.
    pub last: i64,
    /// The hash of that link.
    pub head: String,
    /// Events that were looked at.
    pub events: i64,
    /// Those of them whose content was deleted, with a reason.
    pub emptied: i64,
    /// Those of them that wait for their link.
    pub unsealed: i64,
    /// When the oldest of these happened, in seconds since 1970.
    #[serde(default)]
    pub unsealed_since: Option<i64>,
    /// Whether only some links could be followed, because the file holds a part of the log.
    pub is_partial: bool,
    /// The first broken link.
    pub broken: Option<Broken>,
}

impl Report {
    /// Since when an event has waited for its link, if that is longer than the background takes where it runs.
    #[must_use]
    pub fn waiting_too_long(&self, now: Moment) -> Option<Moment> {
        self.unsealed_since.filter(|since| since.saturating_add(LONGEST_WAIT) < now.0).map(Moment)
    }
}

/// What one event says of others: that they were emptied.
struct Reason {
    sequence: Option<i64>,
    named: HashSet<String>,
}

/// Reads an event as the reason why others are empty.
fn reason(link: &Link) -> Option<Reason> {
    let is_reason = redaction::REASONS.iter().any(|kind| kind.as_str() == link.content.kind);
    (is_reason && chain::is_as_written(link)).then(|| {
        let detail = detail(link);
        let named = detail.get(redaction::EVENTS).map(String::as_str).unwrap_or_default();
        Reason { sequence: link.sequence, named: named.split(' ').map(str::to_owned).collect() }
    })
}

impl Reason {
    fn explains(&self, link: &Link) -> bool {
        let is_later = self.sequence.is_none_or(|sequence| link.sequence.is_some_and(|earlier| earlier < sequence));
        is_later && self.named.contains(&link.content.id)
    }
}

fn detail(link: &Link) -> BTreeMap<String, String> {
    serde_json::from_str(&link.content.detail).unwrap_or_default()
}

/// How far the beginning was removed, if that is what an event says.
fn pruning(link: &Link) -> Option<(i64, String)> {
    if link.content.kind != EventKind::EventsPruned.as_str() || !chain::is_as_written(link) {
        return None;
    }
    let mut detail = detail(link);
    let through = detail.get(redaction::THROUGH)?.parse().ok()?;
    let is_later = link.sequence.is_none_or(|sequence| sequence > through);
    let head = detail.remove(redaction::HEAD)?;
    is_later.then_some((through, head))
}

/// The hash of the last link before a place, as an event of pruning states it; `None` if none does.
///
/// # Errors
/// When the database is away.
pub async fn pruned_head(on: impl Into<Handle<'_>>, first: i64) -> Result<Option<String>, ServerError> {
    let prunings = links::prunings(on, PRUNINGS).await?;
    Ok(prunings.iter().filter_map(pruning).find(|(through, _)| *through == first - 1).map(|(_, head)| head))
}

/// Follows links, wherever they come from.
struct Walk {
    report: Report,
    checkpoint: Option<Checkpoint>,
}

impl Walk {
    fn new(checkpoint: Option<Checkpoint>) -> Self {
        Self { report: Report { head: chain::GENESIS.to_owned(), ..Report::default() }, checkpoint }
    }

    /// Begins after what was removed.
    fn begin_after(&mut self, sequence: i64, head: String) {
        self.report.last = sequence;
        self.report.head = head;
    }

    /// What an event says, and whether it may say nothing; the caller answers for the reason of an empty one.
    fn content(&mut self, link: &Link) -> Result<(), Broken> {
        self.report.events += 1;
        if link.redacted_by.is_none() {
            return if chain::is_as_written(link) { Ok(()) } else { Err(Broken::of(link, Fault::ContentChanged)) };
        }
        self.report.emptied += 1;
        if chain::is_empty(&link.content) { Ok(()) } else { Err(Broken::of(link, Fault::EmptiedWithoutReason)) }
    }

    /// The next link, which must be the one after the last.
    fn link(&mut self, link: &Link) -> Result<(), Broken> {
        let sequence = link.sequence.unwrap_or_default();
        let expected = chain::link_hash(&self.report.head, sequence, &link.content.id, &link.content_hash);
        if link.hash.as_deref() != Some(expected.as_str()) {
            return Err(Broken::of(link, Fault::NotLinked));
        }
        let is_another = |checkpoint: &Checkpoint| checkpoint.count == sequence && checkpoint.head != expected;
        if self.checkpoint.as_ref().is_some_and(is_another) {
            return Err(Broken::of(link, Fault::NotTheCheckpoint));
        }
        if self.report.first == 0 {
            self.report.first = sequence;
        }
        self.report.last = sequence;
        self.report.head = expected;
        Ok(())
    }

    /// Whether there is something to compare with.
    fn has_checkpoint(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// The end of the chain: far enough, and not so far on that the checkpoint cannot be compared.
    fn end(&self) -> Result<(), Broken> {
        let Some(checkpoint) = self.checkpoint.as_ref().filter(|checkpoint| checkpoint.count > 0) else {
            return Ok(());
        };
        if checkpoint.count > self.report.last {
            return Err(Broken::at(self.report.last + 1, Fault::CutBeforeCheckpoint));
        }
        if self.report.first == 0 || checkpoint.count < self.report.first {
            let is_end_of_pruned = checkpoint.count == self.report.last && checkpoint.head == self.report.head;
            return if is_end_of_pruned { Ok(()) } else { Err(Broken::at(checkpoint.count, Fault::CheckpointPruned)) };
        }
        Ok(())
    }
}

/// How a step went.
enum Outcome {
    GoOn,
    Done,
}

/// A breach or a failure; inside this file alone.
enum Stop {
    Broken(Broken),
    Failure(ServerError),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl<E: Into<ServerError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Verifies a database, a page at a time.
pub struct Verifier {
    walk: Walk,
    /// The last event that said why others are empty; most of them come together.
    reason: Option<(String, Reason)>,
    is_sealed_part_done: bool,
    unsealed_after: String,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("report", &self.walk.report).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Begins with the first link; what is kept elsewhere is compared where it is met.
    #[must_use]
    pub fn new(checkpoint: Option<Checkpoint>) -> Self {
        Self { walk: Walk::new(checkpoint), reason: None, is_sealed_part_done: false, unsealed_after: String::new() }
    }

    /// Looks at the next page; answers with the report once there is nothing more to look at, or something is broken.
    ///
    /// # Errors
    /// When the database is away; the step can be made again.
    pub async fn step(&mut self, on: impl Into<Handle<'_>>) -> Result<Option<Report>, ServerError> {
        let on = &mut on.into();
        let outcome = if self.is_sealed_part_done { self.unsealed_page(on).await } else { self.sealed_page(on).await };
        let broken = match outcome {
            Ok(Outcome::GoOn) => return Ok(None),
            Ok(Outcome::Done) => None,
            Err(Stop::Broken(broken)) => Some(broken),
            Err(Stop::Failure(error)) => return Err(error),
        };
        Ok(Some(Report { broken, ..self.walk.report.clone() }))
    }

    async fn sealed_page(&mut self, on: &mut Handle<'_>) -> Result<Outcome, Stop> {
        let page = links::after(on.again(), self.walk.report.last, PAGE).await?;
        for link in &page {
            let next = self.walk.report.last + 1;
            if link.sequence != Some(next) {
                self.begin_at(on, link.sequence.unwrap_or_default(), next).await?;
            }
            self.walk.content(link)?;
            self.check_reason(on, link).await?;
            self.walk.link(link)?;
        }
        if page.is_empty() { self.end_of_chain(on).await } else { Ok(Outcome::GoOn) }
    }

    /// A link that is not the next one: the beginning was removed, also while we read, or one is missing.
    async fn begin_at(&mut self, on: &mut Handle<'_>, found: i64, next: i64) -> Result<(), Stop> {
        let first = links::first_sequence(on.again()).await?;
        let is_beginning = self.walk.report.first == 0 || first.is_none_or(|first| first >= found);
        let head = if is_beginning { pruned_head(on.again(), found).await? } else { None };
        match head {
            Some(head) => {
                self.walk.begin_after(found - 1, head);
                Ok(())
            }
            None => Err(Broken::at(next, Fault::Missing).into()),
        }
    }

    async fn check_reason(&mut self, on: &mut Handle<'_>, link: &Link) -> Result<(), Stop> {
        let Some(redacted_by) = &link.redacted_by else { return Ok(()) };
        if self.reason.as_ref().is_none_or(|(id, _)| id != redacted_by) {
            let found = links::find(on.again(), redacted_by).await?;
            self.reason = found.as_ref().and_then(reason).map(|reason| (redacted_by.clone(), reason));
        }
        let is_explained = self.reason.as_ref().is_some_and(|(id, reason)| id == redacted_by && reason.explains(link));
        if is_explained { Ok(()) } else { Err(Broken::of(link, Fault::EmptiedWithoutReason).into()) }
    }

    async fn end_of_chain(&mut self, on: &mut Handle<'_>) -> Result<Outcome, Stop> {
        if let Some(link) = links::misplaced(on.again()).await? {
            return Err(Broken::of(&link, Fault::BeforeTheBeginning).into());
        }
        let head = events::head(on.again()).await?;
        let report = &self.walk.report;
        if head.count > report.last {
            // Links were added since, or everything there was is gone because of its age.
            if !links::after(on.again(), report.last, 1).await?.is_empty() {
                return Ok(Outcome::GoOn);
            }
            match pruned_head(on.again(), head.count + 1).await? {
                Some(stated) if report.first == 0 => self.walk.begin_after(head.count, stated),
                _ => return Err(Broken::at(report.last + 1, Fault::CutOff).into()),
            }
        }
        let report = &self.walk.report;
        if head.count < report.last {
            return Err(Broken::at(head.count + 1, Fault::PastTheEnd).into());
        }
        if head.head != report.head {
            return Err(Broken::at(head.count, Fault::HeadChanged).into());
        }
        self.walk.end()?;
        self.is_sealed_part_done = true;
        Ok(Outcome::GoOn)
    }

    async fn unsealed_page(&mut self, on: &mut Handle<'_>) -> Result<Outcome, Stop> {
        // Read before those that wait: what gets its link meanwhile is not among them.
        let sealed = links::last(on.again()).await?;
        let sealed_at = sealed.map_or(0, |link| events::time_of(&link.content.id).0);
        let page = links::unsealed_after(on.again(), &self.unsealed_after, PAGE).await?;
        for link in &page {
            self.walk.content(link)?;
            if link.redacted_by.is_some() {
                return Err(Broken::of(link, Fault::EmptiedWithoutReason).into());
            }
            if link.content.at.saturating_add(LONGEST_WAIT) < sealed_at {
                return Err(Broken::of(link, Fault::LeftUnsealed).into());
            }
            self.walk.report.unsealed_since.get_or_insert(link.content.at);
            self.walk.report.unsealed += 1;
            self.unsealed_after.clone_from(&link.content.id);
        }
        Ok(if page.is_empty() { Outcome::Done } else { Outcome::GoOn })
    }
}

/// Verifies a database at one go.
///
/// # Errors
/// When the database is away.
pub async fn database(db: &Db, checkpoint: Option<Checkpoint>) -> Result<Report, ServerError> {
    let mut verifier = Verifier::new(checkpoint);
    loop {
        if let Some(report) = verifier.step(&mut db.read().await?).await? {
            return Ok(report);
        }
    }
}

/// Verifies what a connection sees, such as a transaction that is not committed yet.
///
/// # Errors
/// When the database is away.
pub async fn seen_by(on: impl Into<Handle<'_>>) -> Result<Report, ServerError> {
    let (on, mut verifier) = (&mut on.into(), Verifier::new(None));
    loop {
        if let Some(report) = verifier.step(on.again()).await? {
            return Ok(report);
        }
    }
}

/// How far the chain goes now.
///
/// # Errors
/// When the database is away.
pub async fn checkpoint(db: &Db) -> Result<Checkpoint, ServerError> {
    let head = events::head(&mut db.read().await?).await?;
    Ok(Checkpoint { count: head.count, head: head.head, at: head.sealed_at })
}

/// Verifies an export alone. Of a part of the log, each event and its own link are verified, and the report says that it is a
/// part. Memory grows with deleted events whose reason has not been met yet, and with nothing else.
///
/// # Errors
/// When the file cannot be read.
pub fn file(lines: impl BufRead, checkpoint: Option<Checkpoint>) -> std::io::Result<Report> {
    let mut reader = FileVerifier {
        walk: Walk::new(checkpoint),
        header: Header::default(),
        without_reason: HashMap::new(),
        pruned: None,
        line: 0,
    };
    for line in lines.lines() {
        reader.line += 1;
        if let Err(broken) = reader.take(&line?) {
            return Ok(reader.report(Some(broken)));
        }
    }
    let broken = reader.end().err();
    Ok(reader.report(broken))
}

struct FileVerifier {
    walk: Walk,
    header: Header,
    /// Emptied events by the one that is to say why.
    without_reason: HashMap<String, Vec<Link>>,
    /// How the beginning is said to have been removed, until an event of pruning says so.
    pruned: Option<(i64, String)>,
    line: i64,
}

impl FileVerifier {
    fn take(&mut self, text: &str) -> Result<(), Broken> {
        let unreadable = Broken { sequence: None, id: None, fault: Fault::Unreadable };
        if self.line == 1 {
            let no_export = Broken { fault: Fault::NoExport, ..unreadable };
            self.header = serde_json::from_str(text).ok().filter(Header::is_known).ok_or(no_export)?;
            self.walk.report.is_partial = self.header.is_filtered;
            return Ok(());
        }
        let (link, previous) = serde_json::from_str::<Line>(text).map_err(|_| unreadable)?.into_link();
        let sequence = link.sequence.unwrap_or_default();
        let next = self.walk.report.last + 1;
        if self.header.is_filtered {
            let head = previous.ok_or_else(|| Broken::of(&link, Fault::NotLinked))?;
            let is_next = self.walk.report.last != 0 && sequence == next;
            if is_next && head != self.walk.report.head {
                return Err(Broken::of(&link, Fault::NotLinked));
            }
            self.walk.report.head = head;
        } else if sequence != next {
            match previous {
                Some(head) if self.walk.report.first == 0 && sequence > 1 => {
                    self.pruned = Some((sequence - 1, head.clone()));
                    self.walk.begin_after(sequence - 1, head);
                }
                _ if sequence > next => return Err(Broken::at(next, Fault::Missing)),
                _ => return Err(Broken::of(&link, Fault::NotLinked)),
            }
        }
        self.walk.content(&link)?;
        self.walk.link(&link)?;
        let is_header = self.header.count == sequence && Some(&self.header.head) != link.hash.as_ref();
        if is_header && !self.header.is_filtered {
            return Err(Broken::of(&link, Fault::HeadChanged));
        }
        self.note(link)
    }

    /// What an event says of others in the file.
    fn note(&mut self, link: Link) -> Result<(), Broken> {
        if pruning(&link).is_some_and(|stated| self.pruned.as_ref() == Some(&stated)) {
            self.pruned = None;
        }
        if let Some(waiting) = self.without_reason.remove(&link.content.id) {
            let reason = reason(&link);
            let unexplained =
                waiting.iter().find(|empty| !reason.as_ref().is_some_and(|reason| reason.explains(empty)));
            if let Some(empty) = unexplained {
                return Err(Broken::of(empty, Fault::EmptiedWithoutReason));
            }
        }
        if let Some(redacted_by) = link.redacted_by.clone() {
            self.without_reason.entry(redacted_by).or_default().push(link);
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Broken> {
        if self.line == 0 {
            return Err(Broken { sequence: None, id: None, fault: Fault::NoExport });
        }
        if self.header.is_filtered {
            let all = Broken { sequence: None, id: None, fault: Fault::PartOfTheLog };
            return if self.walk.has_checkpoint() { Err(all) } else { Ok(()) };
        }
        if let Some((through, _)) = self.pruned {
            return Err(Broken::at(through, Fault::Missing));
        }
        let unexplained = self.without_reason.values().flatten().min_by_key(|link| link.sequence);
        if let Some(empty) = unexplained {
            return Err(Broken::of(empty, Fault::EmptiedWithoutReason));
        }
        if self.walk.report.last < self.header.count {
            return Err(Broken::at(self.walk.report.last + 1, Fault::CutOff));
        }
        self.walk.end()
    }

    fn report(self, broken: Option<Broken>) -> Report {
        Report { broken, ..self.walk.report }
    }
}

/// The outcome of the last verification in the background, as it is noted for the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// When it ended.
    pub at: Moment,
    /// What it found.
    pub report: Report,
}

/// The name under which it is noted.
pub const NOTE: &str = "audit_verification";
