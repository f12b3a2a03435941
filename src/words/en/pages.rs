//! English for pages.

use crate::words::{
    around::Around,
    pages::{
        ChangeEmail, ChangePassword, ConfirmPassword, Dashboard, DevMail, ErrorPage, Fact, ForgotPassword, Home,
        NewAccount, ResetPassword, SetUp, SignIn, SignUp, VerifyEmail,
    },
};

/// `/`
pub const HOME: &Home = &Home {
    title: "Welcome",
    heading: "One key to your account",
    lead: |site| {
        format!(
            "{site} keeps your sign-in safe and out of the way: one password, sessions you can end, and a way back in when you forget."
        )
    },
    create_account: "Create account",
    sign_in: "Sign in",
    facts: &[
        Fact {
            heading: "Works everywhere",
            sentence: "On a phone, with a keyboard, with a password manager, and with scripting switched off.",
        },
        Fact {
            heading: "Ends when you say so",
            sentence: "Sign out once and the session is over, wherever its cookie was copied to.",
        },
        Fact {
            heading: "Honest about strength",
            sentence: "Tells you why a password is weak while you type. It is judged in your browser and decided on the server.",
        },
    ],
};

/// `/sign-in`
pub const SIGN_IN: &SignIn = &SignIn {
    title: "Sign in",
    description: |site| format!("Sign in to {site} with your e-mail address or user name and your password."),
    heading: "Sign in",
    identifier: "E-mail address or user name",
    password: "Password",
    remember: "Keep me signed in on this device",
    submit: "Sign in",
    forgot_password: "Forgot your password?",
    just_signed_up: Around::new("Just signed up? {}"),
    open_the_link: "Open the link in our mail first",
    new_here: Around::new("New here? {}"),
    create_account: "Create account",
};

/// `/sign-up`
pub const SIGN_UP: &SignUp = &SignUp {
    title: "Create account",
    description: |site| format!("Create an account at {site} with an e-mail address and a password."),
    heading: "Create your account",
    submit: "Create account",
    have_an_account: Around::new("Have an account? {}"),
    sign_in: "Sign in",
};

/// The fields in which an account and its password are chosen.
pub const NEW_ACCOUNT: &NewAccount = &NewAccount {
    either: "Enter a user name, an e-mail address, or both. Without an e-mail address nobody can send you a link when you forget the password.",
    username: "User name",
    username_hint: "3 to 32 letters, digits, dots, dashes or underscores.",
    email: "E-mail address",
    password: "Password",
    password_hint: |minimum| {
        format!(
            "At least {minimum} characters. A few words that do not belong together are strong and easy to remember. Anything goes: spaces, accents, emoji."
        )
    },
};

/// `/forgot-password`
pub const FORGOT_PASSWORD: &ForgotPassword = &ForgotPassword {
    title: "Forgot password",
    heading: "Forgot your password?",
    lead: "Enter the e-mail address of your account. We will mail you a link to choose a new password.",
    email: "E-mail address",
    submit: "Mail me a link",
    remembered: Around::new("Remembered it? {}"),
    sign_in: "Sign in",
    sent: "Check your mail",
    looked_for: Around::new("We looked for an account with {}."),
    nothing_yet: "Nothing after a few minutes? Look into the spam folder, or check the address and ask again.",
    another_address: "Use another address",
    back_to_sign_in: "Back to sign in",
};

/// `/reset-password`
pub const RESET_PASSWORD: &ResetPassword = &ResetPassword {
    title: "Choose a new password",
    lead: Around::new("For {}. Every session ends, here and elsewhere; then you sign in with the new password."),
    first_title: "Choose your password",
    first_lead: Around::new("For {}. Then you sign in with it."),
    new_password: "New password",
    submit: "Save new password",
    dead_title: "Link does not work",
    dead_heading: "This link does not work",
    dead_lead: "It was used, replaced by a newer one, or is older than 30 minutes.",
    ask_again: "Ask for a new link",
    back_to_sign_in: "Back to sign in",
};

/// `/verify-email`
pub const VERIFY_EMAIL: &VerifyEmail = &VerifyEmail {
    title: "Confirm your address",
    confirm: Around::new("You can be reached at {}. Press the button to confirm it."),
    confirm_with_password: Around::new(
        "To confirm {}, enter the password that you chose for this account. This signs you in, too.",
    ),
    password: "Password",
    submit: "Confirm address",
    change: Around::new("Press the button to use {} for your account from now on."),
    change_with_password: Around::new(
        "To use {} for your account from now on, enter the password of the account. This signs you in, too.",
    ),
    change_submit: "Use this address",
    change_not_you: "You did not ask for this? Close this page: nothing changes.",
    not_you: Around::new("You did not create this account? {}. It becomes yours, and nobody else stays in it."),
    take_over: "Choose a new password",
    check_mail: "Check your mail",
    sent_to: Around::new("The link goes to {}."),
    open_it: "Open the link in it to confirm the address, on any device. Nothing after a few minutes? Look into the spam folder.",
    have_an_account: Around::new("Have an account already? {}"),
    sign_in: "Sign in",
    ask: "Enter the address of your account, and we mail you a link that confirms it.",
    limit: "Another mail can be asked for a minute after the last one; the wait grows each time.",
    send: "Mail me a link",
    send_again: "Send the mail again",
    another_address: "Use another address",
    done: "Your e-mail address is confirmed",
    done_lead: Around::new("{} is yours. There is nothing left to do here."),
    dead_title: "Link does not work",
    dead_heading: "This link does not work",
    dead_lead: "It was used, replaced by a newer one, or is older than 24 hours. If the address is not confirmed yet, ask for another link.",
    dead_change_lead: "It was used or replaced by a newer one, is older than 24 hours, or the address cannot be used any more. Nothing has changed by opening it.",
    dead_change_way: "See which address you use",
    email: "E-mail address",
    dashboard: "Go to the dashboard",
    back_to_sign_in: "Back to sign in",
};

