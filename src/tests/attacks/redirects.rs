//! Ways off this site (CWE-601): whatever is sent as the page to go on to, the browser stays here.

use axum::{
    body::Body,
    http::{HeaderValue, Method, header},
};
use latchkey::server::config::Config;
use url::Url;

use crate::{
    suite::{Record, attacks, read},
    support::{Answer, PASSWORD, World},
};

const OWN: &str = "http://127.0.0.1:3000";

fn unlimited(config: &mut Config) {
    config.network_requests = u16::MAX;
    config.network_tries = u16::MAX;
    config.account_tries = u16::MAX;
}

/// Where to, before it is put into a form or an address.
const ELSEWHERE: [&str; 62] = [
    "https://evil.example",
    "http://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "\\\\\\evil.example",
    "/\\/evil.example",
    "//\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "//evil.example ",
    "\u{a0}//evil.example",
    "/ /evil.example",
    "\u{b}//evil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%0d/evil.example",
    "/%5cevil.example",
    "/%2fevil.example",
    "%2f%2fevil.example",
    "/%252fevil.example",
    "/%5c%5cevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/./evil.example/..//evil.example",
    "/%2e//evil.example",
    "/%2e%2e//evil.example",
    "/a/..//evil.example",
    "/a/%2e%2e//evil.example",
    "/;//evil.example",
    "/.;//evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,evil",
    "vbscript:evil",
    "file:///etc/passwd",
    "blob:https://evil.example/x",
    "//evil%E3%80%82example",
    "//evil\u{3002}example",
    "/\u{2215}evil.example",
    "\u{ff0f}\u{ff0f}evil.example",
    "/\u{ff0f}evil.example",
    "/\u{2044}evil.example",
    "//127.0.0.1:3000@evil.example",
    "//127.0.0.1:3000.evil.example",
    "http://127.0.0.1:3000@evil.example/",
    "//evil.example#/dashboard",
    "//evil.example?/dashboard",
    "/dashboard\r\nLocation: https://evil.example",
    "/dashboard\0//evil.example",
    "?//evil.example",
];

/// Whether a browser that follows this stays on this site, and reads it as nothing else.
fn stays(location: &HeaderValue) -> bool {
    let Ok(text) = location.to_str() else { return false };
    let base = Url::parse(OWN).expect("an address");
    let joined = [text.to_owned(), percent_decoded(text)].into_iter().all(|text| {
        let folded: String = text.trim().chars().filter(|c| !matches!(c, '\t' | '\r' | '\n' | '\0')).collect();
        base.join(folded.split('?').next().unwrap_or_default()).is_ok_and(|joined| joined.origin() == base.origin())
    });
    joined && text.starts_with('/') && !text.starts_with("//") && !text.contains('\\')
}

