//! A live password-strength meter: bar, word and one concrete reason, from the estimator in a Worker of its own. Until that
//! has loaded, and without it, nothing is claimed. Must not block typing, and must not decide: the server does.
#![allow(missing_docs, reason = "the `island` macro makes a struct that cannot be documented")]

use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use crate::{domain::strength::Strength, words};

use super::verdict::{Verdict, reason};

/// How long a page is left alone before the estimator is fetched without being needed yet.
const IDLE: Duration = Duration::from_secs(3);
/// How long typing must pause before the verdict is announced.
const PAUSE: Duration = Duration::from_secs(1);

/// The meter for one password input.
#[island]
pub fn StrengthMeter(
    /// The address of the Worker's script.
    worker: String,
    /// The `id` of the password input.
    input_id: String,
    /// The `id`s of inputs that hold the person's own words.
    own_inputs: Vec<String>,
    /// Own words that are known already: the site's name, and the person's where they are signed in.
    own_words: Vec<String>,
) -> impl IntoView {
    let (strength, set_strength) = signal(None::<Strength>);
    let (announced, set_announced) = signal(String::new());

    Effect::new(move |_| {
        let estimator = StoredValue::new_local(None::<Estimator>);
        let worker = StoredValue::new(worker.clone());
        let load = move || {
            if estimator.with_value(Option::is_none) {
                estimator.set_value(worker.with_value(|worker| Estimator::start(worker, set_strength)));
            }
        };
        let password_id = StoredValue::new(input_id.clone());
        let own_inputs = StoredValue::new(own_inputs.clone());
        let own_words = StoredValue::new(own_words.clone());
        let ask = move || {
            let password = password_id.with_value(|id| value_of(id));
            if password.is_empty() {
                estimator.update_value(|estimator| {
                    if let Some(estimator) = estimator {
                        estimator.forget();
                    }
                });
                set_strength.set(None);
                return;
            }
            let words = own_words.with_value(|words| {
                own_inputs.with_value(|ids| {
                    let typed = ids.iter().map(|id| value_of(id));
                    words.iter().cloned().chain(typed).collect::<Vec<_>>().join("\n")
                })
            });
            estimator.update_value(|estimator| {
                if let Some(estimator) = estimator {
                    estimator.ask(&password, &words);
                }
            });
        };
        let is_password = move |event: &web_sys::Event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            target.is_some_and(|element| password_id.with_value(|id| element.id() == *id))
        };

        let focused = window_event_listener(leptos::ev::focusin, move |event| {
            if is_password(&event) {
                load();
            }
        });
        let typed = window_event_listener(leptos::ev::input, move |event| {
            if is_password(&event) {
                load();
            }
            ask();
        });
        // Typed, or filled in by a password manager, before the script arrived.
        if !password_id.with_value(|id| value_of(id)).is_empty() {
            load();
            ask();
        }
        let idle = set_timeout_with_handle(load, IDLE).ok();
        on_cleanup(move || {
            focused.remove();
            typed.remove();
            if let Some(idle) = idle {
                idle.clear();
            }
        });
    });
    // Announced once per pause, not per key (WCAG 4.1.3).
    Effect::new(move |pending: Option<Option<TimeoutHandle>>| {
        if let Some(Some(pending)) = pending {
            pending.clear();
        }
        let sentence = strength.get().map(spoken).unwrap_or_default();
        set_timeout_with_handle(move || set_announced.set(sentence), PAUSE).ok()
    });

    view! {
        <Verdict strength />
        <p class="visually-hidden" aria-live="polite" data-announced="">
            {move || announced.get()}
        </p>
    }
}

fn spoken(strength: Strength) -> String {
    (words::meter().spoken)(words::strength_word(strength)) + &reason(strength)
}

fn value_of(id: &str) -> String {
    let element = document().get_element_by_id(id);
    element
        .and_then(|element| element.dyn_into::<web_sys::HtmlInputElement>().ok())
        .map(|input| input.value())
        .unwrap_or_default()
}

/// The Worker, with the number of the newest question: older answers are dropped.
struct Estimator {
    worker: web_sys::Worker,
    newest: StoredValue<u32, LocalStorage>,
    _on_answer: Closure<dyn FnMut(web_sys::MessageEvent)>,
}

impl Estimator {
    /// Starts the Worker; `None` where there are none, and the page then shows the rules alone.
    fn start(script: &str, set_strength: WriteSignal<Option<Strength>>) -> Option<Self> {
        let options = web_sys::WorkerOptions::new();
        options.set_type(web_sys::WorkerType::Module);
        let worker = web_sys::Worker::new_with_options(script, &options).ok()?;
        let newest = StoredValue::new_local(0);
        let on_answer = Closure::new(move |event: web_sys::MessageEvent| {
            let answer: js_sys::Array = event.data().unchecked_into();
            let is_newest = answer.get(0).as_f64() == Some(f64::from(newest.get_value()));
            if let (true, Some(json)) = (is_newest, answer.get(1).as_string()) {
                set_strength.set(leptos::serde_json::from_str(&json).ok());
            }
        });
        worker.set_onmessage(Some(on_answer.as_ref().unchecked_ref()));
        Some(Self { worker, newest, _on_answer: on_answer })
    }

    fn ask(&self, password: &str, own_words: &str) {
        self.newest.update_value(|newest| *newest = newest.wrapping_add(1));
        let question = js_sys::Array::of3(&JsValue::from(self.newest.get_value()), &password.into(), &own_words.into());
        let _ = self.worker.post_message(&question);
    }

    fn forget(&self) {
        self.newest.update_value(|newest| *newest = newest.wrapping_add(1));
    }
}
