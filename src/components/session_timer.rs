//! A warning before a session ends, with one button to stay (WCAG 2.2.1). Tabs tell each other that somebody is there. When the
//! session is over the page is loaded again, and the server says what happened. Must not keep a session alive by itself.
#![allow(missing_docs, reason = "the `island` macro makes a struct that cannot be documented")]

use std::time::Duration;

use leptos::{html::Dialog, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use crate::{domain::session_time::SessionTime, words};

/// How many seconds before the end somebody is warned.
const WARNING: u32 = 120;
/// How many seconds lie between two announcements.
const PAUSE: u32 = 15;
/// The longest sleep: browsers take no number that is too large.
const LONGEST: f64 = 86_400_000.0;
/// Where the tabs of a browser, which share one session, tell each other.
const CHANNEL: &str = "latchkey-session";
/// The `id` of the heading.
const TITLE: &str = "session-timer-title";
/// The `id` of the sentence.
const SENTENCE: &str = "session-timer-sentence";

/// The warning, unseen until it is due.
#[island]
pub fn SessionTimer(
    /// Where "I am still here" is posted.
    action: String,
    /// What is left of it.
    time: SessionTime,
) -> impl IntoView {
    let text = words::session_timer();
    let dialog = NodeRef::<Dialog>::new();
    let shown = Shown { left: RwSignal::new(WARNING), is_last: RwSignal::new(false), has_failed: RwSignal::new(false) };
    // Made in the browser alone: on the server another thread may finish the page, and could not take it down.
    let started = StoredValue::new(None::<Kept>);

    Effect::new(move |_| {
        let timer = StoredValue::new_local(None::<Timer>);
        timer.set_value(Some(Timer::start(action.clone(), time, timer, dialog, shown)));
        started.set_value(Some(timer));
        watch(timer);
    });
    let on_click = move |_| started.get_value().into_iter().for_each(answer);
    // Escape; the browser would close it and change nothing.
    let on_cancel = move |event: web_sys::Event| {
        event.prevent_default();
        started.get_value().into_iter().for_each(answer);
    };
    let sentence = move || {
        let left = (text.left)(shown.left.get());
        if shown.is_last.get() { (text.at_last)(&left) } else { (text.idle)(&left) }
    };
    // The same text until the next is due, so that each is announced once.
    let announced = Memo::new(move |_| (text.spoken)(&(text.left)(shown.left.get().div_ceil(PAUSE) * PAUSE)));

    view! {
        <dialog
            class="dialog"
            role="alertdialog"
            aria-labelledby=TITLE
            aria-describedby=SENTENCE
            node_ref=dialog
            on:cancel=on_cancel
        >
            <h2 id=TITLE>{move || if shown.is_last.get() { text.ends_soon } else { text.still_there }}</h2>
            <p id=SENTENCE>{sentence}</p>
            <p class="visually-hidden" aria-live="polite">
                {move || announced.get()}
            </p>
            <button class="button" type="button" on:click=on_click>
                {move || if shown.is_last.get() { text.understood } else { text.stay }}
            </button>
            <p class="field-error" role="status">
                {move || if shown.has_failed.get() { text.failed } else { "" }}
            </p>
        </dialog>
    }
}

/// What the warning shows.
#[derive(Clone, Copy)]
struct Shown {
    /// Seconds.
    left: RwSignal<u32>,
    /// Whether the session cannot be kept.
    is_last: RwSignal<bool>,
    /// Whether keeping it went wrong.
    has_failed: RwSignal<bool>,
}

/// Where the timer is kept, for whatever wakes it.
type Kept = StoredValue<Option<Timer>, LocalStorage>;

/// When the session ends, in milliseconds of this browser's clock: the server's may be wrong, or this one.
struct Timer {
    action: String,
    idle_end: f64,
    last_end: f64,
    /// Seconds before the end that are warned of.
    warning: u32,
    /// Whether somebody knows that the session cannot be kept.
    is_understood: bool,
    is_asking: bool,
    next: Option<TimeoutHandle>,
    dialog: NodeRef<Dialog>,
    shown: Shown,
    channel: Option<web_sys::BroadcastChannel>,
    _on_message: Closure<dyn FnMut(web_sys::MessageEvent)>,
}

impl Timer {
    fn start(action: String, time: SessionTime, kept: Kept, dialog: NodeRef<Dialog>, shown: Shown) -> Self {
        let on_message = Closure::new(move |event: web_sys::MessageEvent| {
            let told: js_sys::Array = event.data().unchecked_into();
            let (idle_end, last_end) = (told.get(0).as_f64(), told.get(1).as_f64());
            if let (Some(idle_end), Some(last_end)) = (idle_end, last_end) {
                change(kept, |timer| {
                    timer.idle_end = timer.idle_end.max(idle_end);
                    timer.last_end = last_end;
                });
                tick(kept);
            }
        });
        let channel = web_sys::BroadcastChannel::new(CHANNEL).ok();
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        }
        // Where sessions are so short that a warning would stand on every page, half of one is left alone.
        let half = u32::try_from(time.idle_left / 2).unwrap_or_default();
        let mut timer = Self {
            action,
            idle_end: 0.0,
            last_end: 0.0,
            warning: WARNING.min(half),
            is_understood: false,
            is_asking: false,
            next: None,
            dialog,
            shown,
            channel,
            _on_message: on_message,
        };
        timer.heard(time);
        timer
    }

    /// The server has heard of the session just now; the other tabs are told.
    fn heard(&mut self, time: SessionTime) {
        let now = js_sys::Date::now();
        self.idle_end = now + milliseconds(time.idle_left);
        self.last_end = now + milliseconds(time.left);
        if let Some(channel) = &self.channel {
            let ends = js_sys::Array::of2(&JsValue::from(self.idle_end), &JsValue::from(self.last_end));
            let _ = channel.post_message(&ends);
        }
    }

    /// Milliseconds until the session ends.
    fn left(&self) -> f64 {
        self.idle_end.min(self.last_end) - js_sys::Date::now()
    }

    fn is_last(&self) -> bool {
        self.last_end <= self.idle_end
    }

    /// Shows or hides the warning; answers with the milliseconds until there is something else to show.
    fn show(&self, left: f64) -> f64 {
        let dialog = self.dialog.get_untracked();
        let is_open = dialog.as_ref().is_some_and(web_sys::HtmlDialogElement::open);
        let seconds = whole(left / 1_000.0);
        if seconds > self.warning {
            if let Some(dialog) = dialog.filter(|_| is_open) {
                dialog.close();
            }
            return (left - f64::from(self.warning) * 1_000.0).min(LONGEST);
        }
        self.shown.left.set(seconds);
        self.shown.is_last.set(self.is_last());
        let is_known = is_open || self.is_last() && self.is_understood;
        if !is_known && let Some(dialog) = dialog {
            self.shown.has_failed.set(false);
            let _ = dialog.show_modal();
        }
        left - f64::from(seconds.saturating_sub(1)) * 1_000.0
    }
}

