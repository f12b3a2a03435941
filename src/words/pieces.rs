//! The shapes of texts that belong to no single page: frame, colours, form, password field, meter, device, mails. Must not
//! hold a text.

/// What every page stands in.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The title of a document, from its page and the site's name.
    pub title: fn(page: &str, site: &str) -> String,
    /// What the first link of a page does.
    pub skip_to_main: &'static str,
    /// What the navigation is about.
    pub navigation: &'static str,
    /// The link to the sign-in page.
    pub sign_in: &'static str,
    /// The link to the sign-up page.
    pub create_account: &'static str,
    /// The link for somebody who may be signed in.
    pub account: &'static str,
    /// The button that ends the session.
    pub sign_out: &'static str,
}

/// Phrases of sentences that lead to the page that does what they say. A sentence need not hold them.
#[derive(Clone, Copy, Debug)]
pub struct Ways {
    /// To the sign-in page.
    pub sign_in: &'static str,
    /// To the page that mails a link.
    pub reset_password: &'static str,
}

/// A choice of colours.
#[derive(Clone, Copy, Debug)]
pub struct ThemeSwitch {
    /// What is chosen.
    pub label: &'static str,
}

/// What every form says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// What a screen reader hears while it is sent.
    pub sending: &'static str,
    /// The heading above what is wrong.
    pub problem: &'static str,
    /// What stands before the title of a page on which something is wrong, with its space.
    pub title_prefix: &'static str,
    /// What a screen reader hears before a message, with its space.
    pub message_prefix: &'static str,
}

/// Show and hide.
#[derive(Clone, Copy, Debug)]
pub struct PasswordInput {
    /// The button, while hidden.
    pub show: &'static str,
    /// The button, while shown.
    pub hide: &'static str,
    /// What a screen reader calls the button while hidden; begins with what it shows (WCAG 2.5.3).
    pub show_password: &'static str,
    /// What a screen reader calls the button while shown; begins with what it shows.
    pub hide_password: &'static str,
    /// Announced when it is shown.
    pub is_visible: &'static str,
    /// Announced when it is hidden.
    pub is_hidden: &'static str,
}

/// The strength meter.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// The verdict as a screen reader hears it, from its word; the reason follows.
    pub spoken: fn(word: &str) -> String,
}

/// Browser and system.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Where both are known.
    pub browser_on_system: fn(browser: &str, system: &str) -> String,
    /// Where nothing can be told.
    pub unknown: &'static str,
}

/// The mails, as `server::mail::letter` reads them. `{site}`, `{link}`, `{time}`, `{device}` and `{address}` are filled in.
#[derive(Clone, Copy, Debug)]
pub struct Mail {
    /// A link to choose a new password.
    pub reset_password: &'static str,
    /// Word that the password is another one now.
    pub password_changed: &'static str,
    /// A link to confirm the address of a new account.
    pub verify_email: &'static str,
    /// A link to confirm the address that is to replace another one.
    pub change_email: &'static str,
    /// Word, to the present address, that another one is to replace it.
    pub email_change_requested: &'static str,
    /// Word, to the former address, that another one has replaced it.
    pub email_changed: &'static str,
    /// Word that the user name is another one now.
    pub username_changed: &'static str,
    /// Word that the account is to be deleted.
    pub deletion_requested: &'static str,
    /// Word that the account is gone.
    pub account_deleted: &'static str,
    /// Word of a sign-in with a browser that was not known.
    pub signed_in: &'static str,
    /// Word that a personal access token was made.
    pub token_created: &'static str,
    /// Word that a refresh token was used twice.
    pub token_reused: &'static str,
    /// Word that somebody tried to create an account with an address that has one.
    pub sign_up_tried: &'static str,
    /// A link to choose the first password of an account that an administrator made.
    pub invitation: &'static str,
    /// A link to choose a new password, as an administrator asked.
    pub reset_by_administrator: &'static str,
}
