//! English for what belongs to no single page.

use crate::words::pieces::{Device, Form, Frame, Mail, Meter, PasswordInput, ThemeSwitch, Ways};

/// What every page stands in.
pub const FRAME: &Frame = &Frame {
    title: |page, site| format!("{page} – {site}"),
    skip_to_main: "Skip to main content",
    navigation: "Account",
    sign_in: "Sign in",
    create_account: "Create account",
    account: "Your account",
    sign_out: "Sign out",
};

/// Phrases that are links.
pub const WAYS: &Ways = &Ways { sign_in: "sign in", reset_password: "reset your password" };

/// A choice of colours.
pub const THEME_SWITCH: &ThemeSwitch = &ThemeSwitch { label: "Colours" };

/// What every form says of itself.
pub const FORM: &Form =
    &Form { sending: "Sending", problem: "There is a problem", title_prefix: "Error: ", message_prefix: "Error: " };

/// Show and hide.
pub const PASSWORD_INPUT: &PasswordInput = &PasswordInput {
    show: "Show",
    hide: "Hide",
    show_password: "Show password",
    hide_password: "Hide password",
    is_visible: "Your password is visible",
    is_hidden: "Your password is hidden",
};

/// The strength meter.
pub const METER: &Meter = &Meter { spoken: |word| format!("Password strength: {word}.") };

/// Browser and system.
pub const DEVICE: &Device =
    &Device { browser_on_system: |browser, system| format!("{browser} on {system}"), unknown: "an unknown browser" };

/// The mails.
pub const MAIL: &Mail = &Mail {
    reset_password: include_str!("mail/reset_password.txt"),
    password_changed: include_str!("mail/password_changed.txt"),
    verify_email: include_str!("mail/verify_email.txt"),
    change_email: include_str!("mail/change_email.txt"),
    email_change_requested: include_str!("mail/email_change_requested.txt"),
    email_changed: include_str!("mail/email_changed.txt"),
    username_changed: include_str!("mail/username_changed.txt"),
    deletion_requested: include_str!("mail/deletion_requested.txt"),
    account_deleted: include_str!("mail/account_deleted.txt"),
    signed_in: include_str!("mail/signed_in.txt"),
    token_created: include_str!("mail/token_created.txt"),
    token_reused: include_str!("mail/token_reused.txt"),
    sign_up_tried: include_str!("mail/sign_up_tried.txt"),
    invitation: include_str!("mail/invitation.txt"),
    reset_by_administrator: include_str!("mail/reset_by_administrator.txt"),
};
