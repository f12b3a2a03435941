//! What cannot be read, and what is too much (CWE-20, CWE-400): refused in our words, and never by falling over.

use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header},
};
use latchkey::server::config::Config;
use serde_json::json;

use crate::{
    suite::{Record, attacks, read},
    support::{Answer, Browser, PASSWORD, World},
};

fn unlimited(config: &mut Config) {
    config.network_requests = u16::MAX;
    config.network_tries = u16::MAX;
    config.account_tries = u16::MAX;
}

/// Whether somebody fell over: an answer that is no answer of ours.
fn stands(answer: &Answer) -> bool {
    !answer.status.is_server_error()
        && !answer.body.contains("panicked")
        && !answer.body.contains("RUST_BACKTRACE")
        && answer.headers.contains_key("x-request-id")
}

fn judge(record: &Record, answer: &Answer, what: impl FnOnce() -> String) {
    record.held(stands(answer), || {
        format!("{}: {} {}", what(), answer.status, answer.body.chars().take(200).collect::<String>())
    });
}

/// The same, of what must be refused.
fn judge_refused(record: &Record, answer: &Answer, what: impl FnOnce() -> String) {
    let is_refused = answer.status.is_client_error() || answer.status.is_redirection();
    record.held(stands(answer) && is_refused, || {
        format!("{}: {} {}", what(), answer.status, answer.body.chars().take(200).collect::<String>())
    });
}

