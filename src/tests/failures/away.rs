//! A database that is away, silent, frozen, slow or locked: whoever asks is told so in time, nobody is let in, and all is well
//! again soon after it is back.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::json;

use super::{
    http::{Answer, Browser, call, send},
    is_everything,
    node::{self, Node},
    place::{Place, block_on},
    proxy::{Manner, Proxy},
    server::Postgres,
};

/// The most seconds until somebody is told.
const ANSWER: Duration = Duration::from_secs(2);
/// The most seconds until all is well once the database is back.
const BACK: Duration = Duration::from_secs(5);
const PASSWORD: &str = "marble trolley unseen kettle";

/// Somebody who was there before.
struct Somebody {
    to: SocketAddr,
    token: String,
    browser: Browser,
}

impl Somebody {
    fn new(to: SocketAddr) -> Self {
        let body = json!({ "email": "sam@example.com", "password": PASSWORD });
        assert_eq!(call(to, "POST", "/users", None, Some(body.clone())).expect("an answer").status, 201);
        let answer = call(to, "POST", "/auth/login", None, Some(body)).expect("an answer");
        let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
        let mut browser = Browser::default();
        let fields = [("identifier", "sam@example.com"), ("password", PASSWORD)];
        let signed_in = browser.submit(to, "/api/sign_in", &fields).expect("an answer");
        assert_eq!(signed_in.header("location"), "/dashboard", "{signed_in:?}");
        Self { to, token, browser }
    }

    fn me(&self) -> Answer {
        call(self.to, "GET", "/users/me", Some(&self.token), None).expect("an answer")
    }

    fn login(&self) -> Answer {
        let body = json!({ "email": "sam@example.com", "password": PASSWORD });
        call(self.to, "POST", "/auth/login", None, Some(body)).expect("an answer")
    }

    fn sign_up(&self, name: &str) -> Answer {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        call(self.to, "POST", "/users", None, Some(body)).expect("an answer")
    }

    fn dashboard(&self) -> Answer {
        self.browser.clone().get(self.to, "/dashboard").expect("an answer")
    }

    fn sign_in(&self) -> Answer {
        let fields = [("identifier", "sam@example.com"), ("password", PASSWORD)];
        Browser::default().submit(self.to, "/api/sign_in", &fields).expect("an answer")
    }

    fn ready(&self) -> Answer {
        send(self.to, "GET", "/health/ready", &[], None).expect("an answer")
    }

    /// Everybody who asks is told that it does not work now, and in time.
    fn is_told(&self, name: &str) -> Duration {
        let asks: [(&str, &(dyn Fn() -> Answer + Sync)); 5] = [
            ("GET /users/me", &|| self.me()),
            ("POST /auth/login", &|| self.login()),
            ("POST /users", &|| self.sign_up(name)),
            ("GET /dashboard", &|| self.dashboard()),
            ("POST /api/sign_in", &|| self.sign_in()),
        ];
        thread::scope(|scope| {
            // More than there are connections to the database.
            let asking: Vec<_> = (0..4)
                .flat_map(|_| asks)
                .map(|(what, ask)| {
                    scope.spawn(move || {
                        let began = Instant::now();
                        let answer = ask();
                        let took = began.elapsed();
                        assert_eq!(answer.status, 503, "{name}: {what} after {took:?}: {answer:?}");
                        assert_ne!(answer.header("retry-after"), "", "{name}: {what}: {answer:?}");
                        assert!(!answer.all("set-cookie").any(|cookie| cookie.starts_with("latchkey=")), "{answer:?}");
                        assert!(took < ANSWER || !is_everything(), "{name}: {what} took {took:?}");
                        took
                    })
                })
                .collect();
            let slowest =
                asking.into_iter().map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            slowest.max().unwrap_or_default()
        })
    }