/// Milliseconds of so many seconds; of a year at most.
fn milliseconds(seconds: i64) -> f64 {
    f64::from(i32::try_from(seconds.clamp(0, 366 * 86_400)).unwrap_or_default()) * 1_000.0
}

/// The next whole number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds of the clamp")]
fn whole(number: f64) -> u32 {
    number.ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

fn change<T>(kept: Kept, act: impl FnOnce(&mut Timer) -> T) -> Option<T> {
    kept.try_update_value(|timer| timer.as_mut().map(act)).flatten()
}

/// Looks at the clock, which may have jumped since: machines sleep.
fn tick(kept: Kept) {
    let is_over = change(kept, |timer| {
        if let Some(next) = timer.next.take() {
            next.clear();
        }
        let left = timer.left();
        if left <= 0.0 {
            return true;
        }
        let pause = Duration::from_millis(u64::from(whole(timer.show(left))));
        timer.next = set_timeout_with_handle(move || tick(kept), pause).ok();
        false
    });
    if is_over == Some(true) {
        let _ = window().location().reload();
    }
}

/// Begins, and looks again whenever somebody comes back to the tab.
fn watch(kept: Kept) {
    tick(kept);
    for event in ["visibilitychange", "pageshow"] {
        let handle = window_event_listener_untyped(event, move |_| tick(kept));
        on_cleanup(move || handle.remove());
    }
}

/// Somebody is there.
fn answer(kept: Kept) {
    let asked = change(kept, |timer| {
        if timer.is_last() {
            timer.is_understood = true;
            if let Some(dialog) = timer.dialog.get_untracked() {
                dialog.close();
            }
            return None;
        }
        timer.shown.has_failed.set(false);
        (!std::mem::replace(&mut timer.is_asking, true)).then(|| timer.action.clone())
    });
    if let Some(Some(action)) = asked
        && post(kept, &action).is_err()
    {
        heard_nothing(kept);
    }
}

/// Tells the server, and goes by what it answers.
fn post(kept: Kept, action: &str) -> Result<(), JsValue> {
    let request = web_sys::XmlHttpRequest::new()?;
    request.open("POST", action)?;
    request.set_request_header("content-type", "application/x-www-form-urlencoded")?;
    request.set_request_header("accept", "application/json")?;
    let answered = request.clone();
    let on_end = Closure::once_into_js(move || {
        let status = answered.status().unwrap_or_default();
        if status == 401 {
            let _ = window().location().reload();
            return;
        }
        let json = answered.response_text().ok().flatten().filter(|_| status == 200).unwrap_or_default();
        match leptos::serde_json::from_str(&json) {
            Ok(time) => {
                change(kept, |timer| {
                    timer.is_asking = false;
                    timer.heard(time);
                });
                tick(kept);
            }
            Err(_) => heard_nothing(kept),
        }
    });
    request.set_onloadend(Some(on_end.unchecked_ref()));
    request.send_with_opt_str(Some(""))
}

fn heard_nothing(kept: Kept) {
    change(kept, |timer| {
        timer.is_asking = false;
        timer.shown.has_failed.set(true);
    });
}
