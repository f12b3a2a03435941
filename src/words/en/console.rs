//! English for the console.

use crate::{
    domain::console::{Act, ActResult, PersonState, Total, Verified},
    words::{
        around::Around,
        console::{Acts, Console, EventWords, NewPerson, Overview, People, Person},
    },
};

/// What every page of the console stands in.
pub const CONSOLE: &Console = &Console {
    navigation: "Console",
    overview: "Overview",
    people: "People",
    sessions: "Sessions",
    audit: "Audit",
    pages: "Pages",
    newer: "Newer",
    older: "Older",
    previous: "Previous",
    next: "Next",
    apply: "Apply",
    clear: "Clear",
    any: "Any",
    console: "Console",
};

/// `/admin`
pub const OVERVIEW: &Overview = &Overview {
    title: "Console",
    heading: "Overview",
    number,
    people: "people",
    sessions: "active sessions",
    mail_waiting: "mails waiting",
    mail_failed: "mails given up on",
    chart: "Sign-ins of the last 30 days",
    chart_summary: |sign_ins, failures, days| {
        format!("{} sign-ins and {} failures in {days} days.", number(sign_ins), number(failures))
    },
    sign_ins: "Sign-ins",
    failures: "Failures",
    scale: |most| format!("The tallest bar is {}", number(most)),
    as_table: "Show as a table",
    day: "Day",
    look: "Worth a look",
    nothing: "Nothing out of the ordinary.",
    burst: |count| format!("{} failed sign-ins within a day", number(count)),
};

/// `/admin/people`
pub const PEOPLE: &People = &People {
    title: "People",
    heading: "People",
    new: "Add somebody",
    search: "E-mail address or user name",
    role: "Role",
    verified: "Address",
    verified_name: |verified| match verified {
        Verified::Yes => "Confirmed",
        Verified::No => "Unconfirmed",
    },
    state: "State",
    state_name,
    count: |total| match total {
        Total::Exactly(1) => "1 person".into(),
        total => format!("{} people", amount(total)),
    },
    no_match: "Nobody matches. Take a filter away, or look for something shorter.",
    nobody: "Nobody has an account yet.",
    caption: "People",
    select: "Select",
    select_one: |name| format!("Select {name}"),
    person: "Person",
    roles: "Roles",
    joined: "Joined",
    last_sign_in: "Last sign-in",
    never: "Never",
    unconfirmed: "unconfirmed",
    act: "What to do",
    act_name,
    with_selected: "Go on with those selected",
    with_all: |total| match total {
        Total::Exactly(1) => "Go on with the one that matches".into(),
        total => format!("Go on with all {} that match", amount(total)),
    },
};

/// `/admin/people/act` and `/admin/people/done`
pub const ACTS: &Acts = &Acts {
    title: "Confirm",
    question: |act, count| {
        let whom = if count == 1 { "1 person".to_owned() } else { format!("{} people", amount_of(count)) };
        match act {
            Act::Disable => format!("Disable {whom}?"),
            Act::Enable => format!("Enable {whom}?"),
            Act::EndSessions => format!("End every session of {whom}?"),
            Act::SendResetMail => format!("Mail {whom} a link to choose a password?"),
        }
    },
    meaning: |act| match act {
        Act::Disable => "They are signed out at once and cannot sign in until somebody enables them again.",
        Act::Enable => "They can sign in again with the password they have.",
        Act::EndSessions => {
            "They are signed out everywhere at once and can sign in again. Your own session here goes on."
        }
        Act::SendResetMail => {
            "Each gets a mail with a link that works for 30 minutes; who never had a password is invited again for 7 days. Nothing changes until they use it."
        }
    },
    submit: |act, count| format!("{} ({})", act_name(act), amount_of(count)),
    cancel: "Back to the list",
    own_left_out: "Your own account is left out.",
    first_of: |total| {
        format!("{} match. At most 1,000 are done at once: these are the first. Come back for the rest.", amount(total))
    },
    nobody: "Nobody is selected",
    nobody_lead: "Go back to the list, choose what to do, and tick who it is for.",
    people: "These accounts",
    done_title: "Report",
    done: |done, of| format!("Done for {} of {}", amount_of(done), amount_of(of)),
    done_lead: act_name,
    nothing: "There is nothing to report",
    result_name: |result| match result {
        ActResult::Done => "Done",
        ActResult::Unchanged => "Nothing to do: it was so already",
        ActResult::LastAdministrator => "Refused: the last administrator must stay",
        ActResult::OwnAccount => "Refused: your own account",
        ActResult::NoAddress => "Not mailed: no e-mail address",
        ActResult::IsDisabled => "Not mailed: the account is disabled",
        ActResult::Gone => "The account is gone",
        ActResult::NotDone => "Not done: something went wrong before. Try again",
    },
    result: "What became of it",
    person: "Person",
    gone: "A deleted account",
    back: "Back to people",
};

