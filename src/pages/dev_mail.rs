//! `/dev/mail`: mail that a developer reads while no mail server is set. Must not exist in production.

use leptos::prelude::*;

use crate::{
    components::{sentence::Sentence, time::Time},
    domain::{moment::Moment, site::Site, visit::Visit},
    words,
};

use super::frame::{Surroundings, Visitor};

/// A mail in the outbox.
#[derive(Clone, Debug)]
pub struct Mail {
    /// When it was written.
    pub at: Moment,
    /// To whom.
    pub recipient: String,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub body: String,
    /// Where its HTML part is, if it has one.
    pub html_at: Option<String>,
}

/// A whole document with the given mails.
#[must_use]
pub fn document(site: &Site, visit: &Visit, mails: &[Mail]) -> String {
    let text = words::dev_mail();
    let mails = mails.to_vec();
    super::whole_document(text.title, site, visit, move || {
        let is_empty = mails.is_empty();
        view! {
            <Surroundings visitor=Visitor::Unknown>
                <h1>{text.title}</h1>
                <p class="lead">{text.lead}</p>
                {is_empty.then(|| view! { <p>{text.nothing_yet}</p> })}
                {mails.into_iter().map(|mail| view! { <MailCard mail /> }).collect_view()}
            </Surroundings>
        }
        .into_any()
    })
}

#[component]
fn MailCard(mail: Mail) -> impl IntoView {
    let body = mail.body.lines().map(|line| {
        let is_link = line.starts_with("http://") || line.starts_with("https://");
        let text = line.to_owned();
        if is_link {
            view! { <a href=text.clone()>{text.clone()}</a> "\n" }.into_any()
        } else {
            view! { {text} "\n" }.into_any()
        }
    });
    let title = (words::dev_mail().as_html)(&mail.subject);
    // Sandboxed: it is shown, and can do nothing but open its link.
    let html = mail.html_at.map(|src| {
        view! { <iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title=title src=src></iframe> }
            .attr("loading", "lazy")
    });
    view! {
        <article class="card mail">
            <h2>{mail.subject}</h2>
            <p class="hint">
                <Sentence text=words::dev_mail().recipient>
                    <span dir="ltr" class="wrap">{mail.recipient}</span>
                </Sentence>
                <Time at=mail.at />
            </p>
            <pre>{body.collect_view()}</pre>
            {html}
        </article>
    }
}
