//! `/setup`: the first administrator, by the link that the server printed.

use leptos::prelude::*;

use crate::{
    api,
    components::form::Form,
    domain::{form::Form as Rules, page_data::SetUpLink},
    words,
};

use super::{
    dead_link::DeadLink,
    frame::{Frame, flash, site},
    new_password::NewAccountFields,
};

/// The page behind the printed link.
#[component]
pub fn SetUpPage() -> impl IntoView {
    match use_context::<SetUpLink>() {
        Some(SetUpLink) => view! { <Begin /> }.into_any(),
        None => view! { <Dead /> }.into_any(),
    }
}

#[component]
fn Begin() -> impl IntoView {
    let text = words::set_up();
    let (site, flash) = (site(), flash());
    let rules = Rules::SignUp { identifier: site.identifier, minimum: site.password_minimum };
    view! {
        <Frame title=text.title>
            <h1>{text.heading}</h1>
            <p class="lead">{text.lead}</p>
            <Form action=api::SET_UP.action.to_owned() rules>
                <NewAccountFields site flash />
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
        </Frame>
    }
}

#[component]
fn Dead() -> impl IntoView {
    let text = words::set_up();
    view! {
        <DeadLink title=text.dead_title heading=text.dead_heading lead=text.dead_lead>
            <p class="actions">
                <a class="button" href="/sign-in">
                    {text.sign_in}
                </a>
            </p>
        </DeadLink>
    }
}
