//! Passwords tried one after the other (CWE-307): at one account, at many, and by somebody who says that they are many.

use std::net::{IpAddr, SocketAddr};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, header},
};
use latchkey::server::{config::Config, storage::Db};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    suite::{attacks, execute},
    support::{Answer, Browser, OTHER_PASSWORD, PASSWORD, World},
};

/// Guesses at one account, and from one network, that are looked at.
const ACCOUNT: usize = 3;
const NETWORK: usize = 8;

fn tight(config: &mut Config) {
    config.account_tries = 3;
    config.network_tries = 8;
    config.trusted_proxies = vec!["10.9.0.0/16".parse().expect("a network")];
}

/// What proxies tell an application of whoever is behind them.
const TELLING: [&str; 18] = [
    "x-forwarded-for",
    "x-real-ip",
    "forwarded",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "x-client-ip",
    "x-originating-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-cluster-client-ip",
    "fastly-client-ip",
    "x-azure-clientip",
    "x-forwarded",
    "forwarded-for",
    "client-ip",
    "x-proxyuser-ip",
    "via",
];

/// One guess by JSON; whether it was looked at, be it right or wrong.
async fn guess(browser: &Browser, from: IpAddr, telling: &[(&str, String)], email: &str, password: &str) -> bool {
    let body = json!({ "email": email, "password": password, "device_token": "" }).to_string();
    let mut request = browser
        .request(Method::POST, "/auth/login")
        .extension(ConnectInfo(SocketAddr::new(from, 40_000)))
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in telling {
        request = request.header(*name, value);
    }
    is_looked_at(&browser.clone().send(request.body(Body::from(body)).expect("a request")).await)
}

fn is_looked_at(answer: &Answer) -> bool {
    assert!(matches!(answer.status.as_u16(), 200 | 303 | 401 | 403 | 429), "{answer:?}");
    answer.status.as_u16() != 429
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Whoever says where they come from is believed.
async fn believes_headers(world: &mut World) {
    world.wrap(async |mut request, next| {
        let said =
            TELLING.iter().filter_map(|name| request.headers().get(*name)).filter_map(|value| value.to_str().ok());
        let said = said
            .flat_map(|value| value.split([',', ';', '=', ' ', '"']))
            .find_map(|part| part.trim().parse::<IpAddr>().ok());
        if let Some(said) = said {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(said, 1)));
        }
        next.run(request).await
    });
}

/// Each address is a network of its own, whatever its customer has.
async fn takes_addresses_for_networks(world: &mut World) {
    world.wrap(async |mut request, next| {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied().expect("a peer");
        if let IpAddr::V6(v6) = peer.ip() {
            let [_, _, _, d, _, _, g, h] = v6.segments();
            let other = std::net::Ipv6Addr::new(0x2001, 0xdb8, g, h, d, 0, 0, 1);
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(other.into(), 1)));
        }
        next.run(request).await
    });
}

/// What was counted is forgotten.
async fn counts_nothing(world: &mut World) {
    world.tamper("create trigger forgets after insert on limits begin delete from limits; end").await;
}

/// A success takes back what others failed.
async fn a_success_forgives(world: &mut World) {
    let db: Db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let answer = next.run(request).await;
            if answer.status().is_success() {
                execute(&db, "delete from limits".into()).await;
            }
            answer
        }
    });
}

