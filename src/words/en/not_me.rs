//! English for the page behind "This was not me".

use crate::words::{around::Around, not_me::NotMe};

/// `/not-me`
pub const NOT_ME: &NotMe = &NotMe {
    title: "This was not me",
    lead: "If you did not do what our mail tells of, take your account back now:",
    steps: &[
        "Every session ends, here and elsewhere.",
        "The password stops working, and so do links in other mails.",
        "A change of your e-mail address that is under way is called off.",
    ],
    gives_back: Around::new("Your account gets the address {} back."),
    submit: "Lock everybody out",
    all_is_well: "You then choose a new password. If it was you after all, close this page: nothing changes.",
    dead_title: "Link does not work",
    dead_heading: "This link does not work",
    dead_lead: "It was used, is older than 7 days, or you have chosen a new password since.",
    dead_advice: "If somebody else may still be in your account, choose a new password. This ends every session.",
    reset: "Choose a new password",
    back_to_sign_in: "Back to sign in",
};
