//! `/not-me`: somebody reads in a mail what they did not do. Looking at it uses nothing up.

use leptos::prelude::*;

use crate::{
    api,
    components::{form::Form, sentence::Sentence},
    domain::{form::Form as Rules, not_me::NotMeData},
    words,
};

use super::{dead_link::DeadLink, frame::Frame};

/// The page behind a mailed link.
#[component]
pub fn NotMePage() -> impl IntoView {
    match use_context::<NotMeData>() {
        Some(data) => view! { <LockOut data /> }.into_any(),
        None => view! { <Dead /> }.into_any(),
    }
}

#[component]
fn LockOut(data: NotMeData) -> impl IntoView {
    let text = words::not_me();
    let address = data.gives_back.then(|| {
        view! {
            <li>
                <Sentence text=text.gives_back>
                    <strong dir="ltr" class="wrap">{data.mailed_to}</strong>
                </Sentence>
            </li>
        }
    });
    view! {
        <Frame title=text.title>
            <h1>{text.title}</h1>
            <p class="lead">{text.lead}</p>
            <ul class="steps">
                {text.steps.iter().map(|step| view! { <li>{*step}</li> }).collect_view()} {address}
            </ul>
            <p>{text.all_is_well}</p>
            <Form action=api::NOT_ME.action.to_owned() rules=Rules::Nothing>
                <button class="button" type="submit">
                    {text.submit}
                </button>
            </Form>
        </Frame>
    }
}

#[component]
fn Dead() -> impl IntoView {
    let text = words::not_me();
    view! {
        <DeadLink title=text.dead_title heading=text.dead_heading lead=text.dead_lead>
            <p>{text.dead_advice}</p>
            <p class="actions">
                <a class="button" href="/forgot-password">
                    {text.reset}
                </a>
                <a href="/sign-in">{text.back_to_sign_in}</a>
            </p>
        </DeadLink>
    }
}
