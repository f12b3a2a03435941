//! Server functions: what crosses the wire. Each reads its form, calls one flow and maps the outcome. Must not decide, and
//! none accepts GET.
#![allow(
    missing_docs,
    reason = "the arguments of a server function become fields of a struct that cannot be documented"
)]

/// One act on several people.
pub mod admin_act;
/// An account that an administrator makes.
pub mod admin_create;
/// Deleting somebody's account.
pub mod admin_delete;
/// One act on one person.
pub mod admin_person;
/// Giving and taking roles.
pub mod admin_role;
/// Sessions that an administrator ends, or deletes the record of.
pub mod admin_sessions;
/// Giving an address up that waits to be proven.
pub mod cancel_email_change;
/// Another address.
pub mod change_email;
/// Changing the password.
pub mod change_password;
/// Another user name.
pub mod change_username;
/// The password once more, for a sensitive act.
pub mod confirm_password;
/// The end of an account.
pub mod delete_account;
/// Ending all of one's other sessions.
pub mod end_other_sessions;
/// Ending one of one's sessions.
pub mod end_session;
/// The wire form of errors.
mod error;
/// Asking for a reset link.
pub mod forgot_password;
/// Staying signed in.
pub mod keep_session;
/// "This was not me".
pub mod not_me;
/// Another link to prove an address with.
pub mod resend_verification;
/// A new password by link.
pub mod reset_password;
/// Which colours to see.
pub mod set_theme;
/// The first administrator.
pub mod set_up;
/// Beginning a session.
pub mod sign_in;
/// Ending a session.
pub mod sign_out;
/// Making an account.
pub mod sign_up;
/// Proof that mail to an address arrives.
pub mod verify_email;

/// A form of ours: where it is posted, and the page that shows it and its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormRoute {
    /// The server function's path.
    pub action: &'static str,
    /// The page's path; one with `{` in it is a page of one thing of many, and the form's `next` says which.
    pub page: &'static str,
}

/// Every form of this site.
pub const FORMS: &[FormRoute] = &[
    SIGN_UP,
    SIGN_IN,
    SIGN_OUT,
    FORGOT_PASSWORD,
    RESET_PASSWORD,
    CHANGE_PASSWORD,
    CONFIRM_PASSWORD,
    SET_UP,
    VERIFY_EMAIL,
    RESEND_VERIFICATION,
    CHANGE_EMAIL,
    CANCEL_EMAIL_CHANGE,
    NOT_ME,
    CHANGE_USERNAME,
    END_SESSION,
    END_OTHER_SESSIONS,
    DELETE_ACCOUNT,
    KEEP_SESSION,
    SET_THEME,
    ADMIN_ACT,
    ADMIN_PERSON,
    ADMIN_ROLE,
    ADMIN_DELETE,
    ADMIN_CREATE,
    ADMIN_SESSIONS,
];

/// A new account.
pub const SIGN_UP: FormRoute = FormRoute { action: "/api/sign_up", page: "/sign-up" };
/// A new session.
pub const SIGN_IN: FormRoute = FormRoute { action: "/api/sign_in", page: "/sign-in" };
/// The end of a session.
pub const SIGN_OUT: FormRoute = FormRoute { action: "/api/sign_out", page: "/dashboard" };
/// A link by mail.
pub const FORGOT_PASSWORD: FormRoute = FormRoute { action: "/api/forgot_password", page: "/forgot-password" };
/// A new password by link.
pub const RESET_PASSWORD: FormRoute = FormRoute { action: "/api/reset_password", page: "/reset-password" };
/// A new password in exchange for the current one.
pub const CHANGE_PASSWORD: FormRoute = FormRoute { action: "/api/change_password", page: "/account/password" };
/// The password once more, for a sensitive act.
pub const CONFIRM_PASSWORD: FormRoute = FormRoute { action: "/api/confirm_password", page: "/account/confirm" };
/// The first administrator.
pub const SET_UP: FormRoute = FormRoute { action: "/api/set_up", page: "/setup" };
/// Proof of an address by link.
pub const VERIFY_EMAIL: FormRoute = FormRoute { action: "/api/verify_email", page: "/verify-email" };
/// Another such link.
pub const RESEND_VERIFICATION: FormRoute = FormRoute { action: "/api/resend_verification", page: "/verify-email" };
/// Another address.
pub const CHANGE_EMAIL: FormRoute = FormRoute { action: "/api/change_email", page: "/account/email" };
/// The end of a wish for another address.
pub const CANCEL_EMAIL_CHANGE: FormRoute = FormRoute { action: "/api/cancel_email_change", page: "/account/email" };
/// "This was not me", by link.
pub const NOT_ME: FormRoute = FormRoute { action: "/api/not_me", page: "/not-me" };
/// Another user name.
pub const CHANGE_USERNAME: FormRoute = FormRoute { action: "/api/change_username", page: "/account/username" };
/// The end of one of one's sessions.
pub const END_SESSION: FormRoute = FormRoute { action: "/api/end_session", page: "/account/sessions" };
/// The end of all of one's other sessions.
pub const END_OTHER_SESSIONS: FormRoute = FormRoute { action: "/api/end_other_sessions", page: "/account/sessions" };
/// The end of an account.
pub const DELETE_ACCOUNT: FormRoute = FormRoute { action: "/api/delete_account", page: "/account/delete" };
/// "I am still here"; sent by script from every page of somebody who is signed in.
pub const KEEP_SESSION: FormRoute = FormRoute { action: "/api/keep_session", page: "/dashboard" };
/// The colours of every page; its form stands on all of them.
pub const SET_THEME: FormRoute = FormRoute { action: "/api/set_theme", page: "/" };
/// One act on several people.
pub const ADMIN_ACT: FormRoute = FormRoute { action: "/api/admin_act", page: "/admin/people" };
/// One act on one person.
pub const ADMIN_PERSON: FormRoute = FormRoute { action: "/api/admin_person", page: "/admin/people/{id}" };
/// A role given or taken.
pub const ADMIN_ROLE: FormRoute = FormRoute { action: "/api/admin_role", page: "/admin/people/{id}" };
/// The end of somebody's account.
pub const ADMIN_DELETE: FormRoute = FormRoute { action: "/api/admin_delete", page: "/admin/people/{id}" };
/// An account for somebody else.
pub const ADMIN_CREATE: FormRoute = FormRoute { action: "/api/admin_create", page: "/admin/people/new" };
/// An act on several sessions.
pub const ADMIN_SESSIONS: FormRoute = FormRoute { action: "/api/admin_sessions", page: "/admin/sessions" };
/// Where the form that exports the audit log is posted; no server function, since a file is its answer.
pub const AUDIT_EXPORT: &str = "/admin/audit/export";