async fn send(
    browser: &Browser,
    method: Method,
    path: &str,
    content_type: &str,
    token: Option<&str>,
    body: impl Into<Body>,
) -> Answer {
    let mut request = browser.request(method, path).header("sec-fetch-site", "same-origin");
    if !content_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    browser.clone().send(request.body(body.into()).expect("a request")).await
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Operations that take JSON.
const OPERATIONS: [&str; 11] = [
    "/users",
    "/auth/login",
    "/auth/refresh",
    "/auth/password/forgot",
    "/auth/password/reset",
    "/auth/email/verify",
    "/auth/email/resend",
    "/users/me/tokens",
    "/manage/users",
    "/manage/sessions/end",
    "/manage/sessions/delete",
];

/// Falls over what it cannot read.
async fn falls_over_bytes(world: &mut World) {
    world.wrap(async |request, next| {
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        let is_text = std::str::from_utf8(&bytes).is_ok();
        let text = String::from_utf8_lossy(&bytes);
        let depth = text.matches('[').count().max(text.matches('{').count());
        let mut answer = next.run(axum::extract::Request::from_parts(parts, bytes.into())).await;
        if !is_text || depth > 500 {
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        answer
    });
}

/// Falls over long and odd heads.
async fn falls_over_heads(world: &mut World) {
    world.wrap(async |request, next| {
        let is_odd = request.headers().values().any(|value| value.len() > 3_000 || value.to_str().is_err())
            || request.uri().to_string().len() > 3_000;
        let mut answer = next.run(request).await;
        if is_odd {
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        answer
    });
}

/// Takes whatever there is of it.
async fn takes_everything(world: &mut World) {
    world.wrap(async |request, next| {
        let (request, sent) = read(request).await;
        let mut answer = next.run(request).await;
        if sent.len() > 60_000 || sent.matches("\"email\"").count() > 1 {
            *answer.status_mut() = StatusCode::OK;
        }
        answer
    });
}

attacks! {
    /// ASVS 1.1.1, 2.2.1, 15.2.2, 15.3.7; CWE-20, CWE-235, CWE-400: every form, as administrator and as nobody.
    with(unlimited) caught_by(falls_over_bytes) async fn forms_that_cannot_be_read(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        let names = ["email", "username", "identifier", "password", "new_password", "remember", "next", "session", "person", "ids", "act", "as_of", "invite", "roles", "theme", "sign_out_others"];
        let each = |value: &str| names.map(|name| format!("{name}={value}")).join("&").into_bytes();
        let mut bodies: Vec<Vec<u8>> = vec![
            vec![], b"=".to_vec(), b"&".to_vec(), b"&&&===&".to_vec(), b"%".to_vec(), b"%%%".to_vec(), b"%zz=%zz".to_vec(), b"\0".to_vec(), vec![0xff; 100], vec![0; 1_000], b"email".to_vec(),
            each("%ff%fe"), each("%c0%af"), each("%ed%a0%80"), each("%00"), each("%f0%28%8c%28"), each("\u{202e}x"), each("%"), each("true&"), each("1e999"), each("-1"), each("99999999999999999999"),
            each("%EF%BB%BF"), each(&"a".repeat(3_000)), each("%F0%9F%94%91"), each("a%0d%0ab"), each("\u{0}"), each("[]"), each("{}"), each("NaN"),
            names.map(|name| format!("{name}[]=x&{name}[a][b][c]=x")).join("&").into_bytes(),
            names.map(|name| format!("{name}=x&{name}=y&{name}=z")).join("&").into_bytes(),
            "a[".repeat(5_000).into_bytes(), format!("email{}=x", "[a]".repeat(5_000)).into_bytes(), "x=1&".repeat(15_000).into_bytes(), "&".repeat(60_000).into_bytes(),
            format!("password={}", "a".repeat(60_000)).into_bytes(), format!("new_password={}&email=sam@example.com", "%F0%9F%94%91".repeat(256)).into_bytes(), format!("new_password={}&email=sam@example.com", "%F0%9F%94%91".repeat(257)).into_bytes(),
        ];
        bodies.push([each("x"), vec![0xff, 0xfe]].concat());
        for form in latchkey::api::FORMS.iter().filter(|form| form.action != "/api/sign_out") {
            for body in &bodies {
                for browser in [&ada, &world.anonymous()] {
                    let answer = send(browser, Method::POST, form.action, FORM, None, body.clone()).await;
                    judge(record, &answer, || format!("{} with {:?}", form.action, String::from_utf8_lossy(&body[..body.len().min(60)])));
                }
            }
            for content_type in ["", "text/plain", JSON, "multipart/form-data; boundary=x", "application/x-www-form-urlencoded, application/json", "application/x-www-form-urlencoded2", "a/b; charset=\u{e9}", "application/xml"] {
                let answer = send(&ada, Method::POST, form.action, content_type, None, "email=sam%40example.com").await;
                judge_refused(record, &answer, || format!("{} as {content_type:?}", form.action));
            }
        }
    }

    /// ASVS 2.2.1, 4.1.1, 13.2.6, 15.2.2; CWE-20, CWE-674, CWE-235: every operation.
    with(unlimited) caught_by(falls_over_bytes, takes_everything) async fn json_that_cannot_be_read(world, record) {
        world.administrator("ada@example.com").await;
        let token = world.program_of("ada@example.com").await.token.expect("a token");
        let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
        let mut bodies: Vec<Vec<u8>> = [
            "", " ", "null", "true", "1", "\"x\"", "[]", "[{}]", "{", "}", "{}{}", "{\"email\"}", "{\"email\":}", "{\"email\":\"x\",}", "{'email':'x'}", "{email:\"x\"}", "// x\n{}", "\u{feff}{}", "{\"email\":NaN}",
            "{\"email\":\"\\ud800\"}", "{\"email\":\"\\u0000\"}", "{\"email\":\"x\u{0}\"}", "{\"email\":\"x\n\"}", "{\"email\":1e999}", "{\"email\":99999999999999999999999}", "{\"email\":null,\"password\":null}",
            "{\"email\":[\"sam@example.com\"],\"password\":{}}", "{\"email\":{\"$ne\":\"\"},\"password\":{\"$gt\":\"\"}}", "{\"email\":true,\"password\":1}", "<x/>", "email=sam@example.com",
        ].iter().map(|body| body.as_bytes().to_vec()).collect();
        bodies.extend([
            deep("[", "]", 10_000).into_bytes(), deep("{\"a\":", "}", 5_000).into_bytes(), format!("{{\"email\":{}}}", deep("[", "]", 10_000)).into_bytes(), format!("{{\"email\":{}}}", deep("{\"a\":[", "]}", 3_000)).into_bytes(),
            b"{\"email\":\"\xff\xfe\"}".to_vec(), b"\xff\xfe{\0}\0".to_vec(), vec![0; 1_000], format!("{{\"email\":\"{}\"}}", "a".repeat(60_000)).into_bytes(), format!("{{{}}}", "\"a\":1,".repeat(9_000)).into_bytes(),
        ]);
        for path in OPERATIONS {
            for body in &bodies {
                for token in [Some(token.as_str()), None] {
                    let answer = send(&world.anonymous(), Method::POST, path, JSON, token, body.clone()).await;
                    judge_refused(record, &answer, || format!("{path} with {:?}", String::from_utf8_lossy(&body[..body.len().min(60)])));
                }
            }
            for content_type in ["", "text/plain", FORM, "text/json", "application/jsonp", "application/json2", "*/*", "application/ json", "application/xml", "application/x-ndjson"] {
                let body = json!({ "email": "sam@example.com", "password": PASSWORD }).to_string();
                let answer = send(&world.anonymous(), Method::POST, path, content_type, Some(&token), body).await;
                judge_refused(record, &answer, || format!("{path} as {content_type:?}"));
            }
            for body in [
                format!("{{\"email\":\"ada@example.com\",\"email\":\"sam@example.com\",\"password\":\"{PASSWORD}\"}}"),
                format!("{{\"email\":\"sam@example.com\",\"\\u0065mail\":\"ada@example.com\",\"password\":\"{PASSWORD}\"}}"),
                format!("{{\"email\":\"ada@example.com\",\"password\":\"wrong\",\"password\":\"{PASSWORD}\"}}"),
                "{\"refresh_token\":\"x\",\"refresh_token\":\"y\",\"email\":\"a@example.com\",\"email\":\"b@example.com\",\"token\":\"x\",\"token\":\"y\",\"name\":\"x\",\"name\":\"y\"}".to_owned(),
            ] {
                let answer = send(&world.anonymous(), Method::POST, path, JSON, Some(&token), body.clone()).await;
                judge_refused(record, &answer, || format!("{path} with members twice: {body}"));
            }
        }
    }

    /// ASVS 4.2.5, 15.2.2; CWE-400, CWE-770: bodies that are too large, everywhere, also where they come in pieces without a length.
    with(unlimited) caught_by(takes_everything) async fn too_much(world, record) {
        world.administrator("ada@example.com").await;
        let token = world.program_of("ada@example.com").await.token.expect("a token");
        let forms: Vec<&str> = latchkey::api::FORMS.iter().map(|form| form.action).filter(|action| !action.starts_with("/api/admin")).collect();
        for size in [64 * 1024 + 1, 200_000, 3_000_000] {
            for path in forms.iter().copied().chain(OPERATIONS).chain(["/csp-report"]) {
                let content_type = if path.starts_with("/api/") { FORM } else if path == "/csp-report" { "application/csp-report" } else { JSON };
                let filler = "a".repeat(size);
                let body = if path.starts_with("/api/") { format!("password={filler}") } else { format!("{{\"password\":\"{filler}\",\"email\":\"x\"}}") };
                let pieces: Vec<Result<_, std::io::Error>> = body.as_bytes().chunks(16 * 1024).map(|piece| Ok(axum::body::Bytes::copy_from_slice(piece))).collect();
                let streamed = Body::from_stream(futures_util::stream::iter(pieces));
                for body in [Body::from(body.clone()), streamed] {
                    let answer = send(&world.anonymous(), Method::POST, path, content_type, Some(&token), body).await;
                    let is_refused = matches!(answer.status.as_u16(), 413) || (path == "/csp-report" && !answer.status.is_server_error());
                    record.held(is_refused && stands(&answer) || path == "/csp-report" && stands(&answer) && size < 65_536, || format!("{path} with {size} bytes: {} {}", answer.status, answer.body.chars().take(200).collect::<String>()));
                }
            }
        }
        // A body that breaks off is not taken for a whole one.
        for path in ["/api/sign_in", "/auth/login", "/users"] {
            let pieces = vec![Ok(axum::body::Bytes::from_static(b"{\"email\":\"sam@example.com\"")), Err(std::io::Error::other("gone"))];
            let content_type = if path.starts_with("/api/") { FORM } else { JSON };
            let answer = send(&world.anonymous(), Method::POST, path, content_type, None, Body::from_stream(futures_util::stream::iter(pieces))).await;
            judge_refused(record, &answer, || format!("{path} that breaks off"));
        }
    }

    /// ASVS 2.2.1, 3.3.5, 4.1.4, 4.2.5; CWE-20: heads: cookies, addresses, types, languages, tokens, methods.
    with(unlimited) caught_by(falls_over_heads) async fn heads_that_cannot_be_read(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        let long = "a".repeat(60_000);
        let odd: Vec<Vec<u8>> = vec![
            vec![], b" ".to_vec(), b",".to_vec(), b";".to_vec(), b"=".to_vec(), vec![0x80, 0xff, 0xfe], "\u{fc}\u{2028}".as_bytes().to_vec(), b"\"".to_vec(), b"%".to_vec(), b"%ff%00".to_vec(), b"%7b%22".to_vec(), b"{\"a\":1}".to_vec(),
            b"-1".to_vec(), b"99999999999999999999999999".to_vec(), b"NaN".to_vec(), b"*/*;q=abc".to_vec(), b"text/html;q=1,".repeat(500), long.clone().into_bytes(), b"../../etc/passwd".to_vec(), b"Bearer".to_vec(), b"Bearer ".to_vec(), b"bearer x y z".to_vec(), b"Basic !!!".to_vec(),
            b"latchkey=; latchkey=; latchkey".to_vec(), b"latchkey=\"\x80\"".to_vec(), b"latchkey=a; ".repeat(2_000), b"latchkey-flash=%7B%22error%22%3A%7B%7D%7D; latchkey-theme=\xff; latchkey-link=reset-password.; latchkey-device=%00".to_vec(),
        ];
        for name in ["cookie", "accept", "accept-language", "accept-encoding", "authorization", "content-type", "content-length", "origin", "referer", "user-agent", "host", "if-none-match", "if-modified-since", "range", "x-forwarded-for", "forwarded", "x-request-id", "expect", "te", "upgrade", "traceparent", "sec-fetch-site", "access-control-request-method"] {
            for value in &odd {
                for (method, path) in [(Method::GET, "/sign-in"), (Method::GET, "/dashboard"), (Method::GET, "/users/me"), (Method::POST, "/api/sign_in")] {
                    let mut request = sam.request(method.clone(), path).body(Body::empty()).expect("a request");
                    let Ok(value) = HeaderValue::from_bytes(value) else { continue };
                    request.headers_mut().insert(name, value.clone());
                    let answer = sam.clone().send(request).await;
                    judge(record, &answer, || format!("{method} {path} with {name}: {:?}", &value.as_bytes()[..value.len().min(40)]));
                }
            }
        }
        for query in ["?", "?&&", "?=", "?next", "?next=%ff", "?next=%00", "?token=%c0%af", "?token=a&token=b", "?after=x&before=y", "?after=%ff", "?from=99999-99-99", "?from=-1", "?q=%e2%80%ae", "?state=%00", "?role=%f0%9f%94%91", "?sort=%27,%20%27", "?page=-1", "?a[b][c]=d"] {
            for page in ["/", "/sign-in", "/dashboard", "/account/activity", "/account/sessions", "/reset-password", "/verify-email", "/not-me", "/setup", "/users/me", "/openapi.json", "/health/ready"] {
                let answer = sam.clone().get(&format!("{page}{query}")).await;
                judge(record, &answer, || format!("{page}{query}"));
            }
        }
        for page in ["/sign-in?next=/", "/", "/account/activity?after=", "/reset-password?token=", "/pkg/", "/users/me/sessions/", "/manage/users?q="] {
            let answer = sam.clone().get(&format!("{page}{long}")).await;
            judge(record, &answer, || format!("{page} and 60,000 bytes more"));
        }
        for path in ["/%", "/%zz", "/%ff", "/%00", "/..", "/../..", "/%2e%2e%2fetc%2fpasswd", "/pkg/..%2f..%2fCargo.toml", "/pkg/%2e%2e/%2e%2e/Cargo.toml", "/pkg/..%5c..%5cCargo.toml", "/pkg//etc/passwd", "/pkg/%00", "/estimator/../../Cargo.toml", "/pkg/.", "/.git/HEAD", "/.env", "/account/%2e%2e/admin", "/admin/people/%ff", "/users/%00", "/manage/users/%ff", "/;/", "/sign-in%00"] {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "FOO", "get"] {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let Ok(uri) = path.parse::<axum::http::Uri>() else { continue };
                let request = sam.request(method.clone(), "/").uri(uri).header("sec-fetch-site", "same-origin").body(Body::empty());
                let answer = sam.clone().send(request.expect("a request")).await;
                let is_read = answer.body.contains("[package]") || answer.body.contains("root:");
                judge(record, &answer, || format!("{method} {path}"));
                record.held(!(is_read || method == Method::TRACE && answer.status.is_success()), || format!("{method} {path} was answered with {}", answer.body));
            }
        }
    }

    /// ASVS 6.2.8, 6.2.9, 15.1.3; CWE-400: passwords that would be work, at every door that takes one.
    with(unlimited) caught_by(takes_everything) async fn huge_passwords(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        let before = crate::suite::state_of(world).await;
        for length in [257, 1_000, 20_000, 65_000] {
            for character in ["a", "\u{e9}", "\u{1f511}"] {
                let password = character.repeat(length);
                if password.len() > 65_000 {
                    continue;
                }
                let escaped: String = url::form_urlencoded::byte_serialize(password.as_bytes()).collect();
                for (path, fields) in [("/api/sign_up", "email=new%40example.com&new_password="), ("/api/change_password", "password=marble+trolley+unseen+kettle&new_password="), ("/api/sign_in", "identifier=sam%40example.com&password="), ("/api/confirm_password", "password=")] {
                    let answer = send(&sam, Method::POST, path, FORM, None, format!("{fields}{escaped}")).await;
                    judge_refused(record, &answer, || format!("{path} with {length} × {character}"));
                }
                for (path, body) in [("/users", json!({ "email": "new@example.com", "password": password })), ("/auth/login", json!({ "email": "sam@example.com", "password": password })), ("/auth/password/reset", json!({ "token": "x", "new_password": password }))] {
                    let answer = send(&world.anonymous(), Method::POST, path, JSON, None, body.to_string()).await;
                    judge_refused(record, &answer, || format!("{path} with {length} × {character}"));
                }
            }
        }
        let after = crate::suite::state_of(world).await;
        record.held(before == after, || format!("{before} became {after}"));
    }
}
