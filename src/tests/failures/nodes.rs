//! Several nodes on one PostgreSQL: what is done on one holds on all, and one that ends takes nothing with it.

use std::{
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::json;

use super::{
    KILLED,
    http::{Browser, call, send},
    is_everything,
    kills::{half_done, kills_and_seed, load_until, look, report},
    node::{self, Node},
    people::Chance,
    place::Place,
    proxy::Proxy,
};

/// The most time until what was done on one node holds on the other.
const SEEN: Duration = Duration::from_secs(1);
const PASSWORD: &str = "marble trolley unseen kettle";

fn addresses(nodes: &[Node]) -> Vec<SocketAddr> {
    nodes.iter().map(|node| node.address).collect()
}

fn start(place: &Place, count: usize) -> Vec<Node> {
    thread::scope(|scope| {
        let starting: Vec<_> = (0..count).map(|_| scope.spawn(|| Node::start(place))).collect();
        let nodes: Vec<Node> = starting.into_iter().map(|one| one.join().expect("it serves")).collect();
        for node in &nodes {
            node.until_ready();
        }
        nodes
    })
}

/// Asks until the answer is this.
fn until(what: &str, mut ask: impl FnMut() -> u16, status: u16) {
    let began = Instant::now();
    loop {
        let asked = began.elapsed();
        if ask() == status {
            println!("{what}: seen on the other node within {} ms", began.elapsed().as_millis());
            assert!(asked < SEEN || !is_everything(), "{what}: {asked:?}");
            return;
        }
        assert!(asked < Duration::from_mins(1), "{what}: never");
    }
}

fn sign_up(to: SocketAddr, name: &str) {
    let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    assert_eq!(call(to, "POST", "/users", None, Some(body)).expect("an answer").status, 201);
}

fn login(to: SocketAddr, name: &str, password: &str) -> (u16, String) {
    let body = json!({ "email": format!("{name}@example.com"), "password": password });
    let answer = call(to, "POST", "/auth/login", None, Some(body)).expect("an answer");
    let token = if answer.status == 200 {
        answer.json()["access_token"].as_str().expect("a token").to_owned()
    } else {
        String::new()
    };
    (answer.status, token)
}

/// Whoever signs in on one is signed in on all; whoever is signed out or slowed down on one, too.
pub fn share() {
    let place = Place::postgres();
    let nodes = start(&place, 2);
    let (one, other) = (nodes[0].address, nodes[1].address);
    sign_up(one, "sam");

    let mut browser = Browser::default();
    let fields = [("identifier", "sam@example.com"), ("password", PASSWORD)];
    let answer = browser.submit(one, "/api/sign_in", &fields).expect("an answer");
    assert_eq!(answer.header("location"), "/dashboard", "{answer:?}");
    assert_eq!(browser.get(other, "/dashboard").expect("an answer").status, 200);
    let mut elsewhere = browser.clone();
    browser.submit(one, "/api/sign_out", &[]).expect("an answer");
    until("sign-out of a browser", || elsewhere.get(other, "/dashboard").expect("an answer").status, 303);

    let (_, token) = login(one, "sam", PASSWORD);
    let me = |to: SocketAddr| call(to, "GET", "/users/me", Some(&token), None).expect("an answer").status;
    assert_eq!(me(other), 200, "a token of one node is good on the other");
    let (_, by) = login(other, "sam", PASSWORD);
    assert_eq!(call(other, "DELETE", "/users/me/sessions", Some(&by), None).expect("an answer").status, 204);
    until("end of a session", || me(one), 401);

    // As many wrong passwords as are free, in turn.
    for number in 0..100 {
        let to = if number % 2 == 0 { one } else { other };
        assert_eq!(login(to, "sam", "wrong").0, 401, "try {number}");
    }
    login(one, "sam", "wrong");
    until("a limit", || login(other, "sam", "wrong").0, 429);
    nodes.into_iter().for_each(Node::terminate);
    place.end();
}

/// Nodes that find no schema make it once.
pub fn migrate_at_once() {
    for _ in 0..3 {
        let place = Place::postgres();
        let nodes = start(&place, 3);
        let versions =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres")).expect("read").count();
        let made = place.number("select count(*) from _sqlx_migrations where success");
        assert_eq!(usize::try_from(made).expect("few"), versions);
        sign_up(nodes[0].address, "sam");
        for node in &nodes {
            assert_eq!(login(node.address, "sam", PASSWORD).0, 200);
        }
        nodes.into_iter().for_each(Node::terminate);
        place.end();
    }
}

/// One of two is killed while people come and go: the other has everything.
pub fn one_is_killed() {
    let place = Place::postgres();
    let (kills, seed) = kills_and_seed(3);
    let kills = kills.min(20);
    println!("nodes: {kills} kills, LATCHKEY_SEED={seed}");
    let mut chance = Chance(seed);
    let mut nodes = start(&place, 2);
    let proxy = Proxy::before(&addresses(&nodes));
    for round in 0..kills {
        let victim = nodes.remove(0);
        let (mut people, _) = load_until(&format!("nodes{round}"), proxy.address, &mut chance, |moment| {
            moment.wait();
            victim.kill();
        });
        KILLED.fetch_add(1, Ordering::SeqCst);
        // Through the proxy, which passes over the one that is gone.
        let mut lost = look(&mut people, proxy.address);
        lost.extend(half_done(&place));
        report(&lost, round, seed);
        nodes.extend(start(&place, 1));
        proxy.set_targets(&addresses(&nodes));
    }
    nodes.into_iter().for_each(Node::terminate);
    place.end();
}

/// A node that drains is asked to end once more, by somebody who does not want to wait.
pub fn asked_twice() {
    let place = Place::sqlite();
    let mut command = node::program(&place, &place.url);
    command.env("LATCHKEY_DRAIN_SECONDS", "300");
    let node = Node::run(&place, command);
    node.until_ready();
    node.signal(Signal::TERM);
    until_it_drains(&node);
    assert_eq!(send(node.address, "GET", "/health", &[], None).expect("it serves on").status, 200);
    node.signal(Signal::TERM);
    node.until_ended();
    let log = std::fs::read_to_string(place.file("log")).expect("a log");
    assert!(!log.contains("cut off"), "{log}");
    place.end();
}

/// What stands before it asks whether it is ready, and hears that it is not.
fn until_it_drains(node: &Node) {
    while send(node.address, "GET", "/health/ready", &[], None).is_ok_and(|answer| answer.status == 200) {
        thread::yield_now();
    }
}

/// Each node in turn is asked to end and replaced, while people come and go: every request is answered. What stands before
/// them looks whether they are ready, as such programs do, and tries another one where a connection is refused.
pub fn rolling_restart() {
    let place = Place::postgres();
    let begin = || {
        let mut command = node::program(&place, &place.url);
        command.env("LATCHKEY_DRAIN_SECONDS", "1");
        let node = Node::run(&place, command);
        node.until_ready();
        node
    };
    let mut nodes = vec![begin(), begin()];
    let proxy = Proxy::before(&addresses(&nodes));
    sign_up(proxy.address, "sam");
    let (_, token) = login(proxy.address, "sam", PASSWORD);
    let (is_over, answered) = (AtomicBool::new(false), AtomicU32::new(0));
    let dropped = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for number in 0..4 {
            let (token, to, is_over, answered, dropped) = (&token, proxy.address, &is_over, &answered, &dropped);
            scope.spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let answer = if number == 0 {
                        let body = json!({ "email": "sam@example.com", "password": PASSWORD });
                        call(to, "POST", "/auth/login", None, Some(body))
                    } else {
                        call(to, "GET", "/users/me", Some(token), None)
                    };
                    match answer {
                        Ok(answer) if answer.status == 200 => _ = answered.fetch_add(1, Ordering::SeqCst),
                        other => dropped.lock().expect("a lock").push(format!("{other:?}")),
                    }
                }
            });
        }
        for _ in 0..if is_everything() { 10 } else { 2 } {
            let old = nodes.remove(0);
            old.signal(Signal::TERM);
            until_it_drains(&old);
            proxy.set_targets(&addresses(&nodes));
            old.until_ended();
            nodes.push(begin());
            proxy.set_targets(&addresses(&nodes));
            let before = answered.load(Ordering::SeqCst);
            while answered.load(Ordering::SeqCst) < before + 50 {
                thread::yield_now();
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let dropped = dropped.into_inner().expect("a lock");
    println!("rolling restart: {} requests answered, {} dropped", answered.load(Ordering::SeqCst), dropped.len());
    assert!(dropped.is_empty(), "{dropped:?}");
    nodes.into_iter().for_each(Node::terminate);
    place.end();
}
