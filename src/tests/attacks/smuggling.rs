//! Requests within requests (CWE-444): written byte by byte to the server that people reach, and judged by what arrives at its
//! router.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::Request, middleware::Next};
use latchkey::server::http::arrivals::Arrivals;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt;

use crate::{
    suite::attacks,
    support::{World, at_a_desk},
};

/// What nobody asked for who reads the outer request as the standard says.
const WITHIN: &str = "GET /within HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n";

/// What arrived at the router.
type Seen = Arc<Mutex<Vec<String>>>;

/// The router with somebody who writes down what arrives.
fn watched(world: &World) -> (Router, Seen) {
    let seen = Seen::default();
    let notes = seen.clone();
    let watch = axum::middleware::from_fn(move |request: Request, next: Next| {
        notes.lock().expect("a lock").push(format!("{} {}", request.method(), request.uri()));
        next.run(request)
    });
    (Router::new().fallback_service(world.router.clone()).layer(watch), seen)
}

/// What comes after each shape on its connection, and ends it for whoever has got that far.
const LAST: &str = "GET /last HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nConnection: close\r\n\r\n";
/// Whoever waits for more than that is not an answer; this is no measurement.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends bytes to a server and reads all that it answers, until it ends the connection.
async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let (mut reader, mut writer) = TcpStream::connect(address).await.expect("a connection").into_split();
    let mut answer = Vec::new();
    // It may refuse, and end the connection, before it has all.
    let writing = async { writer.write_all(bytes).await.ok() };
    let both = async { tokio::join!(writing, reader.read_to_end(&mut answer)) };
    let (_, _) = tokio::time::timeout(PATIENCE, both)
        .await
        .unwrap_or_else(|_| panic!("it waits for more: {}", String::from_utf8_lossy(bytes)));
    String::from_utf8_lossy(&answer).into_owned()
}

/// A server as careless ones are: believes the first length that it sees, whatever else is there, takes any end of a line, and
/// goes on with what is left.
async fn careless(listener: TcpListener, router: Router) {
    while let Ok((mut stream, peer)) = listener.accept().await {
        let mut bytes = Vec::new();
        while !bytes.ends_with(LAST.as_bytes()) && stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {}
        let mut rest = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim_start().to_owned();
        while let Some((head, after)) = rest.split_once("\n\n") {
            let line = head.lines().next().unwrap_or_default();
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().split_once("content-length:").map(|(_, n)| n.trim().to_owned())
            });
            let length: usize =
                length.and_then(|length| length.split([',', ' ']).next().unwrap_or_default().parse().ok()).unwrap_or(0);
            let mut words = line.split_whitespace();
            let (method, path) = (words.next().unwrap_or("GET").to_owned(), words.next().unwrap_or("/").to_owned());
            let request = Request::builder()
                .method(method.as_str())
                .uri(path)
                .extension(axum::extract::ConnectInfo(peer))
                .body(axum::body::Body::empty());
            if let Ok(request) = request {
                let _ = router.clone().oneshot(request).await;
            }
            rest = after.get(length.min(after.len())..).unwrap_or_default().trim_start().to_owned();
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    }
}

/// The server that people reach, or the careless one.
async fn serve(world: &World, is_careless: bool) -> (SocketAddr, Seen, tokio::task::JoinHandle<()>) {
    let (router, seen) = watched(world);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = if is_careless {
        tokio::spawn(careless(listener, router))
    } else {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(
            async move { axum::serve(Arrivals::of(listener, 1, Arc::default()), service).await.expect("served") },
        )
    };
    (address, seen, serving)
}

/// The attack brings the careless server along.
async fn a_careless_server(_: &mut World) {}

