//! `/setup`: the first administrator, by the link that the server printed.

use leptos::prelude::*;

use crate::{
    api,
    components::form::Form,
    domain::{form::Form as Rules, page_data::SetUpLink},
};

use super::{
    frame::{Frame, flash, site},
    new_password::NewAccountFields,
};

/// The page behind the printed link.
#[component]
pub fn SetUpPage() -> impl IntoView {
    match use_context::<SetUpLink>() {
        Some(SetUpLink) => view! { <Begin /> }.into_any(),
        None => view! { <DeadLink /> }.into_any(),
    }
}

#[component]
fn Begin() -> impl IntoView {
    let (site, flash) = (site(), flash());
    let rules = Rules::SignUp { identifier: site.identifier, minimum: site.password_minimum };
    view! {
        <Frame title="Set up">
            <h1>"Create the first administrator"</h1>
            <p class="lead">"This link works once. Whoever uses it may do everything here, so choose a password you use nowhere else."</p>
            <Form action=api::SET_UP.action.to_owned() rules>
                <NewAccountFields site flash />
                <button class="button" type="submit">
                    "Create administrator"
                </button>
            </Form>
        </Frame>
    }
}

#[component]
fn DeadLink() -> impl IntoView {
    view! {
        <Frame title="Link does not work">
            <h1>"This link does not work"</h1>
            <p class="lead">
                "There is an administrator already, or the server was started again and printed a newer link. Look at its output."
            </p>
            <p class="actions">
                <a class="button" href="/sign-in">
                    "Sign in"
                </a>
            </p>
        </Frame>
    }
}
