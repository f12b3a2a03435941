//! English for the closed lists of the domain: errors, notices, strengths, themes. Says what to do, not what people did wrong.

use crate::domain::{
    console::ActResult,
    error::AuthError,
    event::EventKind,
    field::{Field, FieldError, Problem},
    flash::Notice,
    password,
    strength::{Reason, Strength},
    theme::Theme,
    username,
};

/// An error where the fault lies with no single field.
pub fn error(error: &AuthError) -> String {
    match error {
        AuthError::Fields { .. } => "Check the answers marked below.".into(),
        AuthError::InvalidCredentials => {
            "That e-mail or user name and password do not match. Check both, or reset your password.".into()
        }
        AuthError::AccountNotCreated => {
            "We could not create the account. If you already have one, sign in or reset your password.".into()
        }
        AuthError::LinkDead => "This link no longer works: it was used, replaced by a newer one, or is too old.".into(),
        AuthError::NotSignedIn => "Your session has ended. Sign in again to go on.".into(),
        AuthError::ConfirmPassword => "Confirm your password to go on.".into(),
        AuthError::NotFound => super::pages::ERROR_PAGE.not_found_sentence.into(),
        AuthError::LastAdministrator => {
            "This is the last administrator. Make somebody else an administrator first.".into()
        }
        AuthError::CrossSite => {
            "This request came from another site, so it was not carried out. Open the page here and try again.".into()
        }
        AuthError::Malformed => "We could not read this request. Go back, reload the page and try again.".into(),
        AuthError::MalformedJson => "Send a JSON object with the members that this operation takes.".into(),
        AuthError::MalformedQuery => "Check the parameters of the address: their names and values.".into(),
        AuthError::ActRefused { result: ActResult::OwnAccount } => "This cannot be done to your own account.".into(),
        AuthError::ActRefused { result: ActResult::NoAddress } => "This account has no address to mail to.".into(),
        AuthError::ActRefused { result: ActResult::IsDisabled } => "A disabled account is mailed no link.".into(),
        AuthError::ActRefused { .. } => "This could not be done.".into(),
        AuthError::NotJson => "Send this as JSON, with the content type application/json.".into(),
        AuthError::TokenMissing => "Send an access token: Authorization: Bearer, a space and the token.".into(),
        AuthError::TokenInvalid => "This token is not valid. Sign in again for a new one.".into(),
        AuthError::TokenExpired => "This token has expired. Refresh it, or sign in again.".into(),
        AuthError::TokenRevoked => "This token was revoked. Sign in again for a new one.".into(),
        AuthError::ScopeMissing { scope } => format!("This needs a token with the scope {}.", scope.as_str()),
        AuthError::TooManyTokens => "There is no room for another token. Revoke one that you no longer use.".into(),
        AuthError::UnsupportedForm => "Send this as a form: application/x-www-form-urlencoded.".into(),
        AuthError::TooLarge => {
            "This request is larger than any form of this site. Shorten what you entered and try again.".into()
        }
        AuthError::TooManyTries { retry_after } => {
            format!("Too many tries. Wait {}, then try again, or reset your password.", wait(*retry_after))
        }
        AuthError::TooManyRequests { retry_after } => {
            format!("Too many requests in a short time. Wait {}, then try again.", wait(*retry_after))
        }
        AuthError::Busy { retry_after } => {
            format!("Many people are signing in right now. Wait {retry_after} seconds, then try again.")
        }
        AuthError::Unavailable => "We cannot reach our records right now. Wait a few seconds, then try again.".into(),
        AuthError::Unexpected => "Something went wrong on our side. Try again in a moment.".into(),
    }
}

/// Seconds as people count them, never less than they are.
fn wait(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".into(),
        2..=90 => format!("{seconds} seconds"),
        91..=5_400 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3_600)),
    }
}