/// Outer requests and what is within them, as one text; `{}` is where that stands, `{n}` its length.
#[allow(clippy::too_many_lines, reason = "a list")]
fn shapes() -> Vec<(&'static str, String)> {
    let chunk = format!("{:x}\r\n{WITHIN}\r\n0\r\n\r\n", WITHIN.len());
    let with = |head: &str, body: &str| {
        format!(
            "POST /auth/login HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Type: application/json\r\n{head}\r\n\r\n{body}"
        )
    };
    let length = WITHIN.len();
    let mut shapes = vec![
        ("CL.TE", with("Content-Length: 5\r\nTransfer-Encoding: chunked", &format!("0\r\n\r\n{WITHIN}"))),
        ("TE.CL", with("Content-Length: 4\r\nTransfer-Encoding: chunked", &chunk)),
        ("TE before CL", with("Transfer-Encoding: chunked\r\nContent-Length: 3", &chunk)),
        ("TE and CL of 0", with("Content-Length: 0\r\nTransfer-Encoding: chunked", &chunk)),
        ("two lengths", with(&format!("Content-Length: 0\r\nContent-Length: {length}"), WITHIN)),
        ("two lengths, the other way", with(&format!("Content-Length: {length}\r\nContent-Length: 0"), WITHIN)),
        ("lengths in a list", with(&format!("Content-Length: 0, {length}"), WITHIN)),
        ("a length with a sign", with(&format!("Content-Length: +0\r\nX: {length}"), WITHIN)),
        ("a negative length", with("Content-Length: -1", WITHIN)),
        ("a length in hexadecimal", with("Content-Length: 0x0", WITHIN)),
        ("a length with a space", with(&format!("Content-Length: 0 {length}"), WITHIN)),
        ("a length that is too large", with("Content-Length: 18446744073709551616", WITHIN)),
        ("a length of nothing", with("Content-Length:", WITHIN)),
        ("a length with zeros", with("Content-Length: 0\u{b}0", WITHIN)),
        ("a space before the colon", with(&format!("Content-Length : {length}"), WITHIN)),
        ("a tab before the colon", with(&format!("Content-Length\t: {length}"), WITHIN)),
        ("a folded line", with(&format!("X: y\r\n Content-Length: {length}"), WITHIN)),
        ("a folded length", with(&format!("Content-Length:\r\n {length}"), WITHIN)),
        ("a folded encoding", with("Transfer-Encoding:\r\n chunked\r\nContent-Length: 4", &chunk)),
        ("a bare line feed", with(&format!("X: y\nContent-Length: 0\nContent-Length: {length}"), WITHIN)),
        ("a bare carriage return", with(&format!("X: y\rContent-Length: 0\r\nContent-Length: {length}"), WITHIN)),
        ("a NUL in a value", with(&format!("X: \0\r\nContent-Length: 0\r\nContent-Length: {length}"), WITHIN)),
        ("identity", with("Transfer-Encoding: identity\r\nContent-Length: 0", &chunk)),
        ("chunked, identity", with("Transfer-Encoding: chunked, identity\r\nContent-Length: 4", &chunk)),
        ("identity, chunked", with("Transfer-Encoding: identity, chunked\r\nContent-Length: 4", &chunk)),
        (
            "chunked twice",
            with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 4", &chunk),
        ),
        ("xchunked", with("Transfer-Encoding: xchunked\r\nContent-Length: 4", &chunk)),
        ("chunked in quotes", with("Transfer-Encoding: \"chunked\"\r\nContent-Length: 4", &chunk)),
        ("chunked with a tab", with("Transfer-Encoding: \tchunked\r\nContent-Length: 4", &chunk)),
        ("chunked with a vertical tab", with("Transfer-Encoding: \u{b}chunked\r\nContent-Length: 4", &chunk)),
        ("chunked in capitals", with("tRANSFER-eNCODING: cHUNKED\r\nContent-Length: 4", &chunk)),
        ("chunked with a space before the colon", with("Transfer-Encoding : chunked\r\nContent-Length: 4", &chunk)),
        (
            "chunked of HTTP/1.0",
            with("Transfer-Encoding: chunked\r\nContent-Length: 4", &chunk)
                .replace("HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent", "HTTP/1.0\r\nHost: 127.0.0.1:3000\r\nContent"),
        ),
        (
            "a chunk with an extension",
            with("Transfer-Encoding: chunked\r\nContent-Length: 4", &chunk.replacen("\r\n", ";a=b\r\n", 1)),
        ),
        (
            "an extension with a line feed",
            with("Transfer-Encoding: chunked\r\nContent-Length: 0", &format!("0;a=\"\n{WITHIN}\"\r\n\r\n")),
        ),
        (
            "a size with a line feed",
            with("Transfer-Encoding: chunked\r\nContent-Length: 0", &format!("2\nxx\n{WITHIN}")),
        ),
        ("a size with a sign", with("Transfer-Encoding: chunked\r\nContent-Length: 0", &format!("+0\r\n\r\n{WITHIN}"))),
        (
            "a size with a prefix",
            with("Transfer-Encoding: chunked\r\nContent-Length: 0", &format!("0x0\r\n\r\n{WITHIN}")),
        ),
        (
            "a size that overflows",
            with("Transfer-Encoding: chunked\r\nContent-Length: 0", &format!("10000000000000000\r\n\r\n{WITHIN}")),
        ),
        ("a size of nothing", with("Transfer-Encoding: chunked\r\nContent-Length: 0", &format!("\r\n\r\n{WITHIN}"))),
        (
            "a chunk without its end",
            with("Transfer-Encoding: chunked\r\nContent-Length: 0", &format!("1\r\nxx0\r\n\r\n{WITHIN}")),
        ),
        (
            "a trailer with a length",
            with(
                "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\nContent-Length: 0",
                &format!("{:x}\r\n{WITHIN}\r\n0\r\nContent-Length: 0\r\n\r\n", WITHIN.len()),
            ),
        ),
        ("Expect", with(&format!("Expect: 100-continue\r\nContent-Length: 0\r\nContent-Length: {length}"), WITHIN)),
        (
            "an upgrade",
            with(
                &format!(
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 0\r\nContent-Length: {length}"
                ),
                WITHIN,
            ),
        ),
        (
            "a length that Connection names",
            with(&format!("Connection: Content-Length\r\nContent-Length: {length}"), WITHIN)
                .replace("POST /auth/login", "GET /health"),
        ),
        (
            "a GET with a length",
            with(&format!("Content-Length: {length}"), WITHIN).replace("POST /auth/login", "GET /health"),
        ),
        ("a GET in chunks", with("Transfer-Encoding: chunked", &chunk).replace("POST /auth/login", "GET /health")),
        (
            "a HEAD with a length",
            with(&format!("Content-Length: {length}"), WITHIN).replace("POST /auth/login", "HEAD /health"),
        ),
        (
            "a refused type",
            with(&format!("Content-Length: {length}"), WITHIN).replace("application/json", "text/plain"),
        ),
        ("a refused site", with(&format!("Sec-Fetch-Site: cross-site\r\nContent-Length: {length}"), WITHIN)),
        (
            "a refused method",
            with(&format!("Content-Length: {length}"), WITHIN).replace("POST /auth/login", "PUT /api/sign_in"),
        ),
        (
            "a page that is not there",
            with(&format!("Content-Length: {length}"), WITHIN).replace("/auth/login", "/no-such-page"),
        ),
        (
            "a space in the address",
            format!("GET /health HTTP/1.1\r\nX: y\r\n\r\n{WITHIN}")
                .replace("/health", "/health\tHTTP/1.1\r\nContent-Length: 4\r\n\r\nxxxx /x"),
        ),
        (
            "a line before the first",
            format!("\r\n\r\nGET /health HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Length: {length}\r\n\r\n{WITHIN}"),
        ),
        ("a line of spaces", with(&format!(" \r\nContent-Length: 0\r\nContent-Length: {length}"), WITHIN)),
        ("no name", with(&format!(": x\r\nContent-Length: 0\r\nContent-Length: {length}"), WITHIN)),
        ("an odd name", with(&format!("Content_Length: 0\r\nContent-Length: {length}"), WITHIN)),
    ];
    // What is refused for its size is read to its end, or the connection ends; the rest is no request.
    for size in [64 * 1024 - 100, 64 * 1024 + 1, 300_000] {
        let body = format!("{}{WITHIN}", "a".repeat(size));
        shapes.push(("what is within too much", with(&format!("Content-Length: {}", body.len()), &body)));
        let pieces = format!("{:x}\r\n{}\r\n{:x}\r\n{WITHIN}\r\n0\r\n\r\n", size, "a".repeat(size), WITHIN.len());
        shapes.push(("what is within too many chunks", with("Transfer-Encoding: chunked", &pieces)));
        let form = with(&format!("Content-Length: {}", body.len()), &body)
            .replace("/auth/login", "/api/sign_in")
            .replace("application/json", "application/x-www-form-urlencoded");
        shapes.push(("what is within too large a form", form));
    }
    shapes
}

