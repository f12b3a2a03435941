//! Every text that people read in a browser or a mail, asked for by area: `words::sign_in().title`. Picks the language.
//! Must not decide what is said when, and must not know a page.
//!
//! The shapes stand here, one struct an area; the English stands in `en/`. A new language is a folder beside `en/`, a
//! variant of [`Language`] and one more arm each in [`Language::tag`] and `say!`; what it leaves out does not compile.

/// The shapes of the texts of somebody's own account.
pub mod account;
/// The shape of the page about the JSON API.
pub mod api_docs;
/// A sentence around something that is marked up.
pub mod around;
/// The shapes of the console's texts.
pub mod console;
/// English.
mod en;
/// The shape of the page behind "This was not me".
pub mod not_me;
/// The shapes of pages' texts.
pub mod pages;
/// The shapes of texts that belong to no single page.
pub mod pieces;
/// The shapes of the texts of sessions and of the audit log.
pub mod records;
/// The shape of the warning before a session ends.
pub mod session_timer;

use crate::domain::{
    end_reason::EndReason,
    error::AuthError,
    event::EventKind,
    field::FieldError,
    flash::Notice,
    own_account::EventGroup,
    strength::{Reason, Strength},
    theme::Theme,
};

use self::{
    api_docs::ApiDocs,
    console::{Acts, Console, EventWords, NewPerson, Overview, People, Person},
    not_me::NotMe,
    pages::{
        ChangeEmail, ChangePassword, ConfirmPassword, Dashboard, DevMail, ErrorPage, ForgotPassword, Home, NewAccount,
        ResetPassword, SetUp, SignIn, SignUp, VerifyEmail,
    },
    pieces::{Device, Form, Frame, Mail, Meter, PasswordInput, ThemeSwitch, Ways},
    session_timer::SessionTimer,
};

/// A language that texts exist in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
}

impl Language {
    /// As HTML's `lang` has it (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }
}

/// The language of everything that is said; the one place that chooses.
#[must_use]
pub fn language() -> Language {
    Language::English
}

/// The text of this name in the language that was chosen.
macro_rules! say {
    ($($text:tt)+) => {
        match language() {
            Language::English => en::$($text)+,
        }
    };
}

/// What every page stands in: header, navigation, titles.
#[must_use]
pub fn frame() -> &'static Frame {
    say!(pieces::FRAME)
}

/// Phrases that are links.
#[must_use]
pub fn ways() -> &'static Ways {
    say!(pieces::WAYS)
}

/// A choice of colours.
#[must_use]
pub fn theme_switch() -> &'static ThemeSwitch {
    say!(pieces::THEME_SWITCH)
}

/// What every form says of itself.
#[must_use]
pub fn form() -> &'static Form {
    say!(pieces::FORM)
}

/// `/api-docs`
#[must_use]
pub fn api_docs() -> &'static ApiDocs {
    say!(api_docs::API_DOCS)
}

/// Show and hide.
#[must_use]
pub fn password_input() -> &'static PasswordInput {
    say!(pieces::PASSWORD_INPUT)
}

/// The strength meter.
#[must_use]
pub fn meter() -> &'static Meter {
    say!(pieces::METER)
}

/// The warning before a session ends.
#[must_use]
pub fn session_timer() -> &'static SessionTimer {
    say!(session_timer::SESSION_TIMER)
}

/// Browser and system.
#[must_use]
pub fn device() -> &'static Device {
    say!(pieces::DEVICE)
}

/// The mails.
#[must_use]
pub fn mail() -> &'static Mail {
    say!(pieces::MAIL)
}

/// `/`
#[must_use]
pub fn home() -> &'static Home {
    say!(pages::HOME)
}

/// `/sign-in`
#[must_use]
pub fn sign_in() -> &'static SignIn {
    say!(pages::SIGN_IN)
}

/// `/sign-up`
#[must_use]
pub fn sign_up() -> &'static SignUp {
    say!(pages::SIGN_UP)
}

/// The fields in which an account and its password are chosen.
#[must_use]
pub fn new_account() -> &'static NewAccount {
    say!(pages::NEW_ACCOUNT)
}

/// `/forgot-password`
#[must_use]
pub fn forgot_password() -> &'static ForgotPassword {
    say!(pages::FORGOT_PASSWORD)
}

/// `/reset-password`
#[must_use]
pub fn reset_password() -> &'static ResetPassword {
    say!(pages::RESET_PASSWORD)
}

/// `/verify-email`
#[must_use]
pub fn verify_email() -> &'static VerifyEmail {
    say!(pages::VERIFY_EMAIL)
}

/// `/account/email`
#[must_use]
pub fn change_email() -> &'static ChangeEmail {
    say!(pages::CHANGE_EMAIL)
}

