//! How long answers take, and whether that tells who is known here (ASVS 6.3.8, 11.2.4; CWE-208): for each door, so many requests
//! for people who are known and as many for people who are not, in random order, and the chance that one of the former took longer
//! than one of the latter (AUC): 0.5 is a coin. And so many pairs of both in the same moment, with how many of those who are known
//! are answered last: the order of two answers tells what no network hides (Van Goethem and others, Timeless Timing Attacks, 2020). What
//! two do one after the other, as where they write, a pair hides and the times show. Prints both with their controls, an answer with a difference of a millisecond planted, and fails past the limit. Run by `make
//! timing`; a machine that is busy makes it slower, and no door more telling.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests say what they expect")]
#![allow(clippy::print_stdout, reason = "a runner prints")]

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with the other tests, which use the rest")]
mod support;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, header},
    middleware::{Next, from_fn},
};
use latchkey::{
    domain::{email::Email, form::Identifiers},
    server::{
        config::{Config, VerifyEmail},
        random::{Random, SystemRandom},
        storage::{not_me_links, users},
    },
};
use serde_json::json;

use support::{Browser, Engine, World};

/// Requests for people who are known, and as many for people who are not.
const EACH: usize = 2_000;
/// The same with a difference planted, which needs fewer.
const EACH_OF_CONTROL: usize = 500;
/// Pairs of one who is known and one who is not.
const PAIRS: usize = 4_000;
/// The same with a difference planted.
const PAIRS_OF_CONTROL: usize = 500;
/// Requests before those that are measured.
const WARM_UP: usize = 200;
/// How far from a coin a door may be.
const LIMIT: f64 = 0.03;
/// How far a control has to be.
const CONTROL: f64 = 2.0 * LIMIT;
/// Live links that somebody who is known has.
const LINKS: usize = 10;
/// What is planted.
const PLANTED: Duration = Duration::from_millis(1);
/// The same in pairs, who wait for each other, which hides some of it.
const PLANTED_IN_PAIRS: Duration = Duration::from_millis(5);

/// Where somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    SignInForm,
    SignIn,
    Forgot,
    Resend,
    SignUp,
    /// Where whoever is not known signed up before, and never proved the address.
    SignUpAgain,
    ChangeEmail,
}

const DOORS: [Door; 7] =
    [Door::SignInForm, Door::SignIn, Door::Forgot, Door::Resend, Door::SignUp, Door::SignUpAgain, Door::ChangeEmail];

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::SignInForm => "sign-in, wrong password, as a form",
            Self::SignIn => "sign-in, wrong password, as JSON",
            Self::Forgot => "forgot",
            Self::Resend => "another link",
            Self::SignUp => "sign-up",
            Self::SignUpAgain => "sign-up, a second time",
            Self::ChangeEmail => "another address, signed in",
        }
    }

    fn request(self, browser: &Browser, email: &str) -> Request {
        let (path, kind, body) = match self {
            Self::SignInForm => {
                let body = format!("identifier={email}&password=wrong+trolley+unseen+kettle");
                ("/api/sign_in", "application/x-www-form-urlencoded", body.replace('@', "%40"))
            }
            Self::SignIn => {
                let body = json!({ "email": email, "password": "wrong trolley unseen kettle" });
                ("/auth/login", "application/json", body.to_string())
            }
            Self::Forgot => ("/auth/password/forgot", "application/json", json!({ "email": email }).to_string()),
            Self::Resend => ("/auth/email/resend", "application/json", json!({ "email": email }).to_string()),
            Self::SignUp | Self::SignUpAgain => {
                let body = json!({ "email": email, "password": "walnut ferry quartz umbrella" });
                ("/users", "application/json", body.to_string())
            }
            Self::ChangeEmail => {
                let body = format!("email={email}").replace('@', "%40");
                ("/api/change_email", "application/x-www-form-urlencoded", body)
            }
        };
        let request = browser.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).expect("a request")
    }
}

/// As a site is that gives nobody away, with limits out of the way. The hash is a twentieth of what it is by default, about a
/// millisecond: it is the same work for everybody, so more of it would only hide what differs.
fn settings(config: &mut Config) {
    config.argon2_memory_kib = 1_024;
    config.argon2_iterations = 2;
    config.verify_email = Some(VerifyEmail::Required);
    config.account_tries = u16::MAX;
    config.network_tries = u16::MAX;
    config.network_requests = u16::MAX;
}

