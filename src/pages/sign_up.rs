//! `/sign-up`: a new account.

use leptos::prelude::*;

use crate::{
    api,
    components::{form::Form, sentence::Sentence},
    domain::form::Form as Rules,
    words,
};

use super::{
    frame::{Frame, flash, site},
    new_password::NewAccountFields,
};

/// The sign-up page.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let text = words::sign_up();
    let (site, flash) = (site(), flash());
    let rules = Rules::SignUp { identifier: site.identifier, minimum: site.password_minimum };
    view! {
        <Frame title=text.title description=(text.description)(&site.name)>
            <h1>{text.heading}</h1>
            <Form action=api::SIGN_UP.action.to_owned() rules>
                <NewAccountFields site flash />
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
            <p class="aside">
                <Sentence text=text.have_an_account>
                    <a href="/sign-in">{text.sign_in}</a>
                </Sentence>
            </p>
        </Frame>
    }
}