/// `/not-me`
#[must_use]
pub fn not_me() -> &'static NotMe {
    say!(not_me::NOT_ME)
}

/// `/dashboard`
#[must_use]
pub fn dashboard() -> &'static Dashboard {
    say!(pages::DASHBOARD)
}

/// `/account/password`
#[must_use]
pub fn change_password() -> &'static ChangePassword {
    say!(pages::CHANGE_PASSWORD)
}

/// `/account/confirm`
#[must_use]
pub fn confirm_password() -> &'static ConfirmPassword {
    say!(pages::CONFIRM_PASSWORD)
}

/// `/setup`
#[must_use]
pub fn set_up() -> &'static SetUp {
    say!(pages::SET_UP)
}

/// `/dev/mail`
#[must_use]
pub fn dev_mail() -> &'static DevMail {
    say!(pages::DEV_MAIL)
}

/// Errors as pages.
#[must_use]
pub fn error_page() -> &'static ErrorPage {
    say!(pages::ERROR_PAGE)
}

/// What every page of the console stands in.
#[must_use]
pub fn console() -> &'static Console {
    say!(console::CONSOLE)
}

/// `/admin`
#[must_use]
pub fn overview() -> &'static Overview {
    say!(console::OVERVIEW)
}

/// `/admin/people`
#[must_use]
pub fn people() -> &'static People {
    say!(console::PEOPLE)
}

/// `/admin/people/act` and `/admin/people/done`
#[must_use]
pub fn acts() -> &'static Acts {
    say!(console::ACTS)
}

/// `/admin/people/{id}`
#[must_use]
pub fn person() -> &'static Person {
    say!(console::PERSON)
}

/// `/admin/people/new`
#[must_use]
pub fn new_person() -> &'static NewPerson {
    say!(console::NEW_PERSON)
}

/// A line of the audit log.
#[must_use]
pub fn event_words() -> &'static EventWords {
    say!(console::EVENT_WORDS)
}

/// `/admin/sessions`
#[must_use]
pub fn session_records() -> &'static records::Sessions {
    say!(records::SESSIONS)
}

/// `/admin/audit`
#[must_use]
pub fn audit() -> &'static records::Audit {
    say!(records::AUDIT)
}

/// The sentence for an error where the fault lies with no single field.
#[must_use]
pub fn error(error: &AuthError) -> String {
    say!(sentences::error(error))
}

/// The sentence for one field, the same beside it and in the summary.
#[must_use]
pub fn field_error(error: FieldError) -> String {
    say!(sentences::field_error(error))
}

/// The sentence of a notice.
#[must_use]
pub fn notice(notice: Notice) -> String {
    say!(sentences::notice(notice))
}

/// The word beside the bar.
#[must_use]
pub fn strength_word(strength: Strength) -> &'static str {
    say!(sentences::strength_word(strength))
}

/// Why a password is weak, as a sentence under the meter.
#[must_use]
pub fn reason(reason: Reason) -> String {
    say!(sentences::reason(reason))
}

/// What happened, in a few words, for the person it happened to and for administrators alike.
#[must_use]
pub fn event(kind: EventKind) -> &'static str {
    say!(sentences::event(kind))
}

/// What a choice of colours is called.
#[must_use]
pub fn theme_name(theme: Theme) -> &'static str {
    say!(sentences::theme_name(theme))
}

/// What the pages of an account have in common.
#[must_use]
pub fn account_frame() -> &'static account::AccountFrame {
    say!(account::ACCOUNT_FRAME)
}

/// `/account`
#[must_use]
pub fn account() -> &'static account::Account {
    say!(account::ACCOUNT)
}

/// `/account/sessions`
#[must_use]
pub fn sessions() -> &'static account::Sessions {
    say!(account::SESSIONS)
}

/// `/account/activity`
#[must_use]
pub fn activity() -> &'static account::Activity {
    say!(account::ACTIVITY)
}

/// `/account/username`
#[must_use]
pub fn change_username() -> &'static account::ChangeUsername {
    say!(account::CHANGE_USERNAME)
}

/// `/account/delete`
#[must_use]
pub fn delete_account() -> &'static account::DeleteAccount {
    say!(account::DELETE_ACCOUNT)
}

/// How a session ended, for the person whose it was.
#[must_use]
pub fn end_reason(reason: EndReason) -> &'static str {
    say!(account::end_reason(reason))
}

/// What events that belong together are called.
#[must_use]
pub fn event_group(group: EventGroup) -> &'static str {
    say!(account::event_group(group))
}

/// What more there is to know of an event, for the person whom it concerns. `of` reads what it says beside the rest.
#[must_use]
pub fn event_detail<'d>(kind: EventKind, of: impl Fn(&str) -> Option<&'d str>) -> Option<String> {
    say!(account::event_detail(kind, of))
}