attacks! {
    /// ASVS 4.2.1; CWE-444; RFC 9112 sections 2.2, 5.1, 6.1, 6.3, 7.1, 11.2: the inner request never arrives, and whatever comes after
    /// what is ambiguous does not either. By what is known of CL.TE, TE.CL and TE.TE.
    with(at_a_desk) caught_by(a_careless_server) async fn a_request_within_a_request(world, record) {
        let (address, seen, serving) = serve(world, record.is_control()).await;
        say(address, format!("{WITHIN}{LAST}").as_bytes()).await;
        assert_eq!(seen.lock().expect("a lock").drain(..).collect::<Vec<_>>(), ["GET /within", "GET /last"], "what arrives is seen");
        for (name, shape) in shapes() {
            let answer = say(address, format!("{shape}{LAST}").as_bytes()).await;
            let mut arrived: Vec<String> = seen.lock().expect("a lock").drain(..).collect();
            arrived.retain(|request| request != "GET /last");
            // One request at the most, and not that one.
            let is_held = arrived.len() <= 1 && !arrived.iter().any(|request| request.contains("/within"));
            record.held(is_held, || format!("{name}: {arrived:?} arrived: {answer}"));
        }
        serving.abort();
    }

    /// ASVS 4.2.1, 8.3.1; CWE-444, CWE-436: two requests on one connection are two, each with its own cookies, whatever became of the
    /// first.
    with(at_a_desk) caught_by(a_careless_session) async fn a_request_after_another(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        let cookie = sam.session_cookie().expect("a session").clone();
        let (address, _, serving) = serve(world, false).await;
        let after = "GET /users/me HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\nGET /account HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nConnection: close\r\n\r\n";
        for first in [
            format!("GET /dashboard HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nCookie: latchkey={cookie}\r\nAccept: application/json\r\n\r\n"),
            format!("HEAD /account HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nCookie: latchkey={cookie}\r\n\r\n"),
            format!("POST /api/keep_session HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nCookie: latchkey={cookie}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"),
            format!("POST /api/keep_session HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nCookie: latchkey={cookie}\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 4\r\n\r\nx=y&"),
            format!("POST /no-such-page HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nCookie: latchkey={cookie}\r\nContent-Length: 4\r\n\r\nx=y&"),
        ] {
            let answer = say(address, format!("{first}{after}").as_bytes()).await;
            // The page of the first may be there; of the two after it there is none.
            let mut answers = answer.match_indices("HTTP/1.1 ").map(|(at, _)| at).collect::<Vec<_>>();
            assert_eq!(answers.len(), 3, "{answer}");
            answers.remove(0);
            for at in answers {
                record.held(!answer[at..].starts_with("HTTP/1.1 200"), || format!("{first}: {}", &answer[at..]));
            }
        }
        serving.abort();
    }
}

/// Who asked a moment ago asks still.
async fn a_careless_session(world: &mut World) {
    let last: Arc<Mutex<Option<axum::http::HeaderValue>>> = Arc::default();
    world.wrap(move |mut request, next| {
        let last = last.clone();
        async move {
            let known = {
                let mut last = last.lock().expect("a lock");
                if let Some(cookie) = request.headers().get("cookie") {
                    *last = Some(cookie.clone());
                }
                last.clone()
            };
            if let Some(cookie) = known {
                request.headers_mut().insert("cookie", cookie);
            }
            next.run(request).await
        }
    });
}