fn address(is_known: bool, number: usize) -> String {
    format!("{}{number:05}@example.com", if is_known { "known" } else { "nobod" })
}

/// People with a password: those who are known with proven addresses, and links that say "this was not me", as sign-ins leave
/// them; the others waiting to prove theirs.
async fn add_people(world: &World, are_known: bool, count: usize) {
    let passwords = &world.state.passwords;
    let place = passwords.enter().expect("a place");
    let hashed = passwords.hash_new(&place, support::PASSWORD.to_owned(), Vec::new()).await;
    let hash = hashed.expect("a hash").expect("a good password");
    let now = world.now();
    let mut tx = world.state.db.begin().await.expect("a transaction");
    for number in 0..count {
        let email = Email::parse(&address(are_known, number)).expect("an address");
        let id = world.state.new_id().expect("an id");
        let identifiers = Identifiers { email: Some(email.clone()), username: None };
        users::create(&mut tx, &id, &identifiers, Some(&hash), now).await.expect("added");
        if are_known {
            users::mark_verified(&mut tx, &id, &email.key(), now).await.expect("proven");
            for link in 0..LINKS {
                let hash = format!("{number}-{link}");
                not_me_links::add(&mut tx, &hash, &id, &email, now, now.plus(86_400)).await.expect("added");
            }
        }
    }
    tx.commit().await.expect("added");
}

/// Who stands before a door.
async fn browser(world: &World, door: Door) -> Browser {
    let mut browser = world.anonymous();
    if door == Door::ChangeEmail {
        let fields = [("identifier", &*address(true, 0)), ("password", support::PASSWORD)];
        let answer = browser.submit("/api/sign_in", &fields).await;
        assert_eq!(answer.status.as_u16(), 303, "{answer:?}");
    }
    browser
}

/// A door that takes a moment longer for people who are known.
fn slower_for_the_known(router: Router, by: Duration) -> Router {
    let layer = from_fn(move |request: Request, next: Next| async move {
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        let is_known = bytes.windows(5).any(|window| window == b"known");
        // Before what a pair does one after the other: a moment less of waiting for each other is nobody's to see.
        let begin = Instant::now();
        while is_known && begin.elapsed() < by {
            std::hint::spin_loop();
        }
        next.run(Request::from_parts(parts, bytes.into())).await
    });
    Router::new().fallback_service(router).layer(layer)
}

/// A random order of so many of each.
fn shuffled(each: usize) -> Vec<bool> {
    let mut order: Vec<bool> = (0..2 * each).map(|index| index % 2 == 0).collect();
    for last in (1..order.len()).rev() {
        let mut bytes = [0; 8];
        SystemRandom.fill(&mut bytes).expect("randomness");
        let other = usize::try_from(u64::from_le_bytes(bytes) % (last as u64 + 1)).expect("an index");
        order.swap(last, other);
    }
    order
}

/// Seconds of the known and of the unknown.
async fn measure(browser: &Browser, door: Door, each: usize, first: usize) -> (Vec<f64>, Vec<f64>) {
    let mut taken = (Vec::new(), Vec::new());
    let mut next = [first + 1, first + 1];
    let warm_up: Vec<bool> = shuffled(WARM_UP / 2);
    for (index, is_known) in warm_up.into_iter().chain(shuffled(each)).enumerate() {
        let number = &mut next[usize::from(is_known)];
        let request = door.request(browser, &address(is_known, *number));
        *number += 1;
        let mut browser = browser.clone();
        let begin = Instant::now();
        let answer = browser.send(request).await;
        let seconds = begin.elapsed().as_secs_f64();
        assert!(matches!(answer.status.as_u16(), 202 | 303 | 401), "{door:?}: {answer:?}");
        if index >= WARM_UP {
            if is_known { taken.0.push(seconds) } else { taken.1.push(seconds) }
        }
    }
    taken
}

