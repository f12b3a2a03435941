//! The shapes of pages' texts, one struct a page. Must not hold a text.

use super::around::Around;

/// A heading with a sentence below it.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// The heading.
    pub heading: &'static str,
    /// The sentence.
    pub sentence: &'static str,
}

/// `/`
#[derive(Clone, Copy, Debug)]
pub struct Home {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// What this is, from the site's name.
    pub lead: fn(site: &str) -> String,
    /// The way to the sign-up page.
    pub create_account: &'static str,
    /// The way to the sign-in page.
    pub sign_in: &'static str,
    /// What is good about it.
    pub facts: &'static [Fact],
}

/// `/sign-in`
#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    /// The title.
    pub title: &'static str,
    /// What it is for, for search engines, from the site's name.
    pub description: fn(site: &str) -> String,
    /// The heading.
    pub heading: &'static str,
    /// The label of the e-mail address or user name.
    pub identifier: &'static str,
    /// The label of the password.
    pub password: &'static str,
    /// The label of the tick box.
    pub remember: &'static str,
    /// The button.
    pub submit: &'static str,
    /// The link for who forgot the password.
    pub forgot_password: &'static str,
    /// Around the link for who has not confirmed their address yet, where that is needed.
    pub just_signed_up: Around,
    /// That link.
    pub open_the_link: &'static str,
    /// Around the link for who has no account.
    pub new_here: Around,
    /// That link.
    pub create_account: &'static str,
}

/// `/sign-up`
#[derive(Clone, Copy, Debug)]
pub struct SignUp {
    /// The title.
    pub title: &'static str,
    /// What it is for, for search engines, from the site's name.
    pub description: fn(site: &str) -> String,
    /// The heading.
    pub heading: &'static str,
    /// The button.
    pub submit: &'static str,
    /// Around the link for who has an account.
    pub have_an_account: Around,
    /// That link.
    pub sign_in: &'static str,
}

/// The fields in which an account and its password are chosen.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount {
    /// What to enter where either identifier will do.
    pub either: &'static str,
    /// The label of the user name.
    pub username: &'static str,
    /// What a user name is made of.
    pub username_hint: &'static str,
    /// The label of the e-mail address.
    pub email: &'static str,
    /// The label of the password.
    pub password: &'static str,
    /// What a password is made of, from the fewest characters.
    pub password_hint: fn(minimum: u16) -> String,
}

/// `/forgot-password`
#[derive(Clone, Copy, Debug)]
pub struct ForgotPassword {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// What to do.
    pub lead: &'static str,
    /// The label of the e-mail address.
    pub email: &'static str,
    /// The button.
    pub submit: &'static str,
    /// Around the link for who remembers.
    pub remembered: Around,
    /// That link.
    pub sign_in: &'static str,
    /// Title and heading once the form was sent.
    pub sent: &'static str,
    /// Around the address that was entered.
    pub looked_for: Around,
    /// What to do when no mail comes.
    pub nothing_yet: &'static str,
    /// The link back to the form.
    pub another_address: &'static str,
    /// The link to the sign-in page.
    pub back_to_sign_in: &'static str,
}

/// `/reset-password`
#[derive(Clone, Copy, Debug)]
pub struct ResetPassword {
    /// Title and heading.
    pub title: &'static str,
    /// Around whose password it is, and what will happen.
    pub lead: Around,
    /// Title and heading for the first password.
    pub first_title: &'static str,
    /// Around whose password it is, for the first one.
    pub first_lead: Around,
    /// The label of the password.
    pub new_password: &'static str,
    /// The button.
    pub submit: &'static str,
    /// The title where the link does not work.
    pub dead_title: &'static str,
    /// The heading there.
    pub dead_heading: &'static str,
    /// Why it does not.
    pub dead_lead: &'static str,
    /// The way to a new link.
    pub ask_again: &'static str,
    /// The link to the sign-in page.
    pub back_to_sign_in: &'static str,
}