/// `/account/email`
pub const CHANGE_EMAIL: &ChangeEmail = &ChangeEmail {
    title: "Use another address",
    heading: "Use another address",
    lead: Around::new("{} is not confirmed. Enter the address that is right; we mail a link to it."),
    confirmed: Around::new(
        "You use {} now. We mail a link to the new address; once you have opened it, the new address replaces this one.",
    ),
    nothing_yet: "You have no e-mail address here yet. We mail a link to the address that you enter; once you have opened it, the address is yours.",
    email: "New e-mail address",
    submit: "Change address",
    pending: "Confirm your new address",
    waiting: Around::new("{} waits to be confirmed."),
    until_then: Around::new("Until then you use {}."),
    open_it: "Open the link in our mail to it, on any device. Nothing after a few minutes? Look into the spam folder.",
    limit: "Another mail can be asked for a minute after the last one; the wait grows each time.",
    send_again: "Send the mail again",
    cancel: "Keep the present address",
    cancel_only: "Give it up",
    another: "Or use yet another address",
};

/// `/dashboard`
pub const DASHBOARD: &Dashboard = &Dashboard {
    title: "Dashboard",
    hello: Around::new("Hello, {}"),
    administrator: "Administrator",
    you: "You",
    username: "User name",
    email: "E-mail address",
    unconfirmed: "not confirmed",
    confirm: Around::new("Your e-mail address is not confirmed yet. {}"),
    confirm_it: "Confirm it now",
    change_email: "Change address",
    member_since: "Member since",
    password: "Password",
    change_password: "Change password",
    your_account: "Your account",
    this_session: "This session",
    signed_in: "Signed in",
    browser: "Browser",
    address: "Address",
    ends_at_the_latest: "Ends at the latest",
    your_sessions: "All your sessions",
    last_sign_in: "Last sign-in before this one",
    when: "When",
    not_you: Around::new("Not you? {} and sign out your other devices."),
    change_your_password: "Change your password",
    first_time: "This is your first time here. Welcome.",
    your_activity: "All your activity",
};

/// `/account/password`
pub const CHANGE_PASSWORD: &ChangePassword = &ChangePassword {
    title: "Change password",
    heading: "Change your password",
    current_password: "Current password",
    new_password: "New password",
    sign_out_others: "Sign out my other devices",
    submit: "Change password",
    back: "Back to the dashboard",
};

/// `/account/confirm`
pub const CONFIRM_PASSWORD: &ConfirmPassword = &ConfirmPassword {
    title: "Confirm your password",
    heading: "Confirm your password",
    lead: "What you are about to do needs your password again. It is then not asked for again for a while.",
    password: "Password",
    submit: "Confirm",
    back: "Back to the dashboard",
};

/// `/setup`
pub const SET_UP: &SetUp = &SetUp {
    title: "Set up",
    heading: "Create the first administrator",
    lead: "This link works once. Whoever uses it may do everything here, so choose a password you use nowhere else.",
    submit: "Create administrator",
    dead_title: "Link does not work",
    dead_heading: "This link does not work",
    dead_lead: "There is an administrator already, or the server was started again and printed a newer link. Look at its output.",
    sign_in: "Sign in",
};

/// `/dev/mail`
pub const DEV_MAIL: &DevMail = &DevMail {
    title: "Mail",
    lead: "No mail server is set, so mail is kept here, newest first.",
    nothing_yet: "Nothing yet. Ask for a reset link, then reload this page.",
    kept: Around::new("No mail server is set on this machine: mail is kept and can be read at {}."),
    as_html: |subject| format!("{subject}, as HTML"),
    recipient: Around::new("To {}, "),
};

/// Errors as pages.
pub const ERROR_PAGE: &ErrorPage = &ErrorPage {
    bad_request: "We could not read this request",
    unauthorized: "This needs a sign-in",
    forbidden: "This request was not carried out",
    not_found: "There is no such page",
    not_found_sentence: "Check the address, or start again from the front page.",
    method_not_allowed: "This address does not work that way",
    method_not_allowed_sentence: "Open the page from the front page instead.",
    not_found_for_programs: "There is nothing here, or nothing that you may see.",
    method_not_allowed_for_programs: "Use one of the methods that the header Allow names.",
    too_large: "This request is too large",
    too_many: "Too many tries",
    busy: "Many people are here right now",
    unavailable: "Back in a moment",
    unexpected: "Something went wrong",
    unanswerable: "This request cannot be answered",
    front_page: "Go to the front page",
    ask_for_help: Around::new("If you ask for help, give this number: {}"),
    try_again: "Try again",
};
