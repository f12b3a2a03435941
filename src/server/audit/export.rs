//! The log as a file, a page at a time: JSON Lines that can be verified alone, or CSV for spreadsheets. `docs/audit.md`
//! specifies both. Must not hold more than a page, nor decide who may have it.

use std::{fmt::Write as _, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{event::EventKind, moment::Moment, query},
    server::{
        error::ServerError,
        state::AppState,
        storage::{
            chain::Link,
            event_list::{self, Listed},
            events::{Content, Wanted},
        },
    },
};

use super::{ANONYMOUS, COMMAND_LINE, Event, SYSTEM, chain, seal, verify};

/// Events read in one go.
const PAGE: i64 = 500;
/// What the first line of an export calls its form.
const FORMAT: &str = "latchkey-audit-1";

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines, which can be verified.
    JsonLines,
    /// Comma-separated values, for a spreadsheet.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::JsonLines, Self::Csv];

    /// What was asked for.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Its name, which files of it end in.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/x-ndjson; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// The first line of an export as JSON Lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    format: String,
    /// When it was begun, in seconds since 1970.
    pub exported_at: i64,
    /// Whether it holds a part of the log.
    pub is_filtered: bool,
    /// Events sealed since the beginning, when it was begun.
    pub count: i64,
    /// The hash of the last of them.
    pub head: String,
}

impl Header {
    /// Whether this version can read what follows.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.format == FORMAT
    }
}

/// Every other line: an event with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    sequence: i64,
    previous: Option<String>,
    id: String,
    at: i64,
    kind: String,
    outcome: String,
    actor: String,
    target: String,
    session_id: String,
    address: String,
    user_agent: String,
    request_id: String,
    detail: String,
    salt: String,
    content_hash: String,
    hash: String,
    redacted_by: Option<String>,
}

impl Line {
    fn new(link: Link, previous: Option<String>) -> Self {
        let Content { id, at, kind, outcome, actor, target, session_id, address, user_agent, request_id, detail, salt } =
            link.content;
        Self {
            sequence: link.sequence.unwrap_or_default(),
            previous,
            id,
            at,
            kind,
            outcome,
            actor,
            target,
            session_id,
            address,
            user_agent,
            request_id,
            detail,
            salt,
            content_hash: link.content_hash,
            hash: link.hash.unwrap_or_default(),
            redacted_by: link.redacted_by,
        }
    }

    /// The event, and the hash of the link before.
    #[must_use]
    pub fn into_link(self) -> (Link, Option<String>) {
        let content = Content {
            id: self.id,
            at: self.at,
            kind: self.kind,
            outcome: self.outcome,
            actor: self.actor,
            target: self.target,
            session_id: self.session_id,
            address: self.address,
            user_agent: self.user_agent,
            request_id: self.request_id,
            detail: self.detail,
            salt: self.salt,
        };
        let link = Link {
            content,
            content_hash: self.content_hash,
            sequence: Some(self.sequence),
            hash: Some(self.hash),
            redacted_by: self.redacted_by,
        };
        (link, self.previous)
    }
}

/// An export under way.
#[derive(Debug)]
pub struct Export {
    state: AppState,
    wanted: Wanted,
    format: Format,
    /// The last place that was written, and the last id.
    after: (i64, String),
    is_begun: bool,
    is_end_sealed: bool,
}

impl Export {
    /// Begins an export of what is wanted, and writes the event that says so: the event given, with format and filter.
    ///
    /// # Errors
    /// When the database is away; then there is no export.
    pub async fn begin(state: &AppState, event: Event, wanted: Wanted, format: Format) -> Result<Self, ServerError> {
        let event = event.with("format", format.name()).with("filter", describe(&wanted));
        event.record_alone(state).await?;
        seal::run(state).await?;
        let (state, after) = (state.clone(), (0, String::new()));
        Ok(Self { state, wanted, format, after, is_begun: false, is_end_sealed: false })
    }

    fn is_filtered(&self) -> bool {
        self.wanted != Wanted::default()
    }

    /// The next piece of the file; `None` at its end.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn next(&mut self) -> Result<Option<String>, ServerError> {
        if !self.is_begun {
            self.is_begun = true;
            return Ok(Some(self.first_line().await?));
        }
        let mut page = self.page().await?;
        if page.is_empty() && !self.is_end_sealed {
            // What says why an event was emptied while we read must be in the file as well.
            self.is_end_sealed = true;
            seal::run(&self.state).await?;
            page = self.page().await?;
        }
        let mut text = String::new();
        for listed in page {
            self.after = (listed.link.sequence.unwrap_or_default(), listed.link.content.id.clone());
            match self.format {
                Format::JsonLines => self.write_line(&mut text, listed).await?,
                Format::Csv => write_row(&mut text, &cells(&listed)),
            }
        }
        Ok((!text.is_empty()).then_some(text))
    }

    async fn first_line(&self) -> Result<String, ServerError> {
        if self.format == Format::Csv {
            let mut text = String::new();
            write_row(&mut text, &COLUMNS.map(str::to_owned));
            return Ok(text);
        }
        let head = verify::checkpoint(&self.state.db).await?;
        let header = Header {
            format: FORMAT.to_owned(),
            exported_at: self.state.now().0,
            is_filtered: self.is_filtered(),
            count: head.count,
            head: head.head,
        };
        Ok(serde_json::to_string(&header).unwrap_or_default() + "\n")
    }

    async fn page(&self) -> Result<Vec<Listed>, ServerError> {
        let mut conn = self.state.db.read().await?;
        Ok(if self.is_filtered() {
            event_list::wanted_after(&mut conn, &self.wanted, &self.after.1, PAGE).await?
        } else {
            event_list::sealed_after(&mut conn, self.after.0, PAGE).await?
        })
    }

    async fn write_line(&self, text: &mut String, listed: Listed) -> Result<(), ServerError> {
        let sequence = listed.link.sequence.unwrap_or_default();
        let previous = match listed.previous {
            Some(previous) => Some(previous),
            None if sequence == 1 => Some(chain::GENESIS.to_owned()),
            None => verify::pruned_head(&mut self.state.db.read().await?, sequence).await?,
        };
        text.push_str(&serde_json::to_string(&Line::new(listed.link, previous)).unwrap_or_default());
        text.push('\n');
        Ok(())
    }
}

