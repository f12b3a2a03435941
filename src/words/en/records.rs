//! English for `/admin/sessions` and `/admin/audit`.

use crate::{
    domain::{
        console::Total,
        event::Outcome,
        records::{RecordAct, Standing},
    },
    words::{
        around::Around,
        records::{Audit, Sessions},
    },
};

/// `/admin/sessions`
pub const SESSIONS: &Sessions = &Sessions {
    title: "Sessions",
    heading: "Sessions",
    person: "E-mail address or user name",
    from: "From",
    until: "To",
    standing: "State",
    standing_name: |standing| match standing {
        Standing::Live => "Signed in",
        Standing::Ended => "Ended",
        Standing::SignedOut => "Signed out",
        Standing::Replaced => "Signed in again",
        Standing::Idle => "Inactive too long",
        Standing::Expired => "Reached its age",
        Standing::PasswordReset => "Password reset",
        Standing::PasswordChanged => "Password changed",
        Standing::AccountDisabled => "Account disabled",
        Standing::AccountDeleted => "Deletion asked for",
        Standing::Revoked => "Ended from another device",
        Standing::EndedByAdministrator => "Ended by an administrator",
        Standing::NotMe => "Reported: not me",
        Standing::TokenReused => "Refresh token used twice",
    },
    count: sessions,
    no_match: "No session matches. Take a filter away, or look at other days.",
    caption: "Sessions, newest first",
    select: "Select",
    select_one: |name, device| format!("Select the session of {name}, {device}"),
    device: "Browser",
    address: "Address",
    since: "Signed in",
    ended: "Ended",
    last_seen: "last seen",
    this_session: "This session",
    act: "With these sessions",
    act_name: |act| match act {
        RecordAct::End => "End them",
        RecordAct::Delete => "Delete their records",
    },
    with_selected: "Go on with selected",
    with_all: |total| match total {
        Total::Exactly(1) => "Go on with the 1 that matches".into(),
        total => format!("Go on with all {} that match", amount(total)),
    },
    question: |act, total| match act {
        RecordAct::End => format!("End {}?", sessions(total)),
        RecordAct::Delete => format!("Delete the records of {}?", sessions(total)),
    },
    meaning: |act| match act {
        RecordAct::End => "Whoever uses them is out with the next request, and can sign in again.",
        RecordAct::Delete => {
            "Those that go on end first. The records are gone for good, also from the audit log, which keeps that you deleted them. What was done in these sessions stays in it."
        }
    },
    newest_listed: |listed| format!("The newest {listed} are listed here."),
    at_once: |most| format!("The newest {} are done at once. Come back for the rest.", number(most)),
    own_left_out: "The session that you use now is left out.",
    submit: |act, total| match act {
        RecordAct::End => format!("End {}", sessions(total)),
        RecordAct::Delete => format!("Delete {}", records(total)),
    },
    cancel: "Back to the list",
    nothing: "No session is meant",
    nothing_lead: "Tick at least one that can be acted on, or take a filter away.",
};

/// `/admin/audit`
pub const AUDIT: &Audit = &Audit {
    title: "Audit log",
    heading: "Audit log",
    holds: "The log was whole when it was last verified,",
    through: |link| format!("up to link {link}"),
    broken: "The log was tampered with. Found",
    not_verified: "The log has not been verified yet. That happens by itself, at every start and once an hour.",
    verify: Around::new("To prove it yourself, run {} on the server."),
    kind: "What happened",
    actor: "Done by",
    target: "Concerns",
    address: "Address",
    outcome: "Outcome",
    outcome_name: |outcome| match outcome {
        Outcome::Success => "Done",
        Outcome::Failure => "Refused",
    },
    from: "From",
    until: "To",
    no_match: "No event matches. Take a filter away, or look at other days.",
    caption: "Events, newest first",
    when: "Time",
    request: "Request",
    deleted: "Deleted record",
    gone: "deleted account",
    anonymous: "not signed in",
    command_line: "command line",
    server: "the server",
    export: "Export",
    export_lead: "Everything that matches the filter, on all pages. The export is written down as an event.",
    as_csv: "As CSV",
    as_json_lines: "As JSON Lines",
};

fn sessions(total: Total) -> String {
    match total {
        Total::Exactly(1) => "1 session".into(),
        total => format!("{} sessions", amount(total)),
    }
}

fn records(total: Total) -> String {
    match total {
        Total::Exactly(1) => "1 record".into(),
        total => format!("{} records", amount(total)),
    }
}

fn amount(total: Total) -> String {
    match total {
        Total::Exactly(count) => number(count),
        Total::MoreThan(count) => format!("more than {}", number(count)),
    }
}

fn number(number: u32) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
