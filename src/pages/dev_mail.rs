//! `/dev/mail`: mail that a developer reads while no mail server is set. Must not exist in production.

use leptos::prelude::*;

use crate::{
    components::{layout::Layout, time::Time},
    domain::{moment::Moment, site::Site},
};

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
pub fn document(site: &Site, mails: &[Mail]) -> String {
    let (name, mails) = (site.name.clone(), mails.to_vec());
    super::whole_document(site, &format!("Mail – {}", site.name), move || {
        let is_empty = mails.is_empty();
        view! {
            <Layout site_name=name navigation=().into_any()>
                <h1>"Mail"</h1>
                <p class="lead">"No mail server is set, so mail is kept here, newest first."</p>
                {is_empty.then(|| view! { <p>"Nothing yet. Ask for a reset link, then reload this page."</p> })}
                {mails.into_iter().map(|mail| view! { <MailCard mail /> }).collect_view()}
            </Layout>
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
    let title = format!("{} as HTML", mail.subject);
    // Sandboxed: it is shown, and can do nothing.
    let html =
        mail.html_at.map(|src| view! { <iframe sandbox="" title=title src=src></iframe> }.attr("loading", "lazy"));
    view! {
        <article class="card mail">
            <h2>{mail.subject}</h2>
            <p class="hint">"To " <span dir="ltr" class="wrap">{mail.recipient}</span> ", " <Time at=mail.at /></p>
            <pre>{body.collect_view()}</pre>
            {html}
        </article>
    }
}