/// An error at one field.
pub fn field_error(error: FieldError) -> String {
    match (error.problem, error.field) {
        (Problem::Missing, Field::Email) => "Enter your e-mail address".into(),
        (Problem::Missing, Field::Username) => "Enter a user name".into(),
        (Problem::Missing, Field::Identifier) => "Enter your e-mail address or user name".into(),
        (Problem::Missing, Field::Password) => "Enter your password".into(),
        (Problem::Missing, Field::NewPassword) => "Enter a password".into(),
        (Problem::EmailShape, _) => "Enter an e-mail address like name@example.com".into(),
        (Problem::EmailUnavailable, _) => {
            "Enter another address. If this one is yours and has an account, sign in with it instead".into()
        }
        (Problem::EmailSame, _) => "Enter an address that differs from the present one".into(),
        (Problem::UsernameShape, _) => format!(
            "Use {} to {} letters, digits, dots, dashes or underscores, with a letter or digit first and last",
            username::MIN_CHARACTERS,
            username::MAX_CHARACTERS
        ),
        (Problem::UsernameTaken, _) => "Choose another user name: somebody has this one".into(),
        (Problem::UsernameSame, _) => "Enter a user name that differs from the one you have".into(),
        (Problem::IdentifierWrong, _) => "Enter the e-mail address or user name of this account".into(),
        (Problem::IdentifierShape, _) => "Enter an e-mail address like name@example.com, or a user name".into(),
        (Problem::PasswordTooShort { minimum }, _) => format!("Use at least {minimum} characters"),
        (Problem::PasswordTooLong, _) => format!("Use at most {} characters", password::MAX_CODE_POINTS),
        (Problem::PasswordNul, _) => "Leave out the invisible NUL character".into(),
        (Problem::PasswordWeak(reason), _) => {
            format!("Choose a password that is harder to guess: {}", clause(reason))
        }
        (Problem::PasswordWrong, _) => "Enter the password you sign in with now".into(),
        (Problem::Missing, Field::Role | Field::Roles) => "Enter the name of a role".into(),
        (Problem::Missing, Field::Confirmation) | (Problem::ConfirmationDiffers, _) => {
            "Type exactly what is shown above, to be sure that it is this account".into()
        }
        (Problem::Taken, Field::Username) => "Somebody has this user name. Look for them under People".into(),
        (Problem::Taken, _) => "Somebody has this e-mail address. Look for them under People".into(),
        (Problem::Missing, Field::Name) => "Enter a name by which you know the token".into(),
        (Problem::Missing, Field::Scopes) => "Choose at least one scope".into(),
        (Problem::NameShape, _) => "Use 1 to 100 characters in one line".into(),
        (Problem::ScopeUnknown, _) => "Use scopes that a personal access token can have".into(),
        (Problem::ScopeNotYours, _) => "Leave out the scopes that are for administrators".into(),
        (Problem::Missing, Field::ExpiresInDays) | (Problem::DaysOutOfRange, _) => "Use 1 to 366 days".into(),
        (Problem::RoleShape, _) => "Use 1 to 32 lower-case letters, digits, dashes or underscores for a role".into(),
        (Problem::PasswordSame, _) => "Choose a password that differs from the current one".into(),
    }
}

/// A notice.
pub fn notice(notice: Notice) -> String {
    let sentence = match notice {
        Notice::SignedOut => "You are signed out.",
        Notice::SessionExpired => "You were signed out because your session expired. Sign in again to go on.",
        Notice::SessionEnded => "This session was ended. Sign in again to go on.",
        Notice::SignInFirst => "Sign in to see that page.",
        Notice::PasswordReset => "Your password is changed and all sessions have ended. Sign in with the new password.",
        Notice::PasswordChanged => "Your password is changed.",
        Notice::PasswordChangedSignIn => "Your password is changed. Sign in with the new one to go on.",
        Notice::AccountCreated => "Your account is ready. Sign in to go on.",
        Notice::VerificationSent => {
            "If the address waits to be confirmed, a mail with a link is on its way. It works for 24 hours."
        }
        Notice::EmailVerified => "Your e-mail address is confirmed.",
        Notice::EmailChangeRequested => "A mail with a link is on its way to the new address. It works for 24 hours.",
        Notice::EmailChangeCancelled => "Your e-mail address stays as it is.",
        Notice::EmailChanged => "Your e-mail address is changed.",
        Notice::NotMe => "All sessions have ended, and the old password no longer works. Now choose a new one.",
        Notice::ResetRequested => {
            "If an account belongs to that address, a mail with a link is on its way. The link works for 30 minutes."
        }
        Notice::PersonCreated => "The account is made. Its owner chooses a password with “Forgot your password?”.",
        Notice::PersonInvited => "The account is made, and the invitation is on its way. It works for 7 days.",
        Notice::PersonDisabled => "The account is disabled and its sessions have ended.",
        Notice::PersonEnabled => "The account is enabled.",
        Notice::PersonSessionEnded => "The session has ended.",
        Notice::PersonSessionsEnded => "The sessions have ended.",
        Notice::PersonMailed => "A mail with a link to choose a password is on its way.",
        Notice::PersonDeleted => "The account is deleted.",
        Notice::RoleGiven => "The role is given. It is in force with the next request.",
        Notice::RoleTaken => "The role is taken away. That is in force with the next request.",
        Notice::RecordsDeleted => "The records are deleted.",
        Notice::NothingChanged => "Nothing was changed: it was so already.",
        Notice::SessionRevoked => "That session is ended.",
        Notice::OtherSessionsRevoked => "All your other sessions are ended.",
        Notice::UsernameChanged => "Your user name is changed.",
        Notice::DeletionRequested { until } => {
            return format!(
                "Your account will be deleted on {}, and all its sessions have ended. To keep it, sign in before then.",
                until.for_people()
            );
        }
        Notice::AccountDeleted => "Your account is deleted.",
        Notice::AccountToBeDeleted => {
            "This session was ended because the account is to be deleted. To keep the account, sign in."
        }
        Notice::DeletionCancelled => "Welcome back. Your account is kept and will not be deleted.",
    };
    sentence.into()
}