/// The share of pairs, sent in the same moment in random order, of which the known one is answered last.
#[allow(clippy::cast_precision_loss, reason = "thousands")]
async fn race(browser: &Browser, door: Door, pairs: usize, first: usize) -> f64 {
    let mut known_last = 0;
    for (number, known_first) in shuffled(pairs / 2).into_iter().enumerate() {
        let is_answered = Arc::<AtomicBool>::default();
        let requests =
            [known_first, !known_first].map(|is_known| door.request(browser, &address(is_known, first + 1 + number)));
        let both = requests.map(|request| {
            let (mut browser, is_answered) = (browser.clone(), Arc::clone(&is_answered));
            async move {
                let answer = browser.send(request).await;
                assert!(matches!(answer.status.as_u16(), 202 | 303 | 401), "{door:?}: {answer:?}");
                is_answered.swap(true, Ordering::SeqCst)
            }
        });
        let [one, other] = both.map(tokio::spawn);
        let (is_one_last, is_other_last) = (one.await.expect("answered"), other.await.expect("answered"));
        known_last += usize::from(if known_first { is_one_last } else { is_other_last });
    }
    known_last as f64 / pairs as f64
}

/// The chance that one of the first is larger than one of the second (Mann and Whitney).
#[allow(clippy::cast_precision_loss, reason = "thousands")]
fn auc(known: &[f64], unknown: &[f64]) -> f64 {
    let mut unknown = unknown.to_vec();
    unknown.sort_by(f64::total_cmp);
    let larger: f64 = known
        .iter()
        .map(|one| {
            let below = unknown.partition_point(|other| other < one);
            let equal = unknown.partition_point(|other| other <= one) - below;
            below as f64 + equal as f64 / 2.0
        })
        .sum();
    larger / (known.len() as f64 * unknown.len() as f64)
}

fn median_ms(seconds: &[f64]) -> f64 {
    let mut seconds = seconds.to_vec();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2] * 1_000.0
}

/// Whether what was found tells nothing, and its control something; prints both.
fn is_a_coin(what: &str, found: f64, planted: Duration, control: f64) -> bool {
    let is_telling = (found - 0.5).abs() > LIMIT;
    let is_blind = control - 0.5 < CONTROL;
    let (tells, unseen) = (if is_telling { " TELLS" } else { "" }, if is_blind { " NOT SEEN" } else { "" });
    println!("    {what:<14} {found:.3}{tells:<6}   control, {} ms more: {control:.3}{unseen}", planted.as_millis());
    !is_telling && !is_blind
}

async fn run(engine: Engine) -> bool {
    let alone = EACH + EACH_OF_CONTROL + WARM_UP;
    let each_door = alone + PAIRS + PAIRS_OF_CONTROL + 1;
    let mut world = World::with(engine, settings).await;
    add_people(&world, true, each_door).await;
    println!("{engine:?}: {EACH} + {EACH} requests a door, in random order, and {PAIRS} pairs");
    let mut is_held = true;
    // `-- sign-up` measures one door alone.
    let wanted = std::env::args().nth(1).filter(|wanted| !wanted.starts_with('-')).unwrap_or_default();
    for door in DOORS.into_iter().filter(|door| door.name().contains(&wanted)) {
        if door == Door::SignUpAgain {
            add_people(&world, false, each_door).await;
        }
        let (known, unknown) = measure(&browser(&world, door).await, door, EACH, 0).await;
        let plain = world.router.clone();
        world.router = slower_for_the_known(plain.clone(), PLANTED);
        let (slow, quick) = measure(&browser(&world, door).await, door, EACH_OF_CONTROL, EACH + WARM_UP / 2).await;
        // After all that is measured alone, as they leave rows behind.
        world.router = plain.clone();
        let pairs = race(&browser(&world, door).await, door, PAIRS, alone).await;
        world.router = slower_for_the_known(plain.clone(), PLANTED_IN_PAIRS);
        let slow_pairs = race(&browser(&world, door).await, door, PAIRS_OF_CONTROL, alone + PAIRS).await;
        world.router = plain;
        println!("  {} ({:.2} and {:.2} ms)", door.name(), median_ms(&known), median_ms(&unknown));
        is_held &= is_a_coin("AUC", auc(&known, &unknown), PLANTED, auc(&slow, &quick));
        is_held &= is_a_coin("last of pairs", pairs, PLANTED_IN_PAIRS, slow_pairs);
        world.tamper("delete from limits; delete from outbox; delete from link_requests").await;
        world.tamper("delete from users where email_key like 'nobod%'").await;
    }
    world.end().await;
    is_held
}

fn main() -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut is_held = runtime.block_on(run(Engine::Sqlite));
    if std::env::var_os("LATCHKEY_TEST_POSTGRES_URL").is_some() {
        is_held &= runtime.block_on(run(Engine::Postgres));
    }
    println!(
        "{}",
        if is_held { "no door tells who is known" } else { "a door tells who is known, or a control was not seen" }
    );
    if is_held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
