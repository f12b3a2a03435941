//! `/account/email`: another address, and the one that waits to be confirmed. Reached with a session only.

use leptos::prelude::*;

use crate::{
    api,
    components::{
        form::Form,
        mark::{Mark, MarkSign},
        sentence::Sentence,
        text_field::TextField,
    },
    domain::{account::CurrentUser, email::Email, field::Field, form::Form as Rules, pending_email::PendingEmail},
    words,
    words::around::Around,
};

use super::{account_frame::AccountFrame, frame::flash, kept_mail::KeptMail};

/// The page.
#[component]
pub fn ChangeEmailPage() -> impl IntoView {
    let PendingEmail { wanted } = use_context().unwrap_or_default();
    use_context::<CurrentUser>().map(|user| match wanted {
        Some(wanted) => view! { <Waiting user wanted /> }.into_any(),
        None => view! { <Ask user /> }.into_any(),
    })
}

/// A sentence around an address, where there is one.
fn about(address: Option<&Email>, text: Around) -> Option<impl IntoView + use<>> {
    address.map(ToString::to_string).map(|address| {
        view! {
            <Sentence text>
                <strong dir="ltr" class="wrap">{address}</strong>
            </Sentence>
        }
    })
}

#[component]
fn Ask(user: CurrentUser) -> impl IntoView {
    let text = words::change_email();
    let lead = match about(user.email.as_ref(), if user.is_unverified { text.lead } else { text.confirmed }) {
        Some(lead) => lead.into_any(),
        None => text.nothing_yet.into_any(),
    };
    view! {
        <AccountFrame title=text.title path="/account">
            <h1>{text.heading}</h1>
            <p class="lead">{lead}</p>
            <NewAddress />
        </AccountFrame>
    }
}

#[component]
fn Waiting(user: CurrentUser, wanted: Email) -> impl IntoView {
    let text = words::change_email();
    let cancel = if user.email.is_some() { text.cancel } else { text.cancel_only };
    view! {
        <AccountFrame title=text.pending path="/account">
            <MarkSign mark=Mark::Mail />
            <h1>{text.pending}</h1>
            <p>{about(Some(&wanted), text.waiting)} " " {about(user.email.as_ref(), text.until_then)}</p>
            <p>{text.open_it}</p>
            <KeptMail />
            <Form action=api::CHANGE_EMAIL.action.to_owned() rules=Rules::Nothing>
                <input type="hidden" name="email" value=wanted.to_string() />
                <button class="button button-secondary" type="submit">
                    {text.send_again}
                </button>
            </Form>
            <p class="hint">{text.limit}</p>
            <Form action=api::CANCEL_EMAIL_CHANGE.action.to_owned() rules=Rules::Nothing>
                <button class="button button-secondary" type="submit">
                    {cancel}
                </button>
            </Form>
            <h2>{text.another}</h2>
            <NewAddress />
        </AccountFrame>
    }
}

/// The form for a new address.
#[component]
fn NewAddress() -> impl IntoView {
    let text = words::change_email();
    let flash = flash();
    view! {
        <Form action=api::CHANGE_EMAIL.action.to_owned() rules=Rules::ChangeEmail>
            <TextField
                field=Field::Email
                label=text.email
                kind="email"
                inputmode="email"
                autocomplete="email"
                value=flash.value(Field::Email)
                errors=flash.field_errors()
            />
            <button class="button" type="submit">
                {text.submit}
            </button>
        </Form>
    }
}
