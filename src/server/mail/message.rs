//! The mails we send: templates from `words`, filled in; `letter` says how those are written. Must not send.

use url::Url;

use crate::{
    domain::{accent::Accent, email::Email, moment::Moment},
    server::{
        device,
        error::ServerError,
        request_info::RequestInfo,
        state::AppState,
        storage::{Tx, outbox},
    },
    words,
};

use super::letter::Letter;

/// Where and when something happened, as mails tell it.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// When.
    pub at: Moment,
    /// As the browser named itself.
    pub user_agent: &'a str,
    /// The client's address.
    pub address: &'a str,
}

impl<'a> Circumstances<'a> {
    /// Those of a request.
    #[must_use]
    pub fn of(request: &'a RequestInfo, at: Moment) -> Self {
        Self { at, user_agent: &request.user_agent, address: &request.address }
    }
}

/// A mail of ours.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// A link to choose a new password.
    ResetPassword,
    /// Word that the password is another one now.
    PasswordChanged,
    /// A link to confirm the address of a new account.
    VerifyEmail,
    /// A link to confirm the address that is to replace another one.
    ChangeEmail,
    /// Word, to the present address, that another one is to replace it.
    EmailChangeRequested,
    /// Word, to the former address, that another one has replaced it.
    EmailChanged,
    /// Word that the user name is another one now.
    UsernameChanged,
    /// Word that the account is to be deleted.
    DeletionRequested,
    /// Word that the account is gone.
    AccountDeleted,
    /// Word of a sign-in with a browser that was not known.
    SignedIn,
    /// Word that a personal access token was made.
    TokenCreated,
    /// Word that a refresh token was used twice.
    TokenReused,
    /// Word that somebody tried to create an account with an address that has one.
    SignUpTried,
    /// A link to choose the first password of an account that an administrator made.
    Invitation,
    /// A link to choose a new password, as an administrator asked.
    ResetByAdministrator,
}

impl Message {
    fn template(self) -> &'static str {
        match self {
            Self::ResetPassword => words::mail().reset_password,
            Self::PasswordChanged => words::mail().password_changed,
            Self::VerifyEmail => words::mail().verify_email,
            Self::ChangeEmail => words::mail().change_email,
            Self::EmailChangeRequested => words::mail().email_change_requested,
            Self::EmailChanged => words::mail().email_changed,
            Self::UsernameChanged => words::mail().username_changed,
            Self::DeletionRequested => words::mail().deletion_requested,
            Self::AccountDeleted => words::mail().account_deleted,
            Self::SignedIn => words::mail().signed_in,
            Self::TokenCreated => words::mail().token_created,
            Self::TokenReused => words::mail().token_reused,
            Self::SignUpTried => words::mail().sign_up_tried,
            Self::Invitation => words::mail().invitation,
            Self::ResetByAdministrator => words::mail().reset_by_administrator,
        }
    }

    fn write(self, site: &str, accent: Accent, link: &Url, circumstances: Circumstances<'_>) -> Letter {
        let time = circumstances.at.for_people();
        let device = device::in_words(circumstances.user_agent);
        let accent = accent.to_string();
        let values = [
            ("site", site),
            ("accent", &accent),
            ("link", link.as_str()),
            ("time", &time),
            ("device", &device),
            ("address", circumstances.address),
        ];
        Letter::write(self.template(), &values)
    }

    /// Puts the mail into the outbox, in the transaction of what causes it.
    ///
    /// # Errors
    /// When the database is away or there is no randomness; then the transaction must not be committed.
    pub async fn enqueue(
        self,
        state: &AppState,
        tx: &mut Tx,
        recipient: &Email,
        link: &Url,
        circumstances: Circumstances<'_>,
    ) -> Result<(), ServerError> {
        let Letter { subject, text, html } =
            self.write(&state.config.site_name, state.config.accent(), link, circumstances);
        outbox::add(tx, &state.new_id()?, recipient, &subject, &text, &html, state.now()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that tell of something that somebody else may have done.
    const TOLD: [Message; 8] = [
        Message::DeletionRequested,
        Message::PasswordChanged,
        Message::EmailChangeRequested,
        Message::EmailChanged,
        Message::UsernameChanged,
        Message::SignedIn,
        Message::TokenCreated,
        Message::TokenReused,
    ];

    fn all() -> impl Iterator<Item = Letter> {
        let others = [
            Message::ResetPassword,
            Message::VerifyEmail,
            Message::ChangeEmail,
            Message::SignUpTried,
            Message::AccountDeleted,
            Message::Invitation,
            Message::ResetByAdministrator,
        ];
        others.into_iter().chain(TOLD).map(write)
    }

    fn write(message: Message) -> Letter {
        let link = Url::parse("https://accounts.example.com/reset-password?token=abc").expect("a URL");
        let circumstances = Circumstances { at: Moment(1_795_203_960), user_agent: "", address: "192.0.2.7" };
        message.write("Example", Accent::DEFAULT, &link, circumstances)
    }

    #[test]
    fn every_mail_is_filled_in_and_holds_one_link() {
        for Letter { subject, text, html } in all() {
            assert!(subject.contains("Example") && !subject.contains('{'), "{subject}");
            // An administrator's browser and address are nobody else's business.
            let is_by_administrator = text.contains("dministrator");
            let facts = ["20 November 2026 at 19:46 UTC", "an unknown browser", "192.0.2.7"];
            for fact in &facts[..if is_by_administrator { 1 } else { 3 }] {
                assert!(text.contains(fact) && html.contains(fact), "{fact} in {text} and {html}");
            }
            assert!(
                !text.contains('{') && !html.split_once("<body>").expect("a body").1.contains('{'),
                "{text} {html}"
            );
            assert_eq!(text.lines().filter(|line| line.starts_with("http")).count(), 1, "{text}");
            assert_eq!(text.matches("://").count(), 1, "{text}");
            assert_eq!((html.matches("<a ").count(), html.matches("href=").count()), (1, 1), "{html}");
            assert_eq!(html.matches("://").count(), 2, "in the link, and spelled out: {html}");
        }
    }

    #[test]
    fn every_mail_fetches_nothing_and_follows_the_colour_scheme() {
        for Letter { html, .. } in all() {
            for fetched in ["src=", "url(", "@import", "<img", "<link", "<script"] {
                assert!(!html.contains(fetched), "{fetched} in {html}");
            }
            assert!(html.contains("prefers-color-scheme: dark") && html.contains("lang=\"en\""), "{html}");
        }
    }

    #[test]
    fn links_that_expire_say_when() {
        assert!(write(Message::ResetPassword).text.contains("within 30 minutes"));
        assert!(write(Message::VerifyEmail).text.contains("within 24 hours"));
        assert!(write(Message::Invitation).text.contains("within 7 days"));
        assert!(write(Message::ResetByAdministrator).text.contains("within 30 minutes"));
        assert!(write(Message::ChangeEmail).text.contains("within 24 hours"));
    }

    /// ASVS 6.3.5, 6.3.7.
    #[test]
    fn mails_that_tell_of_something_say_what_to_do_about_it() {
        for Letter { text, html, .. } in TOLD.map(write) {
            assert!(text.contains("This was not me:\n") && text.contains("within 7 days"), "{text}");
            assert!(html.contains(">This was not me</a>"), "{html}");
        }
    }
}