/// `/verify-email`
#[derive(Clone, Copy, Debug)]
pub struct VerifyEmail {
    /// Title and heading.
    pub title: &'static str,
    /// Around the address, for somebody who is signed in.
    pub confirm: Around,
    /// Around the address, for somebody who is not.
    pub confirm_with_password: Around,
    /// The label of the password.
    pub password: &'static str,
    /// The button.
    pub submit: &'static str,
    /// Around the address that is to replace another one, for somebody who is signed in.
    pub change: Around,
    /// Around it, for somebody who is not.
    pub change_with_password: Around,
    /// The button, where it replaces another one.
    pub change_submit: &'static str,
    /// What to do for who did not ask for that.
    pub change_not_you: &'static str,
    /// Around the link for who did not make the account.
    pub not_you: Around,
    /// That link.
    pub take_over: &'static str,
    /// Title and heading while a mail is awaited.
    pub check_mail: &'static str,
    /// Around the address that the mail went to.
    pub sent_to: Around,
    /// What to do with it, and when none comes.
    pub open_it: &'static str,
    /// Around the link for who has an account already.
    pub have_an_account: Around,
    /// That link.
    pub sign_in: &'static str,
    /// What to do for who has no link.
    pub ask: &'static str,
    /// How often it can be asked for.
    pub limit: &'static str,
    /// The button that asks for a mail.
    pub send: &'static str,
    /// The button that asks for another mail.
    pub send_again: &'static str,
    /// The link to another address.
    pub another_address: &'static str,
    /// Title and heading where there is nothing left to confirm.
    pub done: &'static str,
    /// Around the address that is confirmed.
    pub done_lead: Around,
    /// The title where the link does not work.
    pub dead_title: &'static str,
    /// The heading there.
    pub dead_heading: &'static str,
    /// Why it does not, and what to do.
    pub dead_lead: &'static str,
    /// Why it does not, where it was to replace an address.
    pub dead_change_lead: &'static str,
    /// The way to ask again, there.
    pub dead_change_way: &'static str,
    /// The label of the address to send another one to.
    pub email: &'static str,
    /// The link to the dashboard.
    pub dashboard: &'static str,
    /// The link to the sign-in page.
    pub back_to_sign_in: &'static str,
}

/// `/account/email`
#[derive(Clone, Copy, Debug)]
pub struct ChangeEmail {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// Around the address that is not confirmed, and what will happen.
    pub lead: Around,
    /// Around the address where it is confirmed, and what will happen.
    pub confirmed: Around,
    /// What will happen where there is no address.
    pub nothing_yet: &'static str,
    /// The label of the new address.
    pub email: &'static str,
    /// The button.
    pub submit: &'static str,
    /// The heading while an address waits to be confirmed.
    pub pending: &'static str,
    /// Around the address that waits.
    pub waiting: Around,
    /// Around the address that stays until then.
    pub until_then: Around,
    /// What to do with the mail, and when none comes.
    pub open_it: &'static str,
    /// How often it can be asked for.
    pub limit: &'static str,
    /// The button that asks for another mail.
    pub send_again: &'static str,
    /// The button that gives the address up.
    pub cancel: &'static str,
    /// The same where there is no other address.
    pub cancel_only: &'static str,
    /// The heading above the form for yet another address.
    pub another: &'static str,
}

