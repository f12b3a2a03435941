//! Pages that a cache would keep for the next one who asks (CWE-525, CWE-524): web cache deception, and answers that may be stored.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::{
    suite::{Record, attacks},
    support::{Answer, Browser, World, at_a_desk},
};

/// What caches take for a file, and what parts of a server take for the end of a path.
const TAILS: [&str; 38] = [
    "/x.css",
    "/x.js",
    "/x.png",
    "/x.svg",
    "/x.ico",
    "/x.wasm",
    "/robots.txt",
    "/favicon.ico",
    ".css",
    ".js",
    ".png",
    ".html",
    ".json",
    ";x.css",
    ";.js",
    ";/x.css",
    "%3bx.css",
    "%2ex.css",
    "%2fx.css",
    "%2Fx.js",
    "%00.css",
    "%00x.js",
    "%0a.css",
    "%0ax.css",
    "%23x.css",
    "%3fx.css",
    "%3Fx.js",
    "%5cx.css",
    "/%2e%2e/pkg/latchkey.css",
    "/..%2fpkg%2flatchkey.css",
    "/..;/pkg/latchkey.css",
    "//x.css",
    "/./x.css",
    "/.css",
    "%20.css",
    "~.css",
    "!.css",
    "$x.css",
];

/// Addresses that a cache would take for those of files, and that lead back.
const DETOURS: [&str; 14] = [
    "/pkg/..%2fPAGE",
    "/pkg/%2e%2e/PAGE",
    "/pkg/%2e%2e%2fPAGE",
    "/pkg/..;/PAGE",
    "/pkg//..%2fPAGE",
    "/pkg/x.css/..%2f..%2fPAGE",
    "/pkg/latchkey.css%2f..%2f..%2fPAGE",
    "/pkg/..%5cPAGE",
    "/pkg/latchkey.css?/PAGE",
    "/favicon.svg/PAGE",
    "/favicon.svg%2f..%2fPAGE",
    "/favicon.svg;/PAGE",
    "/estimator/..%2fPAGE",
    "/robots.txt%2f..%2fPAGE",
];

const PAGES: [&str; 7] =
    ["/dashboard", "/account", "/account/sessions", "/account/activity", "/account/email", "/admin", "/admin/people"];

fn is_personal(answer: &Answer) -> bool {
    // The way out stands on every page of somebody, and on no other.
    ["ada@example.com", "Hello, ada", "/api/sign_out"].iter().any(|mark| answer.body.contains(mark))
}

/// Whether any cache on the way may keep it.
fn is_storable(answer: &Answer) -> bool {
    let said = answer
        .headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(",");
    !said.contains("no-store")
        || said.contains("public")
        || said.contains("max-age")
        || answer.headers.contains_key(header::EXPIRES)
}

fn judge(record: &Record, answer: &Answer, is_disguised: bool, what: impl FnOnce() -> String) {
    let leaks = is_personal(answer) && (is_storable(answer) || (is_disguised && answer.status == StatusCode::OK));
    let is_given_to_all = answer.headers.contains_key(header::SET_COOKIE) && is_storable(answer);
    record.held(!leaks && !is_given_to_all, || format!("{}: {} {:?}", what(), answer.status, answer.headers));
}

async fn get(browser: &Browser, method: Method, path: &str, more: &[(&str, &str)]) -> Option<Answer> {
    let mut request = browser.request(method, "/").uri(path.parse::<axum::http::Uri>().ok()?);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    Some(browser.clone().send(request.body(Body::empty()).ok()?).await)
}

/// Whatever stands behind a page's name is not looked at.
async fn matches_by_the_beginning(world: &mut World) {
    world.wrap(async |mut request, next| {
        let path = request.uri().path().to_owned();
        if let Some(page) = PAGES.iter().rev().find(|page| path.starts_with(**page)) {
            *request.uri_mut() = page.parse().expect("a path");
        }
        next.run(request).await
    });
}

/// What looks like a file is kept for a year.
async fn keeps_files(world: &mut World) {
    world.wrap(async |request, next| {
        let mut answer = next.run(request).await;
        answer.headers_mut().insert(header::CACHE_CONTROL, "public, max-age=31536000".parse().expect("a value"));
        answer
    });
}