    /// Whatever sends it requests is told as well, who may have asked a moment before.
    fn is_not_ready(&self, name: &str) {
        let began = Instant::now();
        loop {
            let asked = Instant::now();
            let answer = self.ready();
            assert!(
                asked.elapsed() < ANSWER || !is_everything(),
                "{name}: GET /health/ready took {:?}",
                asked.elapsed()
            );
            if answer.status == 503 {
                return;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{name}: it says that it is ready");
        }
    }

    /// Returns once everything works; how long that took.
    fn until_well(&self, name: &str) -> Duration {
        let began = Instant::now();
        let mut streak = 0;
        // Several times over: each of several connections may be one from before.
        while streak < 5 {
            let is_well = self.me().status == 200
                && self.login().status == 200
                && self.dashboard().status == 200
                && self.ready().status == 200;
            streak = if is_well { streak + 1 } else { 0 };
            assert!(began.elapsed() < Duration::from_mins(1), "{name}: it stays away");
        }
        let took = began.elapsed();
        assert!(took < BACK || !is_everything(), "{name}: it took {took:?}");
        took
    }

    fn is_alive(&self) {
        assert_eq!(send(self.to, "GET", "/health", &[], None).expect("an answer").status, 200);
    }
}

/// Breaks and mends something and looks at what people hear meanwhile.
fn bears(somebody: &Somebody, name: &str, mut breaks: impl FnMut(), mut mends: impl FnMut()) {
    somebody.until_well(name);
    breaks();
    let first = somebody.is_told(name);
    let later = somebody.is_told(name);
    somebody.is_not_ready(name);
    somebody.is_alive();
    mends();
    let back = somebody.until_well(name);
    let told = first.max(later);
    println!("{name}: told after {} ms at most, well again after {} ms", told.as_millis(), back.as_millis());
    let created = somebody.sign_up(&format!("{name}-after"));
    assert_eq!(created.status, 201, "{created:?}");
}

/// A node that waits for its database as long as nodes do.
fn start(place: &Place, url: &str) -> Node {
    let mut command = node::program(place, url);
    command.env_remove("LATCHKEY_DATABASE_PATIENCE_MS");
    let node = Node::run(place, command);
    node.until_ready();
    node
}

/// A node whose connections to the database pass a proxy.
fn behind(place: &Place) -> (Proxy, Node) {
    let url = url::Url::parse(&place.url).expect("a URL");
    let target = *url.socket_addrs(|| Some(5432)).expect("an address").first().expect("an address");
    let proxy = Proxy::before(&[target]);
    let mut through = url;
    through.set_host(Some("127.0.0.1")).expect("a host");
    through.set_port(Some(proxy.address.port())).expect("a port");
    (proxy, start(place, through.as_str()))
}

/// What is between a node and its database: connections that are refused, swallowed, or take their time.
pub fn connections() {
    let place = Place::postgres();
    let (proxy, node) = behind(&place);
    let somebody = Somebody::new(node.address);
    let mends = || proxy.set(Manner::Passes);
    bears(&somebody, "refused", || proxy.set(Manner::Refuses), mends);
    bears(&somebody, "silent", || proxy.set(Manner::Swallows), mends);
    bears(&somebody, "slow", || proxy.set(Manner::Delays(Duration::from_secs(1))), mends);
    node.terminate();
    place.end();
}

/// The server itself: frozen, and killed.
pub fn server() {
    let mut server = Postgres::new();
    let place = Place::on(&server.url());
    let node = start(&place, &place.url);
    let somebody = Somebody::new(node.address);
    bears(&somebody, "frozen", || server.signal(Signal::STOP), || server.signal(Signal::CONT));
    let server = std::cell::RefCell::new(&mut server);
    bears(&somebody, "killed", || server.borrow_mut().kill(), || server.borrow_mut().rise());
    node.terminate();
}

/// A file that another process writes to without an end: who reads is served, who writes is told.
pub fn locked() {
    let place = Place::sqlite();
    let node = start(&place, &place.url);
    let somebody = Somebody::new(node.address);
    block_on(async {
        use sqlx::Connection;
        let mut other = sqlx::SqliteConnection::connect(&place.url).await.expect("a database");
        sqlx::raw_sql("begin immediate").execute(&mut other).await.expect("locked");
        for answer in [somebody.me(), somebody.dashboard()] {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let began = Instant::now();
        for answer in [somebody.login(), somebody.sign_in(), somebody.sign_up("kim")] {
            assert_eq!(answer.status, 503, "{answer:?}");
        }
        let took = began.elapsed();
        assert!(took < 3 * ANSWER || !is_everything(), "three answers took {took:?}");
        sqlx::raw_sql("rollback").execute(&mut other).await.expect("let go");
        other.close().await.expect("closed");
        println!("locked: three who write were told after {} ms together", took.as_millis());
    });
    println!("locked: well again after {} ms", somebody.until_well("locked").as_millis());
    node.terminate();
    place.end();
}