fn percent_decoded(text: &str) -> String {
    let query = format!("x={}", text.replace('+', "%2b").replace('&', "%26"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Every place of an answer that leads somewhere.
fn leads_away(answer: &Answer) -> Option<String> {
    let headers = [header::LOCATION, header::REFRESH, header::CONTENT_LOCATION, header::LINK];
    let away = headers.iter().filter_map(|name| answer.headers.get(name)).find(|value| !stays(value));
    if let Some(away) = away {
        return Some(format!("{away:?}"));
    }
    if answer.headers.values().any(|value| value.as_bytes().contains(&b'\n')) {
        return Some("a header of two lines".into());
    }
    for attribute in ["name=\"next\" value=\"", "href=\"", "action=\"", "src=\"", "http-equiv=\"refresh\" content=\""] {
        for part in answer.body.split(attribute).skip(1) {
            let value = part.split('"').next().unwrap_or_default().replace("&amp;", "&");
            let shown = value.starts_with('#')
                || value.is_empty()
                || value.starts_with("mailto:")
                || value.starts_with("https://openapis.org");
            if !shown && value.contains("evil") && !HeaderValue::from_str(&value).is_ok_and(|value| stays(&value)) {
                return Some(format!("{attribute}{value}"));
            }
        }
    }
    None
}

fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// The value in an address: encoded once and twice, and as it is where an address can hold it.
fn in_addresses(value: &str) -> Vec<String> {
    let mut ways = vec![encoded(value), encoded(&encoded(value))];
    if value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\' | b'"' | b'<' | b'>')) {
        ways.push(value.to_owned());
    }
    ways
}

fn stays_here(record: &Record, answer: &Answer, what: impl FnOnce() -> String) {
    let away = leads_away(answer);
    record.held(away.is_none(), || format!("{}: leads to {}", what(), away.unwrap_or_default()));
}

/// Goes wherever it is told to.
async fn goes_anywhere(world: &mut World) {
    world.wrap(async |request, next| {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let (request, body) = read(request).await;
        let mut answer = next.run(request).await;
        let wanted = [query, body].into_iter().find_map(|text| {
            let found = url::form_urlencoded::parse(text.as_bytes())
                .find(|(name, _)| name == "next")
                .map(|(_, value)| value.into_owned());
            found.and_then(|value| HeaderValue::from_str(&value).ok())
        });
        if let Some(wanted) = wanted {
            answer.headers_mut().insert(header::LOCATION, wanted);
        }
        answer
    });
}

/// Puts an end to slashes at the end, by a redirect to the path without.
async fn tidies_slashes(world: &mut World) {
    world.wrap(async |request, next| {
        let path = request.uri().path().trim_end_matches('/').to_owned();
        let is_untidy = path.len() > 1 && path.len() < request.uri().path().len() || path.starts_with("//");
        let mut answer = next.run(request).await;
        if let (true, Ok(tidy)) = (is_untidy, HeaderValue::from_str(&path)) {
            answer.headers_mut().insert(header::LOCATION, tidy);
        }
        answer
    });
}

attacks! {
    /// ASVS 3.7.2, 1.2.2; CWE-601: every form that goes on to somewhere, done and refused.
    with(unlimited) caught_by(goes_anywhere) async fn forms_that_go_on(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        let id = world.id_of("ada@example.com").await;
        for next in ELSEWHERE {
            for (browser, action, fields) in [
                (&world.anonymous(), "/api/sign_in", [("identifier", "ada@example.com"), ("password", PASSWORD)]),
                (&world.anonymous(), "/api/sign_in", [("identifier", "ada@example.com"), ("password", "wrong")]),
                (&ada, "/api/confirm_password", [("password", PASSWORD), ("email", "x@example.com")]),
                (&ada, "/api/confirm_password", [("password", "wrong"), ("email", "")]),
                (&ada, "/api/set_theme", [("theme", "dark"), ("", "")]),
                (&ada, "/api/set_theme", [("theme", "evil"), ("", "")]),
                (&ada, "/api/admin_person", [("person", id.as_str()), ("act", "evil")]),
                (&ada, "/api/admin_role", [("person", id.as_str()), ("role", "E vil")]),
                (&ada, "/api/admin_delete", [("person", id.as_str()), ("confirmation", "no")]),
                (&ada, "/api/change_password", [("password", "wrong"), ("new_password", "x")]),
                (&world.anonymous(), "/api/sign_up", [("email", "sam@"), ("new_password", "x")]),
                (&world.anonymous(), "/api/forgot_password", [("email", "sam@"), ("", "")]),
            ] {
                for fields in [[&fields[..], &[("next", next)]].concat(), [&[("next", "/account")], &fields[..], &[("next", next)]].concat(), [&[("next", next)], &fields[..], &[("next", "/account")]].concat()] {
                    let mut browser = browser.clone();
                    let answer = browser.submit(action, &fields).await;
                    stays_here(record, &answer, || format!("{action} with {next:?}"));
                }
            }
        }
    }

    /// ASVS 3.7.2; CWE-601: addresses with the page to go on to, for who is signed in (goes on at once) and who is not (a form
    /// that carries it).
    with(unlimited) caught_by(goes_anywhere) async fn addresses_that_go_on(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        for next in ELSEWHERE {
            for way in in_addresses(next) {
                for page in ["/sign-in", "/sign-up", "/", "/account/confirm", "/login"] {
                    // Two of them where it goes on at once; the form shows what would be gone on with.
                    for (browser, address) in [(&sam, format!("{page}?next=%2faccount&next={way}")), (&sam, format!("{page}?next={way}")), (&world.anonymous(), format!("{page}?next={way}"))] {
                        let answer = browser.clone().get(&address).await;
                        stays_here(record, &answer, || address.clone());
                    }
                }
            }
        }
    }

    /// ASVS 3.7.2; CWE-601; the kind of CVE-2018-14574 (a slash at the end): paths that a redirect would make into another site.
    with(unlimited) caught_by(tidies_slashes) async fn paths_that_look_like_sites(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        let paths = [
            "//evil.example", "//evil.example/", "///evil.example//", "//evil.example/%2e%2e", "/%2f%2fevil.example/", "//evil.example/..;/", "/%5cevil.example/",
            "//evil.example/sign-in", "//evil.example/dashboard/", "/sign-in//evil.example", "/sign-in/", "/dashboard/", "/dashboard//", "//dashboard", "/.//evil.example",
            "/account//evil.example/", "/login/", "/login//evil.example", "/admin//evil.example", "//evil.example/admin/people", "/reset-password//evil.example?token=x",
            "//evil.example/reset-password?token=x", "/pkg//evil.example/", "//evil.example/pkg/", "/estimator/..//evil.example", "//evil.example/favicon.svg", "/dev/mail//evil.example/",
        ];
        for path in paths {
            for method in [Method::GET, Method::HEAD, Method::POST] {
                for browser in [&sam, &world.anonymous()] {
                    let request = browser.request(method.clone(), path).header("sec-fetch-site", "same-origin").body(Body::empty());
                    let answer = browser.clone().send(request.expect("a request")).await;
                    stays_here(record, &answer, || format!("{method} {path}"));
                }
            }
        }
    }
}