/// `/admin/people/{id}`
pub const PERSON: &Person = &Person {
    title: "Person",
    back: "All people",
    yourself: "This is you",
    identity: "Identity",
    email: "E-mail address",
    confirmed: "confirmed",
    username: "User name",
    state: "State",
    joined: "Joined",
    last_sign_in: "Last sign-in",
    id: "Id",
    roles: "Roles",
    no_roles: "No roles.",
    take: "Take away",
    take_role: |role| format!("Take away {role}"),
    give_label: "Give a role",
    give_hint: "“admin” opens this console. Any other name is for your own pages.",
    give: "Give",
    sessions: "Live sessions",
    no_sessions: "Not signed in anywhere.",
    all_sessions: "All sessions, those that ended too",
    all_events: "All events",
    more_sessions: "There are more; these are the newest.",
    device: "Browser",
    address: "Address",
    since: "Signed in",
    last_seen: "Last seen",
    end_head: "End",
    end: "End",
    end_one: |device| format!("End the session in {device}"),
    this_session: "This session",
    events: "Latest events",
    no_events: "Nothing was written down yet.",
    access: "Access",
    reset_hint: "Mails a link with which they choose a password themselves. You never see it.",
    reset: "Send reset mail",
    reset_no_address: "There is no e-mail address to send a reset mail to. On the server, “latchkey user reset-link” prints a link.",
    reset_disabled: "A disabled account is mailed no link.",
    end_all_hint: "Signs them out everywhere at once. They can sign in again.",
    end_all: "End every session",
    disable_hint: "Signs them out everywhere and keeps them out until somebody enables the account again.",
    disable: "Disable account",
    enable_hint: "Lets them sign in again with the password they have.",
    enable: "Enable account",
    delete_heading: "Delete account",
    delete_hint: "The account, its roles and its sessions are gone for good. The audit log keeps what happened.",
    delete_label: Around::new("To be sure, type {}"),
    delete: "Delete account for good",
};

/// `/admin/people/new`
pub const NEW_PERSON: &NewPerson = &NewPerson {
    title: "Add somebody",
    heading: "Add somebody",
    lead: "They choose their password themselves: you never see or choose one.",
    roles: "Roles (optional)",
    roles_hint: "Names parted by commas. “admin” opens this console.",
    invite: "Mail an invitation",
    invite_hint: "A link with which they choose a password within 7 days. Without it, they use “Forgot your password?” once they know of the account.",
    no_mail: "Accounts here have no e-mail address. On the server, “latchkey user reset-link” prints a link with which they choose a password.",
    submit: "Add account",
    cancel: "Back to people",
};

/// A line of the audit log.
pub const EVENT_WORDS: &EventWords = &EventWords {
    refused: "refused",
    by: "by",
    about: "about",
    gone: "a deleted account",
    anonymous: "somebody not signed in",
    command_line: "the command line",
    server: "the server",
    from: "from",
};

/// Its thousands told apart.
fn number(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn amount_of(count: usize) -> String {
    number(u32::try_from(count).unwrap_or(u32::MAX))
}

fn amount(total: Total) -> String {
    match total {
        Total::Exactly(count) => number(count),
        Total::MoreThan(count) => format!("more than {}", number(count)),
    }
}

fn act_name(act: Act) -> &'static str {
    match act {
        Act::Disable => "Disable",
        Act::Enable => "Enable",
        Act::EndSessions => "End sessions",
        Act::SendResetMail => "Send reset mail",
    }
}

fn state_name(state: PersonState) -> &'static str {
    match state {
        PersonState::Active => "Active",
        PersonState::Disabled => "Disabled",
        PersonState::Locked => "Locked",
        PersonState::Leaving => "To be deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(count), text);
        }
    }
}
