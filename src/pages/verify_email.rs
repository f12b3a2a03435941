//! `/verify-email`: proof that mail to an address arrives; and where people wait for that mail. Looking at it uses nothing
//! up.

use leptos::prelude::*;

use crate::{
    api,
    components::{
        form::Form,
        mark::{Mark, MarkSign},
        password_input::PasswordField,
        sentence::Sentence,
        text_field::EmailField,
    },
    domain::{
        account::CurrentUser, email::Email, field::Field, flash::Notice, form::Form as Rules, page_data::VerifyLink,
    },
    words,
};

use super::{
    dead_link::DeadLink,
    frame::{Frame, flash},
    kept_mail::KeptMail,
};

/// The page behind a mailed link, and the page that waits for it.
#[component]
pub fn VerifyEmailPage() -> impl IntoView {
    let flash = flash();
    let user = use_context::<CurrentUser>();
    let is_signed_in = user.is_some();
    let own = user.as_ref().and_then(|user| user.email.clone());
    let is_done = user.is_some_and(|user| !user.is_unverified);
    // A mail was asked for just now, or could not be.
    let asked = Email::parse(&flash.value(Field::Email)).ok();
    let link = use_context::<VerifyLink>().filter(|_| flash.notice != Some(Notice::VerificationSent));
    let own_key = own.as_ref().map(Email::key);
    match link {
        Some(VerifyLink::Alive { email, is_change, needs_password }) => {
            view! { <Confirm email is_change needs_password /> }.into_any()
        }
        // Used, and what it was for is reached.
        Some(VerifyLink::Dead { change_to: Some(wanted) }) if own_key.as_ref() != Some(&wanted) => {
            view! { <DeadChange is_signed_in /> }.into_any()
        }
        _ if is_done => view! { <Done address=own /> }.into_any(),
        Some(VerifyLink::Dead { .. }) => view! { <Dead address=own /> }.into_any(),
        None => match own.or(asked) {
            Some(address) => view! { <Waiting address is_signed_in /> }.into_any(),
            None => view! { <Ask /> }.into_any(),
        },
    }
}

#[component]
fn Confirm(email: String, is_change: bool, needs_password: bool) -> impl IntoView {
    let text = words::verify_email();
    let errors = flash().field_errors();
    let address = email.clone();
    let lead = match (is_change, needs_password) {
        (false, false) => text.confirm,
        (false, true) => text.confirm_with_password,
        (true, false) => text.change,
        (true, true) => text.change_with_password,
    };
    let aside = if is_change {
        text.change_not_you.into_any()
    } else {
        view! {
            <Sentence text=text.not_you>
                <a href="/forgot-password">{text.take_over}</a>
            </Sentence>
        }
        .into_any()
    };
    let password = needs_password.then(|| {
        view! {
            <input type="text" name="username" autocomplete="username" value=email hidden readonly />
            <PasswordField field=Field::Password label=text.password autocomplete="current-password" errors />
        }
    });
    let rules = if needs_password { Rules::Password } else { Rules::Nothing };
    view! {
        <Frame title=text.title>
            <h1>{text.title}</h1>
            <p class="lead">
                <Sentence text=lead>
                    <strong dir="ltr" class="wrap">{address}</strong>
                </Sentence>
            </p>
            <Form action=api::VERIFY_EMAIL.action.to_owned() rules>
                {password}
                <button class="button" type="submit">
                    {if is_change { text.change_submit } else { text.submit }}
                </button>
            </Form>
            <p class="aside">{aside}</p>
        </Frame>
    }
}

