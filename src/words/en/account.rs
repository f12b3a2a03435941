//! English for somebody's own account.

use crate::{
    domain::{end_reason::EndReason, event::EventKind, own_account::EventGroup},
    words::{
        account::{Account, AccountFrame, Activity, ChangeUsername, DeleteAccount, Sessions},
        around::Around,
    },
};

/// What the pages of an account have in common.
pub const ACCOUNT_FRAME: &AccountFrame = &AccountFrame {
    navigation: "Pages of your account",
    overview: "Overview",
    password: "Password",
    sessions: "Sessions",
    activity: "Activity",
    delete: "Delete",
    back: "Back to your account",
    newer: "Newer",
    older: "Older",
    pages: "Pages of the list",
};

/// `/account`
pub const ACCOUNT: &Account = &Account {
    title: "Your account",
    username: "User name",
    no_username: "You have none yet.",
    change_username: "Change user name",
    email: "E-mail address",
    confirmed: "confirmed",
    unconfirmed: "not confirmed",
    change_email: "Change e-mail address",
    no_email: "You have none yet.",
    add_email: "Add an e-mail address",
    password: "Password",
    changed: Around::new("Last changed on {}."),
    change_password: "Change password",
    sessions: "Sessions",
    live: |others| match others {
        0 => "You are signed in on this device alone.".into(),
        1 => "You are signed in on this device and in 1 other place.".into(),
        others => format!("You are signed in on this device and in {others} other places."),
    },
    see_sessions: "See your sessions",
    activity: "Activity",
    last_sign_in: Around::new("Last sign-in before this one: {}"),
    from: |device| format!("{device}, "),
    first_time: "No sign-in before this one.",
    see_activity: "See your activity",
    data: "Your data",
    data_lead: "A file with everything stored about you: profile, roles, sessions and events, as JSON.",
    export: "Download your data",
    delete: "Delete account",
    delete_lead: |days| match days {
        0 => "Deletes the account and everything in it at once, for good.".into(),
        1 => "Ends all sessions. The account is gone a day later, unless you sign in before then.".into(),
        days => format!("Ends all sessions. The account is gone {days} days later, unless you sign in before then."),
    },
    delete_account: "Delete your account",
};

/// `/account/sessions`
pub const SESSIONS: &Sessions = &Sessions {
    title: "Sessions",
    lead: "Everywhere you are signed in. End a session, and its browser is signed out at once.",
    chosen: "The session you chose",
    live: "Signed in now",
    more: |count| format!("There are {count} sessions; the newest are shown."),
    this_device: "This device",
    address: "Address",
    signed_in: "Signed in",
    last_seen: "Last seen",
    user_agent: "Calls itself",
    ended: "Ended",
    how: "How it ended",
    end: "End",
    end_of: |device, since| format!("End the session of {device}, signed in {since}"),
    end_others: "End all other sessions",
    no_others: "You are signed in nowhere else.",
    not_you: Around::new("Something here is not you? End it, then {}."),
    change_password: "change your password",
    past: "Past sign-ins",
    no_past: "No session of yours has ended yet.",
};

/// `/account/activity`
pub const ACTIVITY: &Activity = &Activity {
    title: "Activity",
    lead: "What happened to your account, newest first.",
    show: "Show",
    all: "Everything",
    apply: "Apply",
    failed: "Failed",
    by_administrator: "By an administrator",
    by_system: "Automatically",
    from: |device| format!("{device}, "),
    nothing: "Nothing has happened yet.",
    no_match: "There is nothing of this kind here.",
    show_all: "Show everything, newest first",
    list: "Events",
};

/// `/account/username`
pub const CHANGE_USERNAME: &ChangeUsername = &ChangeUsername {
    title: "Change user name",
    present: Around::new("Your user name is {}. You sign in with the new one from then on."),
    none: "You have no user name yet. Once you have one, you can sign in with it, too.",
    username: "New user name",
    submit: "Change user name",
};