/// The word beside the bar.
pub fn strength_word(strength: Strength) -> &'static str {
    match strength.score {
        0 => "Very weak",
        1 => "Weak",
        2 => "Fair",
        3 => "Good",
        _ => "Strong",
    }
}

/// Why a password is weak, as a sentence under the meter.
pub fn reason(reason: Reason) -> String {
    let mut letters = clause(reason).chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// Why a password is weak, as a clause after a colon, with the way out.
fn clause(reason: Reason) -> &'static str {
    match reason {
        Reason::OwnWords => "it contains your own name or address, or the name of this site",
        Reason::CommonPassword => "it is one of the passwords people try first",
        Reason::Breached => "it is in a list of passwords that were stolen elsewhere, and those are tried early",
        Reason::SimilarToCommon => "it is close to a password people try first",
        Reason::SingleWord => "a single word is soon guessed; add two or three more",
        Reason::Name => "a name on its own is soon guessed; add two or three words",
        Reason::Keyboard => "rows of keys are tried early; use words that do not belong together",
        Reason::Repeat => "repeated characters add little; use words that do not belong together",
        Reason::Sequence => "sequences such as abc or 4321 add little; use words that do not belong together",
        Reason::Year => "years are tried early; leave them out or add words around them",
        Reason::Date => "dates are tried early; leave them out or add words around them",
        Reason::TooLittle => "add another word or two; uncommon ones are better",
    }
}

/// What happened.
pub fn event(kind: EventKind) -> &'static str {
    match kind {
        EventKind::SignedIn => "Signed in",
        EventKind::SignInFailed => "Sign-in failed",
        EventKind::LimitReached => "Too many tries",
        EventKind::SignedOut => "Signed out",
        EventKind::SessionEnded => "Session ended",
        EventKind::PasswordConfirmed => "Password confirmed",
        EventKind::AccountCreated => "Account created",
        EventKind::EmailVerified => "E-mail address confirmed",
        EventKind::EmailChangeRequested => "New e-mail address asked for",
        EventKind::EmailChangeCancelled => "New e-mail address given up",
        EventKind::EmailChanged => "E-mail address changed",
        EventKind::UsernameChanged => "User name changed",
        EventKind::PasswordChanged => "Password changed",
        EventKind::PasswordReset => "Password reset by link",
        EventKind::LinkSent => "Link sent",
        EventKind::NotMe => "Reported as somebody else",
        EventKind::TokenCreated => "Access token made",
        EventKind::TokenRevoked => "Access token revoked",
        EventKind::DataExported => "Data exported",
        EventKind::DeletionRequested => "Deletion asked for",
        EventKind::DeletionCancelled => "Deletion cancelled",
        EventKind::AccountDeleted => "Account deleted",
        EventKind::Invited => "Invited",
        EventKind::RoleGranted => "Role given",
        EventKind::RoleRevoked => "Role taken away",
        EventKind::AccountDisabled => "Account disabled",
        EventKind::AccountEnabled => "Account enabled",
        EventKind::AccessDenied => "Access denied",
        EventKind::RecordsDeleted => "Records deleted",
        EventKind::EventsPruned => "Old events removed",
        EventKind::PeopleImported => "People imported",
        EventKind::PeopleExported => "People exported",
        EventKind::AuditExported => "Audit log exported",
        EventKind::SettingsChanged => "Settings changed",
        EventKind::SigningKeyMade => "Signing key made",
        EventKind::SigningKeysRevoked => "Signing keys revoked",
        EventKind::BackupRestored => "Backup restored",
        EventKind::DatabaseMoved => "Database moved",
    }
}

/// A choice of colours.
pub fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "System",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    }
}