#[component]
fn Waiting(address: Email, is_signed_in: bool) -> impl IntoView {
    let text = words::verify_email();
    let another = if is_signed_in { "/account/email" } else { "/sign-up" };
    let shown = address.to_string();
    view! {
        <Frame title=text.check_mail>
            <MarkSign mark=Mark::Mail />
            <h1>{text.check_mail}</h1>
            <p>
                <Sentence text=text.sent_to>
                    <strong dir="ltr" class="wrap">{shown}</strong>
                </Sentence>
            </p>
            <p>{text.open_it}</p>
            <KeptMail />
            <Form action=api::RESEND_VERIFICATION.action.to_owned() rules=Rules::Nothing>
                <input type="hidden" name="email" value=address.to_string() />
                <button class="button button-secondary" type="submit">
                    {text.send_again}
                </button>
            </Form>
            <p class="hint">{text.limit}</p>
            <p class="aside">
                <a href=another>{text.another_address}</a>
            </p>
            {if is_signed_in {
                view! {
                    <p class="aside">
                        <a href="/dashboard">{text.dashboard}</a>
                    </p>
                }
                    .into_any()
            } else {
                view! {
                    <p class="aside">
                        <Sentence text=text.have_an_account>
                            <a href="/sign-in">{text.sign_in}</a>
                        </Sentence>
                    </p>
                }
                    .into_any()
            }}
        </Frame>
    }
}

#[component]
fn Done(address: Option<Email>) -> impl IntoView {
    let text = words::verify_email();
    let lead = address.map(|address| {
        view! {
            <p class="lead">
                <Sentence text=text.done_lead>
                    <strong dir="ltr" class="wrap">{address.to_string()}</strong>
                </Sentence>
            </p>
        }
    });
    view! {
        <Frame title=text.done>
            <MarkSign mark=Mark::Done />
            <h1>{text.done}</h1>
            {lead}
            <p class="actions">
                <a class="button" href="/dashboard">
                    {text.dashboard}
                </a>
            </p>
        </Frame>
    }
}

/// For somebody of whom nothing is known.
#[component]
fn Ask() -> impl IntoView {
    let text = words::verify_email();
    view! {
        <Frame title=text.title>
            <MarkSign mark=Mark::Mail />
            <h1>{text.title}</h1>
            <p class="lead">{text.ask}</p>
            <AskAgain address=None />
        </Frame>
    }
}

/// `address` is that of the person who is signed in, so that they need not enter it.
#[component]
fn Dead(address: Option<Email>) -> impl IntoView {
    let text = words::verify_email();
    view! {
        <DeadLink title=text.dead_title heading=text.dead_heading lead=text.dead_lead>
            <AskAgain address />
        </DeadLink>
    }
}

/// The same where it was to replace an address.
#[component]
fn DeadChange(is_signed_in: bool) -> impl IntoView {
    let text = words::verify_email();
    let way = if is_signed_in { ("/account/email", text.dead_change_way) } else { ("/sign-in", text.sign_in) };
    view! {
        <DeadLink title=text.dead_title heading=text.dead_heading lead=text.dead_change_lead>
            <p class="actions">
                <a class="button" href=way.0>
                    {way.1}
                </a>
            </p>
        </DeadLink>
    }
}

/// The form that asks for a link, and the way back.
#[component]
fn AskAgain(address: Option<Email>) -> impl IntoView {
    let text = words::verify_email();
    let flash = flash();
    let errors = flash.field_errors();
    let is_signed_in = address.is_some();
    let rules = if is_signed_in { Rules::Nothing } else { Rules::ForgotPassword };
    let field = match address {
        Some(address) => view! { <input type="hidden" name="email" value=address.to_string() /> }.into_any(),
        None => view! {
            <EmailField label=text.email value=flash.value(Field::Email) errors />
        }
        .into_any(),
    };
    let back = if is_signed_in { ("/dashboard", text.dashboard) } else { ("/sign-in", text.back_to_sign_in) };
    view! {
        <Form action=api::RESEND_VERIFICATION.action.to_owned() rules>
            {field}
            <button class="button" type="submit">
                {text.send}
            </button>
        </Form>
        <p class="aside">
            <a href=back.0>{back.1}</a>
        </p>
    }
}