attacks! {
    /// ASVS 6.3.1; CWE-307: one account, from ever other networks, with ever other made-up devices, by ever other ways of writing
    /// its name.
    with(tight) caught_by(counts_nothing) async fn one_account_from_everywhere(world, record) {
        let ways: [&[&str]; 5] = [
            &["sam0@example.com"],
            &["sam1@example.com", "SAM1@example.com", "Sam1@EXAMPLE.COM"],
            &["sam2@example.com", " sam2@example.com", "sam2@example.com ", "\tsam2@example.com\n"],
            &["sam3@example.com", "sam3@EXAMPLE.com", "\u{2003}sam3@example.com", "sam3@example.com\u{a0}"],
            &["sam4@example.com", "sam4@example.com\r\n", " SAM4@example.com"],
        ];
        for (way, names) in ways.iter().enumerate() {
            world.sign_up(names[0]).await;
            for index in 0..30_usize {
                let from = address(&format!("198.51.100.{}", way * 40 + index + 1));
                let name = names[index % names.len()];
                let mut browser = world.anonymous();
                browser.cookies.insert("latchkey-device".into(), format!("{index:0>43}"));
                let is_right = index >= ACCOUNT;
                let looked_at = guess(&browser, from, &[], name, if is_right { PASSWORD } else { "wrong" }).await;
                if is_right {
                    record.held(!looked_at, || format!("guess {index} at {name:?} from {from} was looked at"));
                }
            }
        }
    }

    /// ASVS 6.3.1, 15.3.4; CWE-290, CWE-348: many accounts from one network, which says with every request that it is another one.
    with(tight) caught_by(believes_headers, counts_nothing) async fn a_network_that_says_it_is_another(world, record) {
        for (number, name) in TELLING.into_iter().enumerate() {
            for (form, shape) in ["203.0.113.N", "for=203.0.113.N", "203.0.113.N, 10.9.0.1", "10.9.0.1, 203.0.113.N", "::ffff:203.0.113.N", "for=\"[2001:db8::N]\""].into_iter().enumerate() {
                let from = address(&format!("198.18.{number}.{}", form + 1));
                for index in 0..NETWORK + 4 {
                    let telling = [(name, shape.replace('N', &(index + 1).to_string()))];
                    let email = format!("guess{number}-{form}-{index}@example.com");
                    let looked_at = guess(&world.anonymous(), from, &telling, &email, "wrong").await;
                    if index >= NETWORK {
                        record.held(!looked_at, || format!("try {index} from {from} with {telling:?} was looked at"));
                    }
                }
            }
        }
    }

    /// ASVS 6.3.1, 15.3.4; CWE-348: through a proxy that is trusted, everything is the client's own making but what the proxy
    /// itself added.
    with(tight) caught_by(believes_headers) async fn a_client_that_writes_before_the_proxy_does(world, record) {
        let lies = ["203.0.113.N", "10.9.0.N, 203.0.113.N", "203.0.113.N, 10.9.0.7", "2001:db8:N::1", "unknown", "\"203.0.113.N\"", "203.0.113.N:443", ",", "203.0.113.N, "];
        for (number, lie) in lies.into_iter().enumerate() {
            let client = format!("198.18.100.{}", number + 1);
            for index in 0..NETWORK + 6 {
                let lie = lie.replace('N', &(index + 1).to_string());
                // In one header, or in one that the proxy adds after it.
                let telling = if index % 2 == 0 {
                    vec![("x-forwarded-for", format!("{lie}, {client}"))]
                } else {
                    vec![("x-forwarded-for", lie), ("x-forwarded-for", client.clone())]
                };
                let email = format!("proxied{number}-{index}@example.com");
                let looked_at = guess(&world.anonymous(), address("10.9.0.1"), &telling, &email, "wrong").await;
                if index >= NETWORK {
                    record.held(!looked_at, || format!("try {index} with {telling:?} was looked at"));
                }
            }
        }
    }

    /// ASVS 6.3.1; CWE-307, RFC 6177: a customer has the addresses of a /64, and IPv4 in the clothes of IPv6 is IPv4.
    with(tight) caught_by(takes_addresses_for_networks) async fn the_addresses_of_one_customer(world, record) {
        for network in 0..10_usize {
            for index in 0..NETWORK + 20 {
                let from = match index % 3 {
                    0 => format!("2001:db8:1:{network}::{index:x}"),
                    1 => format!("2001:db8:1:{network}:{index:x}:{index:x}:0:1"),
                    _ => format!("2001:db8:1:{network}:ffff:ffff:{index:x}:ffff"),
                };
                let email = format!("six{network}-{index}@example.com");
                let looked_at = guess(&world.anonymous(), address(&from), &[], &email, "wrong").await;
                if index >= NETWORK {
                    record.held(!looked_at, || format!("try {index} from {from} was looked at"));
                }
            }
        }
        for index in 0..NETWORK + 10 {
            let from = if index % 2 == 0 { "192.0.2.200" } else { "::ffff:192.0.2.200" };
            let looked_at = guess(&world.anonymous(), address(from), &[], &format!("four{index}@example.com"), "wrong").await;
            // One of the two forms is enough to be counted under.
            if index >= NETWORK && !record.is_control() {
                record.held(!looked_at, || format!("try {index} from {from} was looked at"));
            }
        }
    }

    /// ASVS 6.3.1; CWE-307: one's own account among the tries takes nothing back, and what it is known by is nothing elsewhere.
    with(tight) caught_by(a_success_forgives) async fn a_success_among_the_tries(world, record) {
        world.sign_up("mallory@example.com").await;
        world.sign_up("sam@example.com").await;
        let mut own = world.anonymous();
        own.sign_in("mallory@example.com", PASSWORD).await;
        let own_device = own.cookies["latchkey-device"].clone();
        world.tamper("delete from limits").await;
        let from = address("198.51.100.9");
        for index in 0..NETWORK * 3 {
            assert!(index >= NETWORK || guess(&world.anonymous(), from, &[], "mallory@example.com", PASSWORD).await || record.is_control());
            let looked_at = guess(&world.anonymous(), from, &[], &format!("other{index}@example.com"), "wrong").await;
            if index >= NETWORK {
                record.held(!looked_at, || format!("try {index} was looked at"));
            }
        }
        for index in 0..ACCOUNT + 10 {
            let from = address(&format!("198.51.101.{index}"));
            let mut browser = world.anonymous();
            browser.cookies.insert("latchkey-device".into(), own_device.clone());
            let looked_at = guess(&browser, from, &[], "sam@example.com", "wrong").await;
            if index >= ACCOUNT {
                record.held(!looked_at, || format!("try {index} with a device of somebody else's was looked at"));
            }
        }
    }

    /// ASVS 6.3.1, 6.3.4; CWE-307: every door counts in one place.
    with(tight) caught_by(counts_nothing) async fn one_account_through_every_door(world, record) {
        world.sign_up("sam@example.com").await;
        for index in 0..24_usize {
            let from = address(&format!("198.51.102.{}", index + 1));
            let mut browser = world.anonymous();
            let looked_at = if index % 2 == 0 {
                guess(&browser, from, &[], "sam@example.com", "wrong").await
            } else {
                let request = browser
                    .request(Method::POST, "/api/sign_in")
                    .extension(ConnectInfo(SocketAddr::new(from, 40_000)))
                    .header("sec-fetch-site", "same-origin")
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                let mut request = request.body(Body::from("identifier=sam%40example.com&password=wrong")).expect("a request");
                request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
                is_looked_at(&browser.send(request).await)
            };
            if index >= ACCOUNT {
                record.held(!looked_at, || format!("try {index} was looked at"));
            }
        }
    }

    /// ASVS 6.3.1, 7.5.1; CWE-307: whoever sits at a session of somebody else does not find the password by being asked for it
    /// again, be it here or there.
    with(tight) caught_by(counts_nothing) async fn the_password_by_a_session(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        let forms: [(&str, &[(&str, &str)]); 3] = [
            ("/api/confirm_password", &[]),
            ("/api/change_password", &[("new_password", OTHER_PASSWORD)]),
            ("/api/delete_account", &[("identifier", "sam@example.com")]),
        ];
        for index in 0..30_usize {
            let (action, more) = forms[index % 3];
            let is_right = index >= ACCOUNT;
            let password = if is_right { PASSWORD } else { "wrong" };
            let fields = [&[("password", password)], more].concat();
            let mut browser = sam.clone();
            let page = browser.submit_and_follow(action, &fields).await;
            if is_right {
                record.held(page.says("Too many tries"), || format!("try {index}, {action}: looked at"));
            }
        }
    }

    /// ASVS 2.3.4, 6.3.1; CWE-362: guesses at the same moment, through both doors.
    with(tight) caught_by(counts_nothing) async fn guesses_at_the_same_moment(world, record) {
        for round in 0..4_u8 {
            let email = format!("sam{round}@example.com");
            world.sign_up(&email).await;
            let mut guesses = JoinSet::new();
            for index in 0..50_u8 {
                let (browser, email) = (world.anonymous(), email.clone());
                let from = address(&format!("198.51.{}.{index}", 110 + round));
                guesses.spawn(async move { guess(&browser, from, &[], &email, "wrong").await });
            }
            let looked_at = guesses.join_all().await.into_iter().filter(|looked_at| *looked_at).count();
            for index in ACCOUNT..50 {
                record.held(index >= looked_at, || format!("{looked_at} of 50 guesses at once were looked at"));
            }
        }
    }
}
