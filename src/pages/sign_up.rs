//! `/sign-up`: a new account.

use leptos::prelude::*;

use crate::{api, components::form::Form, domain::form::Form as Rules};

use super::{
    frame::{Frame, flash, site},
    new_password::NewAccountFields,
};

/// The sign-up page.
#[component]
pub fn SignUpPage() -> impl IntoView {
    let (site, flash) = (site(), flash());
    let rules = Rules::SignUp { identifier: site.identifier, minimum: site.password_minimum };
    view! {
        <Frame title="Create account">
            <h1>"Create your account"</h1>
            <Form action=api::SIGN_UP.action.to_owned() rules>
                <NewAccountFields site flash />
                <button class="button" type="submit">
                    "Create account"
                </button>
            </Form>
            <p class="aside">"Have an account? " <a href="/sign-in">"Sign in"</a></p>
        </Frame>
    }
}
