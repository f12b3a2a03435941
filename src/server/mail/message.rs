//! The mails we send, as text from the files in `templates/`: the first line is the subject, the rest the body. Must not send.

use url::Url;

use crate::{
    domain::{email::Email, moment::Moment},
    server::{
        device,
        error::ServerError,
        state::AppState,
        storage::{Tx, outbox},
    },
};

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

/// A mail of ours.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// A link to choose a new password.
    ResetPassword,
    /// Word that the password is another one now.
    PasswordChanged,
}

impl Message {
    fn template(self) -> &'static str {
        match self {
            Self::ResetPassword => include_str!("templates/reset_password.txt"),
            Self::PasswordChanged => include_str!("templates/password_changed.txt"),
        }
    }

    /// Subject and body, filled in.
    fn render(self, site: &str, link: &Url, circumstances: Circumstances<'_>) -> (String, String) {
        let time = circumstances.at.for_people();
        let device = device::in_words(circumstances.user_agent);
        let values = [
            ("{site}", site),
            ("{link}", link.as_str()),
            ("{time}", &time),
            ("{device}", &device),
            ("{address}", circumstances.address),
        ];
        let fill = |text: &str| values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        let (subject, body) = self.template().split_once('\n').unwrap_or_default();
        (fill(subject), fill(body))
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
        let (subject, body) = self.render(&state.config.site_name, link, circumstances);
        outbox::add(tx, &state.new_id()?, recipient, &subject, &body, state.now()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_is_filled_in_and_holds_one_link() {
        let link = Url::parse("https://accounts.example.com/reset-password?token=abc").expect("a URL");
        let circumstances = Circumstances { at: Moment(1_795_203_960), user_agent: "", address: "192.0.2.7" };
        for message in [Message::ResetPassword, Message::PasswordChanged] {
            let (subject, body) = message.render("Example", &link, circumstances);
            assert!(subject.contains("Example") && !subject.contains('{'), "{subject}");
            assert!(!body.contains('{') && body.contains("20 November 2026") && body.contains("192.0.2.7"), "{body}");
            assert_eq!(body.matches("https://").count(), 1);
        }
    }
}
