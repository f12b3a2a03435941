//! A PostgreSQL that is killed while people come and go: it comes back, or its synchronous standby takes its place. The nodes go
//! on by themselves, and nothing that was acknowledged is lost.

use std::{
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use super::{
    KILLED,
    http::send,
    kills::{half_done, kills_and_seed, load_until, look, report},
    node::Node,
    people::Chance,
    place::{Place, number, tell},
    proxy::Proxy,
    server::Postgres,
};

/// The most time until nodes are ready once there is a database again.
const BACK: Duration = Duration::from_secs(5);

fn until_ready(nodes: &[Node]) {
    for node in nodes {
        while !send(node.address, "GET", "/health/ready", &[], None).is_ok_and(|answer| answer.status == 200) {
            thread::yield_now();
        }
    }
}

/// `kill -9` of the server, which was sure of what it acknowledged.
pub fn server_is_killed() {
    let mut server = Postgres::new();
    let place = Place::on(&server.url());
    let (kills, seed) = kills_and_seed(2);
    let kills = kills.min(20);
    println!("PostgreSQL: {kills} kills, LATCHKEY_SEED={seed}");
    let mut chance = Chance(seed);
    let node = [Node::start(&place)];
    until_ready(&node);
    let mut slowest = Duration::ZERO;
    for round in 0..kills {
        let (mut people, _) = load_until(&format!("server{round}"), node[0].address, &mut chance, |moment| {
            moment.wait();
            server.kill();
            server.rise();
            let began = Instant::now();
            until_ready(&node);
            slowest = slowest.max(began.elapsed());
        });
        KILLED.fetch_add(1, Ordering::SeqCst);
        let mut lost = look(&mut people, node[0].address);
        lost.extend(half_done(&place));
        report(&lost, round, seed);
    }
    println!("PostgreSQL: killed {kills} times; ready {} ms after it was back at most", slowest.as_millis());
    assert!(slowest < BACK, "{slowest:?}");
    node.into_iter().for_each(Node::terminate);
}

/// The primary is killed, its synchronous standby promoted, and what stands before them switched.
pub fn standby_takes_over() {
    let (kills, seed) = kills_and_seed(1);
    let kills = kills.clamp(1, 5);
    println!("fail-over: {kills} kills, LATCHKEY_SEED={seed}");
    let mut chance = Chance(seed);
    let mut slowest = Duration::ZERO;
    for round in 0..kills {
        let mut primary = Postgres::new();
        let mut place = Place::on(&primary.url());
        let standby = primary.standby("standby");
        tell(&primary.url(), "alter system set synchronous_standby_names = 'standby'");
        tell(&primary.url(), "select pg_reload_conf()");
        let is_synchronous = "select count(*) from pg_stat_replication where sync_state = 'sync'";
        while number(&primary.url(), is_synchronous) == 0 {
            thread::yield_now();
        }
        let proxy = Proxy::before(&[primary.address]);
        place.url = place.url.replace(&primary.address.to_string(), &proxy.address.to_string());
        let nodes = [Node::start(&place), Node::start(&place)];
        until_ready(&nodes);
        let people_proxy = Proxy::before(&[nodes[0].address, nodes[1].address]);
        let (mut people, _) = load_until(&format!("over{round}"), people_proxy.address, &mut chance, |moment| {
            moment.wait();
            primary.kill();
            standby.promote();
            proxy.set_targets(&[standby.address]);
            let began = Instant::now();
            until_ready(&nodes);
            slowest = slowest.max(began.elapsed());
        });
        KILLED.fetch_add(1, Ordering::SeqCst);
        let mut lost = look(&mut people, people_proxy.address);
        lost.extend(half_done(&place));
        report(&lost, round, seed);
        nodes.into_iter().for_each(Node::terminate);
    }
    println!("fail-over: {kills} times; ready {} ms after the promotion at most", slowest.as_millis());
    assert!(slowest < BACK, "{slowest:?}");
}