/// `/dashboard`
#[derive(Clone, Copy, Debug)]
pub struct Dashboard {
    /// The title.
    pub title: &'static str,
    /// Around the person's name.
    pub hello: Around,
    /// The badge of an administrator.
    pub administrator: &'static str,
    /// The heading above who somebody is.
    pub you: &'static str,
    /// The user name.
    pub username: &'static str,
    /// The e-mail address.
    pub email: &'static str,
    /// The badge of an address that is not confirmed.
    pub unconfirmed: &'static str,
    /// Around the link to confirm it, as a reminder.
    pub confirm: Around,
    /// That link.
    pub confirm_it: &'static str,
    /// The link beside the address.
    pub change_email: &'static str,
    /// The day the account was made.
    pub member_since: &'static str,
    /// The password.
    pub password: &'static str,
    /// The link beside it.
    pub change_password: &'static str,
    /// The link to everything of the account.
    pub your_account: &'static str,
    /// The heading above the session.
    pub this_session: &'static str,
    /// When it began.
    pub signed_in: &'static str,
    /// Browser and system.
    pub browser: &'static str,
    /// The client's address.
    pub address: &'static str,
    /// When it ends whatever happens.
    pub ends_at_the_latest: &'static str,
    /// The link to the other sessions.
    pub your_sessions: &'static str,
    /// The heading above the sign-in before.
    pub last_sign_in: &'static str,
    /// When that was.
    pub when: &'static str,
    /// Around the link for who does not know that sign-in.
    pub not_you: Around,
    /// That link.
    pub change_your_password: &'static str,
    /// Where there was no sign-in before.
    pub first_time: &'static str,
    /// The link to what else happened.
    pub your_activity: &'static str,
}

/// `/account/password`
#[derive(Clone, Copy, Debug)]
pub struct ChangePassword {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// The label of the password in force.
    pub current_password: &'static str,
    /// The label of the password being chosen.
    pub new_password: &'static str,
    /// The label of the tick box.
    pub sign_out_others: &'static str,
    /// The button.
    pub submit: &'static str,
    /// The link to the dashboard.
    pub back: &'static str,
}

/// `/account/confirm`
#[derive(Clone, Copy, Debug)]
pub struct ConfirmPassword {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// Why it is asked for.
    pub lead: &'static str,
    /// The label of the password.
    pub password: &'static str,
    /// The button.
    pub submit: &'static str,
    /// The link to the dashboard.
    pub back: &'static str,
}

/// `/setup`
#[derive(Clone, Copy, Debug)]
pub struct SetUp {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// What the link is good for.
    pub lead: &'static str,
    /// The button.
    pub submit: &'static str,
    /// The title where the link does not work.
    pub dead_title: &'static str,
    /// The heading there.
    pub dead_heading: &'static str,
    /// Why it does not, and where to look.
    pub dead_lead: &'static str,
    /// The way to the sign-in page.
    pub sign_in: &'static str,
}

/// `/dev/mail`
#[derive(Clone, Copy, Debug)]
pub struct DevMail {
    /// Title and heading.
    pub title: &'static str,
    /// Why mail is here.
    pub lead: &'static str,
    /// Where there is none.
    pub nothing_yet: &'static str,
    /// Around the link to this page, on pages that say to check one's mail.
    pub kept: Around,
    /// What the frame with the HTML part is called.
    pub as_html: fn(subject: &str) -> String,
    /// Around the recipient; the time follows.
    pub recipient: Around,
}

/// Errors as pages: titles by what happened, and what every such page holds.
#[derive(Clone, Copy, Debug)]
pub struct ErrorPage {
    /// The title of `400`.
    pub bad_request: &'static str,
    /// Nobody is signed in.
    pub unauthorized: &'static str,
    /// The title of `403`.
    pub forbidden: &'static str,
    /// The title of `404`.
    pub not_found: &'static str,
    /// What to do about `404`.
    pub not_found_sentence: &'static str,
    /// The title of `405`.
    pub method_not_allowed: &'static str,
    /// What to do about `405`.
    pub method_not_allowed_sentence: &'static str,
    /// What programs are told of what is not there.
    pub not_found_for_programs: &'static str,
    /// What programs are told of a method that is not there.
    pub method_not_allowed_for_programs: &'static str,
    /// The title of `413`.
    pub too_large: &'static str,
    /// The title of `429`.
    pub too_many: &'static str,
    /// The title of `503` when too many passwords are checked at once.
    pub busy: &'static str,
    /// The title of every other `503`.
    pub unavailable: &'static str,
    /// The title of every other fault of ours.
    pub unexpected: &'static str,
    /// The title of everything else.
    pub unanswerable: &'static str,
    /// The way on.
    pub front_page: &'static str,
    /// Around the request's id.
    pub ask_for_help: Around,
    /// The way to the same page once more.
    pub try_again: &'static str,
}