/// Escapes in a path are undone, and ways up gone, before it is looked up.
async fn undoes_escapes(world: &mut World) {
    world.wrap(async |mut request, next| {
        let path = request.uri().path().to_lowercase().replace("%2f", "/").replace("%2e", ".").replace("%5c", "/");
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if part == ".." || part == "..;" {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        if path.contains("..")
            && let Ok(plain) = format!("/{}", parts.join("/")).parse()
        {
            *request.uri_mut() = plain;
        }
        next.run(request).await
    });
}

attacks! {
    /// ASVS 14.2.5, 14.2.2; CWE-525; web cache deception (Gil 2017) and its path confusions (Mirheidari 2020): a link that makes a
    /// cache keep what only its owner should see.
    with(at_a_desk) caught_by(matches_by_the_beginning, keeps_files) async fn pages_that_look_like_files(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        for page in PAGES {
            let plain = ada.clone().get(page).await;
            assert!(record.is_control() || (plain.status == StatusCode::OK && is_personal(&plain)), "{page}: {plain:?}");
            judge(record, &plain, false, || page.to_owned());
            for tail in TAILS {
                for path in [format!("{page}{tail}"), format!("{page}{tail}?x=1"), format!("{page}{}", tail.to_uppercase())] {
                    for method in [Method::GET, Method::HEAD] {
                        let Some(answer) = get(&ada, method.clone(), &path, &[]).await else { continue };
                        judge(record, &answer, true, || format!("{method} {path}"));
                    }
                }
            }
            for query in ["?x.css", "?/x.css", "?.js", "?cb=1", "?utm_source=x", "?%2fx.css"] {
                let answer = get(&ada, Method::GET, &format!("{page}{query}"), &[]).await.expect("an answer");
                judge(record, &answer, false, || format!("{page}{query}"));
            }
        }
    }

    /// ASVS 14.2.5; CWE-525, CWE-22: a way through a folder of files back to a page.
    with(at_a_desk) caught_by(undoes_escapes) async fn detours_through_files(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        for page in PAGES {
            for detour in DETOURS {
                let path = detour.replace("PAGE", page.trim_start_matches('/'));
                for path in [path.clone(), path.to_uppercase().replace("%2F", "%2f")] {
                    let Some(answer) = get(&ada, Method::GET, &path, &[]).await else { continue };
                    judge(record, &answer, true, || path.clone());
                }
            }
        }
    }

    /// ASVS 14.2.2, 14.3.2; CWE-524, CWE-525: what is asked for with a session, a token or a password is never storable, whatever
    /// the request says of caches; and what is storable sets no cookie.
    with(at_a_desk) caught_by(keeps_files) async fn answers_that_may_be_kept(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        let program = world.program_of("ada@example.com").await;
        let bearer = format!("Bearer {}", program.token.clone().expect("a token"));
        let wishes: [&[(&str, &str)]; 6] = [
            &[], &[("cache-control", "max-age=31536000")], &[("if-none-match", "*")], &[("if-modified-since", "Sat, 21 Nov 2099 00:00:00 GMT")], &[("range", "bytes=0-10")], &[("surrogate-capability", "x=\"Surrogate/1.0\"")],
        ];
        for wish in wishes {
            for path in ["/users/me", "/users/me/sessions", "/users/me/tokens", "/manage/users", "/manage/sessions", "/manage/events", "/manage/overview"] {
                for tail in ["", "?x.css", "/x.css", ".json", ".css", ";x.css", "%2fx.css", "%00.css"] {
                    let more = [wish, &[("authorization", bearer.as_str())]].concat();
                    let answer = get(&ada, Method::GET, &format!("{path}{tail}"), &more).await.expect("an answer");
                    judge(record, &answer, !tail.is_empty() && !tail.starts_with('?'), || format!("{path}{tail} with {wish:?}"));
                    record.held(!answer.status.is_success() || !is_storable(&answer), || format!("{path}{tail} may be kept: {:?}", answer.headers));
                }
            }
            for page in ["/", "/sign-in", "/sign-up", "/forgot-password", "/reset-password", "/verify-email", "/setup", "/not-me", "/account/confirm", "/account/delete", "/account/password", "/no-such-page", "/favicon.svg", "/openapi.json", "/.well-known/jwks.json"] {
                for browser in [&ada, &world.anonymous()] {
                    let answer = get(browser, Method::GET, page, wish).await.expect("an answer");
                    judge(record, &answer, false, || format!("{page} with {wish:?}"));
                    let is_page = answer.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
                    record.held(!is_page || !is_storable(&answer), || format!("{page} may be kept: {:?}", answer.headers));
                }
            }
            let mut other = ada.clone();
            for (action, fields) in [("/api/keep_session", &[] as &[(&str, &str)]), ("/api/confirm_password", &[("password", "wrong")]), ("/account/export", &[]), ("/admin/audit/export", &[("format", "csv")])] {
                let answer = other.submit(action, fields).await;
                record.held(!is_storable(&answer), || format!("{action} may be kept: {:?}", answer.headers));
            }
        }
    }
}
