//! Delivery of one mail by SMTP. Must not retry: the outbox does.

use std::time::Duration;

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, header::ContentType},
};

use crate::server::{config::Config, storage::outbox::OutboxRow};

/// How long the mail server may take over one mail.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why a mail could not be handed over.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// `smtp_url` cannot be used.
    #[error("smtp_url: {0}")]
    Url(lettre::transport::smtp::Error),
    /// The mail server refused, or was not there.
    #[error("mail server: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The mail server took the connection and then said nothing.
    #[error("mail server: no answer in time")]
    Silent,
    /// The mail could not be written.
    #[error("mail: {0}")]
    Mail(#[from] lettre::error::Error),
    /// An address the mail library does not take.
    #[error("address: {0}")]
    Address(#[from] lettre::address::AddressError),
}

impl TransportError {
    /// Whether another attempt would end the same way.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        // What the mail server refuses may be its own settings, or ours: an operator mends them, and the mail goes out.
        matches!(self, Self::Mail(_) | Self::Address(_))
    }
}

/// The way to the mail server.
#[derive(Clone, Debug)]
pub struct Transport {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
    domain: String,
}

impl Transport {
    /// The way that the settings name; `None` where they name none.
    ///
    /// # Errors
    /// When `smtp_url` or `mail_from` cannot be used.
    pub fn from_config(config: &Config) -> Result<Option<Self>, TransportError> {
        let Some(url) = &config.smtp_url else { return Ok(None) };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose()).map_err(TransportError::Url)?;
        let address: Address = config.mail_from.parse()?;
        let domain = address.domain().to_owned();
        let sender = Mailbox::new(Some(config.site_name.clone()), address);
        Ok(Some(Self { smtp: builder.timeout(Some(TIMEOUT)).build(), sender, domain }))
    }

    /// Connects, as a mail would, and hands nothing over.
    ///
    /// # Errors
    /// When the mail server refuses or is not there.
    pub async fn reach(&self) -> Result<(), TransportError> {
        let answered = tokio::time::timeout(TIMEOUT, self.smtp.test_connection()).await;
        if answered.map_err(|_| TransportError::Silent)?? { Ok(()) } else { Err(TransportError::Silent) }
    }

    /// Hands one mail over. The `Message-ID` is the row's, so that a mail sent twice is seen to be one.
    ///
    /// # Errors
    /// When the mail server refuses or is not there.
    pub async fn send(&self, row: &OutboxRow) -> Result<(), TransportError> {
        let builder = Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, row.recipient.parse()?))
            .subject(&row.subject)
            .message_id(Some(format!("<{}@{}>", row.id, self.domain)));
        let message = if row.html.is_empty() {
            builder.header(ContentType::TEXT_PLAIN).body(row.body.clone())?
        } else {
            builder.multipart(MultiPart::alternative_plain_html(row.body.clone(), row.html.clone()))?
        };
        // The library's own limit covers the connection alone.
        tokio::time::timeout(TIMEOUT, self.smtp.send(message)).await.map_err(|_| TransportError::Silent)??;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::email::Email;

    proptest! {
        /// What `domain` accepts, the mail library takes.
        #[test]
        fn every_accepted_address_can_be_written_to(
            local in "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9]{1,5}){0,2}",
            domain in "([a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?\\.){1,3}[a-z]{2,6}",
        ) {
            if let Ok(email) = Email::parse(&format!("{local}@{domain}")) {
                prop_assert!(email.as_str().parse::<Address>().is_ok(), "{}", email);
            }
        }
    }
}
