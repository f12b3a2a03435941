//! The shapes of the texts of somebody's own account. Must not hold a text.

use super::around::Around;

/// What the pages of an account have in common.
#[derive(Clone, Copy, Debug)]
pub struct AccountFrame {
    /// What the links between them are called.
    pub navigation: &'static str,
    /// To the first of them.
    pub overview: &'static str,
    /// To the password.
    pub password: &'static str,
    /// To the sessions.
    pub sessions: &'static str,
    /// To the activity.
    pub activity: &'static str,
    /// To the deletion.
    pub delete: &'static str,
    /// The link back to the first of them.
    pub back: &'static str,
    /// To newer entries of a list.
    pub newer: &'static str,
    /// To older entries of a list.
    pub older: &'static str,
    /// What the links to newer and older entries are called.
    pub pages: &'static str,
}

/// `/account`
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Title and heading.
    pub title: &'static str,
    /// The user name.
    pub username: &'static str,
    /// Where there is none.
    pub no_username: &'static str,
    /// The link beside it.
    pub change_username: &'static str,
    /// The e-mail address.
    pub email: &'static str,
    /// Where it is proven.
    pub confirmed: &'static str,
    /// Where it is not.
    pub unconfirmed: &'static str,
    /// The link beside an address.
    pub change_email: &'static str,
    /// That there is no address.
    pub no_email: &'static str,
    /// The way to a first one.
    pub add_email: &'static str,
    /// The password.
    pub password: &'static str,
    /// Around when it was last changed.
    pub changed: Around,
    /// The link beside it.
    pub change_password: &'static str,
    /// The sessions.
    pub sessions: &'static str,
    /// How many there are besides this one.
    pub live: fn(others: i64) -> String,
    /// The link beside them.
    pub see_sessions: &'static str,
    /// The activity.
    pub activity: &'static str,
    /// Around when somebody signed in before this session; browser and address follow.
    pub last_sign_in: Around,
    /// From where, in words.
    pub from: fn(device: &str) -> String,
    /// Where there was no sign-in before.
    pub first_time: &'static str,
    /// The link beside it.
    pub see_activity: &'static str,
    /// The copy of one's data.
    pub data: &'static str,
    /// What it holds.
    pub data_lead: &'static str,
    /// The button.
    pub export: &'static str,
    /// The end of the account.
    pub delete: &'static str,
    /// What it means, from the days in which one can come back.
    pub delete_lead: fn(days: u32) -> String,
    /// The link beside it.
    pub delete_account: &'static str,
}

/// `/account/sessions`
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    /// Title and heading.
    pub title: &'static str,
    /// What this is.
    pub lead: &'static str,
    /// The heading above the one that was asked for.
    pub chosen: &'static str,
    /// The heading above live ones.
    pub live: &'static str,
    /// That there are more than are shown.
    pub more: fn(count: i64) -> String,
    /// The badge of this one.
    pub this_device: &'static str,
    /// The client's address.
    pub address: &'static str,
    /// When it began.
    pub signed_in: &'static str,
    /// When it was last heard of.
    pub last_seen: &'static str,
    /// As the browser named itself.
    pub user_agent: &'static str,
    /// When it ended.
    pub ended: &'static str,
    /// How it ended.
    pub how: &'static str,
    /// The button of one.
    pub end: &'static str,
    /// What a screen reader calls it; begins with what it shows (WCAG 2.5.3).
    pub end_of: fn(device: &str, since: &str) -> String,
    /// The button of all others.
    pub end_others: &'static str,
    /// Where there is no other.
    pub no_others: &'static str,
    /// Around the link for who does not know one of them.
    pub not_you: Around,
    /// That link.
    pub change_password: &'static str,
    /// The heading above those that ended.
    pub past: &'static str,
    /// Where there are none.
    pub no_past: &'static str,
}

/// `/account/activity`
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// Title and heading.
    pub title: &'static str,
    /// What this is.
    pub lead: &'static str,
    /// The label of the choice.
    pub show: &'static str,
    /// The choice of everything.
    pub all: &'static str,
    /// The button.
    pub apply: &'static str,
    /// That something was refused or failed.
    pub failed: &'static str,
    /// That an administrator did it.
    pub by_administrator: &'static str,
    /// That the server did it.
    pub by_system: &'static str,
    /// Browser and address.
    pub from: fn(device: &str) -> String,
    /// Where nothing happened yet.
    pub nothing: &'static str,
    /// Where nothing of the kind that was asked for happened, or nothing older.
    pub no_match: &'static str,
    /// The link to everything.
    pub show_all: &'static str,
    /// The heading of the list, for screen readers.
    pub list: &'static str,
}

/// `/account/username`
#[derive(Clone, Copy, Debug)]
pub struct ChangeUsername {
    /// Title and heading.
    pub title: &'static str,
    /// Around the present one.
    pub present: Around,
    /// Where there is none.
    pub none: &'static str,
    /// The label.
    pub username: &'static str,
    /// The button.
    pub submit: &'static str,
}

/// `/account/delete`
#[derive(Clone, Copy, Debug)]
pub struct DeleteAccount {
    /// Title and heading.
    pub title: &'static str,
    /// What happens, from the days in which one can come back.
    pub lead: fn(days: u32) -> String,
    /// What else happens.
    pub sessions_end: &'static str,
    /// The copy of one's data.
    pub data: Around,
    /// The link to it.
    pub download_it: &'static str,
    /// The label of the e-mail address or user name.
    pub identifier: &'static str,
    /// What to enter, from what the account is called.
    pub identifier_hint: fn(name: &str) -> String,
    /// The label of the password.
    pub password: &'static str,
    /// The button.
    pub submit: &'static str,
}