/// `/account/delete`
pub const DELETE_ACCOUNT: &DeleteAccount = &DeleteAccount {
    title: "Delete your account",
    lead: |days| {
        match days {
        0 => "Your account and everything in it is deleted at once. Nobody can bring it back.".into(),
        1 => "Your account is deleted a day from now. Until then, signing in keeps it; after that, nobody can bring it back.".into(),
        days => format!(
            "Your account is deleted {days} days from now. Until then, signing in keeps it; after that, nobody can bring it back."
        ),
    }
    },
    sessions_end: "All your sessions end now, on this device and everywhere else.",
    data: Around::new("You may want a copy of your data: {} first."),
    download_it: "download it",
    identifier: "Type your e-mail address or user name",
    identifier_hint: |name| format!("To be sure that you mean this account: {name}"),
    password: "Password",
    submit: "Delete account",
};

/// How a session ended.
pub fn end_reason(reason: EndReason) -> &'static str {
    match reason {
        EndReason::SignedOut => "You signed out",
        EndReason::Replaced => "You signed in again in the same browser",
        EndReason::Idle => "It was not used for too long",
        EndReason::Expired => "It reached its greatest age",
        EndReason::PasswordReset => "The password was reset",
        EndReason::PasswordChanged => "The password was changed",
        EndReason::AccountDisabled => "The account was disabled",
        EndReason::AccountDeleted => "The account was to be deleted",
        EndReason::Revoked => "You ended it from another session",
        EndReason::EndedByAdministrator => "An administrator ended it",
        EndReason::NotMe => "You reported that it was not you",
        EndReason::TokenReused => "Its refresh token was used twice, so somebody may have copied it",
    }
}

/// Events that belong together.
pub fn event_group(group: EventGroup) -> &'static str {
    match group {
        EventGroup::SignIns => "Sign-ins and sessions",
        EventGroup::Credentials => "Password and address",
        EventGroup::Account => "Account and data",
        EventGroup::Administrators => "What administrators did",
    }
}

/// What more there is to know of an event. `of` reads what it says beside the rest.
pub fn event_detail<'d>(kind: EventKind, of: impl Fn(&str) -> Option<&'d str>) -> Option<String> {
    match kind {
        EventKind::SignedIn => of("factor").and_then(factor).map(|factor| format!("With {factor}")),
        EventKind::SignInFailed => of("reason").and_then(refusal).map(Into::into),
        EventKind::LimitReached if of("limit") == Some("sign_in_mail") => {
            Some("No more mails about new sign-ins for a day".into())
        }
        EventKind::LimitReached => {
            of("seconds").and_then(|seconds| seconds.parse().ok()).map(|seconds: u32| match seconds {
                0..=90 => format!("The next try had to wait {seconds} seconds"),
                _ => format!("The next try had to wait {} minutes", seconds.div_ceil(60)),
            })
        }
        EventKind::SessionEnded => of("reason").and_then(EndReason::parse).map(|reason| end_reason(reason).into()),
        EventKind::LinkSent => of("purpose").and_then(purpose).map(Into::into),
        EventKind::RoleGranted | EventKind::RoleRevoked => of("role").map(|role| format!("Role: {role}")),
        EventKind::AccessDenied => of("path").map(|path| format!("Page: {path}")),
        _ => None,
    }
}

fn factor(stored: &str) -> Option<&'static str> {
    match stored {
        "pwd" => Some("the password"),
        _ => None,
    }
}

fn refusal(stored: &str) -> Option<&'static str> {
    match stored {
        "password" => Some("The password was wrong"),
        "disabled" => Some("The account was disabled"),
        "unproven" => Some("The e-mail address was not confirmed yet"),
        _ => None,
    }
}

fn purpose(stored: &str) -> Option<&'static str> {
    match stored {
        "reset_password" => Some("To choose a new password"),
        "verify_email" => Some("To confirm the e-mail address"),
        _ => None,
    }
}