/// Kept in place of what names nobody: whatever somebody typed does not go into the log (ASVS 16.2.5).
const UNKNOWN: &str = "unknown";

/// The filter of an export for its event.
fn describe(wanted: &Wanted) -> String {
    let moment = |moment: Option<Moment>| moment.map(Moment::rfc3339);
    let person = |given: &Option<String>| {
        let is_known = |given: &str| [ANONYMOUS, COMMAND_LINE, SYSTEM].contains(&given) || query::id(given).is_some();
        given.as_ref().map(|given| if is_known(given) { given.clone() } else { UNKNOWN.to_owned() })
    };
    let address = |given: &String| given.parse().map_or_else(|_| UNKNOWN.to_owned(), |known: IpAddr| known.to_string());
    let kinds = (!wanted.kinds.is_empty()).then(|| wanted.kinds.join(","));
    let parts = [
        ("kind", kinds),
        ("actor", person(&wanted.actor)),
        ("target", person(&wanted.target)),
        ("outcome", wanted.outcome.map(str::to_owned)),
        ("address", wanted.address.as_ref().map(address)),
        ("from", moment(wanted.from)),
        ("until", moment(wanted.until)),
    ];
    let given = parts.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}")));
    given.collect::<Vec<_>>().join(" ")
}

/// The first row of a CSV.
const COLUMNS: [&str; 15] = [
    "time",
    "kind",
    "outcome",
    "actor",
    "actor_name",
    "target",
    "target_name",
    "session_id",
    "address",
    "user_agent",
    "request_id",
    "detail",
    "id",
    "sequence",
    "hash",
];

fn cells(listed: &Listed) -> [String; 15] {
    let content = listed.link.content.clone();
    let is_deleted = listed.link.redacted_by.is_some();
    [
        if is_deleted { String::new() } else { Moment(content.at).rfc3339() },
        content.kind,
        content.outcome,
        content.actor,
        listed.actor_name.clone().unwrap_or_default(),
        content.target,
        listed.target_name.clone().unwrap_or_default(),
        content.session_id,
        content.address,
        content.user_agent,
        content.request_id,
        content.detail,
        content.id,
        listed.link.sequence.map(|sequence| sequence.to_string()).unwrap_or_default(),
        listed.link.hash.clone().unwrap_or_default(),
    ]
}

/// One row as RFC 4180 has it, with no cell that a spreadsheet would calculate (ASVS 1.2.10).
fn write_row(text: &mut String, cells: &[String]) {
    for (index, cell) in cells.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(text, "{comma}\"{}\"", without_formulas(cell).replace('"', "\"\""));
    }
    text.push_str("\r\n");
}

/// A cell with an apostrophe before each formula, also where a spreadsheet that parts cells elsewhere would see one begin.
fn without_formulas(cell: &str) -> String {
    let parts = cell.split_inclusive([';', ',', '\t', '\r', '\n']);
    parts.map(|part| if is_formula(part) { format!("'{part}") } else { part.to_owned() }).collect()
}

/// Whether a spreadsheet would take a cell for more than text.
fn is_formula(cell: &str) -> bool {
    let first = cell.trim_start_matches([' ', '\u{a0}']).chars().next();
    first.is_some_and(|first| {
        matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%' | '＝' | '＋' | '－' | '＠')
    })
}

/// An event of this kind, to be completed by [`Export::begin`].
pub const KIND: EventKind = EventKind::AuditExported;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// ASVS 1.2.10.
    #[test]
    fn no_cell_is_a_formula_and_no_cell_ends_its_row() {
        let mut row = String::new();
        write_row(&mut row, &["=1+1".into(), "a\"b,c".into(), " @x".into(), "-2".into(), "two\nlines".into()]);
        assert_eq!(row, "\"'=1+1\",\"a\"\"b,c\",\"' @x\",\"'-2\",\"two\nlines\"\r\n");
    }

    /// ASVS 1.2.10: where a semicolon parts cells, a quote in the middle of one protects nothing.
    #[test]
    fn no_part_of_a_cell_is_a_formula() {
        let mut row = String::new();
        write_row(&mut row, &["x;=HYPERLINK(1)".into(), "a,\t@b".into()]);
        assert_eq!(row, "\"x;'=HYPERLINK(1)\",\"a,'\t'@b\"\r\n");
    }

    proptest! {
        #[test]
        fn every_cell_begins_as_text(cell in any::<String>()) {
            let mut row = String::new();
            write_row(&mut row, &[cell]);
            prop_assert!(!is_formula(&row[1..]));
            prop_assert_eq!(row.matches('"').count() % 2, 0);
        }
    }
}
