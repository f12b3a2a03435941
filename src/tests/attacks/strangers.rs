//! What belongs to somebody else (CWE-639): sessions, tokens, events, exports, by their ids. Who may use which page, function and
//! route at all is the matrix of `src/tests/authorization.rs`.

use axum::{
    body::Body,
    http::{HeaderName, Method, StatusCode, header},
};
use latchkey::server::config::Config;
use serde_json::json;

use crate::{
    suite::{Record, attacks, execute, read_answer, state_of},
    support::{Answer, Browser, PASSWORD, Program, World},
};

/// What gives the victim away wherever it is read.
const MARKS: [&str; 3] = ["victim@example.com", "203.0.113.99", "victims-nightly-job"];

fn unlimited(config: &mut Config) {
    config.network_requests = u16::MAX;
    config.network_tries = u16::MAX;
    config.trusted_proxies = vec!["192.0.2.0/24".parse().expect("a network")];
}

/// Somebody whose things are wanted, and the ids of these.
struct Victim {
    user: String,
    session: String,
    token: String,
    event: String,
}

async fn victim(world: &World) -> Victim {
    let program = world.new_program("victim@example.com").await;
    let made =
        program.post("/users/me/tokens", json!({ "name": "victims-nightly-job", "scopes": ["account:read"] })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let mut browser = world.anonymous();
    let request = browser
        .request(Method::POST, "/api/sign_in")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", "203.0.113.99")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = format!("identifier=victim%40example.com&password={}", PASSWORD.replace(' ', "+"));
    let answer = browser.send(request.body(Body::from(body)).expect("a request")).await;
    assert_eq!(answer.location(), "/dashboard", "{answer:?}");
    let user = world.id_of("victim@example.com").await;
    Victim {
        session: world.look_up(&format!("select max(id) from sessions where user_id = '{user}'")).await,
        token: world.look_up("select max(id) from personal_tokens").await,
        event: world.look_up(&format!("select max(id) from events where target = '{user}' or actor = '{user}'")).await,
        user,
    }
}

/// The ways in which an id can be written so that one part of a server sees another one than the next.
fn ways(id: &str) -> Vec<String> {
    vec![
        id.to_owned(),
        id.to_uppercase(),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        id.replace('-', ""),
        format!("{id}%00"),
        format!("{id}%20"),
        format!("{id}%0a"),
        format!("{id},{id}"),
        format!("{id};{id}"),
        format!("{id}%2f"),
        format!("x%2f..%2f{id}"),
        format!("{id}.json"),
        format!("{id}'%20or%20'1'='1"),
        "%25".into(),
        "*".into(),
    ]
}

async fn post(browser: &Browser, path: &str, body: &str, accept: &str) -> Answer {
    let request = browser
        .request(Method::POST, path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut request = request.body(Body::from(body.to_owned())).expect("a request");
    request.headers_mut().insert(header::ACCEPT, accept.parse().expect("a value"));
    browser.clone().send(request).await
}

/// Nothing of the victim is in an answer, nor did anything of theirs change.
async fn kept(
    world: &World,
    record: &Record,
    answer: &Answer,
    before: &str,
    victim: &Victim,
    what: impl Fn() -> String,
) {
    assert!(!answer.status.is_server_error(), "{}: {answer:?}", what());
    // What was sent may come back in a way to the page to sign in at; what was not may not.
    let is_read = MARKS.iter().find(|mark| answer.body.contains(**mark));
    record.held(is_read.is_none(), || format!("{} shows {is_read:?}", what()));
    let now = of(world, victim).await;
    record.held(now == before, || format!("{}: {before} became {now}", what()));
}

/// Everything of the victim that somebody else might change.
async fn of(world: &World, victim: &Victim) -> String {
    let user = &victim.user;
    world.look_up(&format!(
        "select (select count(*) from sessions where user_id = '{user}' and ended_at is null) || '/' ||
           (select count(*) from personal_tokens where user_id = '{user}' and revoked_at is null) || '/' ||
           (select coalesce(email, '') || coalesce(username, '') || credential_version || coalesce(disabled_at, 0) || coalesce(deletion_at, 0) from users where id = '{user}') || '/' ||
           (select count(*) from user_roles where user_id = '{user}')"
    )).await
}

/// Whoever names something may have it ended.
async fn asks_for_no_owner(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let (request, sent) = crate::suite::read(request).await;
            let named = format!("{}{sent}", request.uri());
            let answer = next.run(request).await;
            for id in ids_in(&named) {
                execute(&db, format!("update sessions set ended_at = 1, end_reason = 'revoked' where id = '{id}' and ended_at is null")).await;
                execute(&db, format!("update personal_tokens set revoked_at = 1 where id = '{id}'")).await;
            }
            answer
        }
    });
}

fn ids_in(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .filter(|part| part.len() == 36)
        .map(str::to_owned)
        .collect()
}

/// Whoever names somebody is shown them.
async fn shows_whoever_is_named(world: &mut World) {
    world.wrap(async |request, next| {
        let (request, sent) = crate::suite::read(request).await;
        let named = format!("{}{:?}{sent}", request.uri(), request.headers());
        let (parts, mut body) = read_answer(next.run(request).await).await;
        if !ids_in(&named).is_empty() {
            body.push_str("{\"email\":\"victim@example.com\"}");
        }
        axum::response::Response::from_parts(parts, body.into())
    });
}

async fn mallory(world: &World) -> (Browser, Program) {
    let browser = world.sign_up("mallory@example.com").await.browser;
    (browser, world.program_of("mallory@example.com").await)
}

attacks! {
    /// ASVS 8.2.2; CWE-639: sessions and tokens of somebody else, ended by whoever knows their ids.
    with(unlimited) caught_by(asks_for_no_owner) async fn ending_what_is_somebody_elses(world, record) {
        let victim = victim(world).await;
        let (mallory, program) = mallory(world).await;
        let before = of(world, &victim).await;
        for id in [&victim.session, &victim.token, &victim.user, &victim.event] {
            for way in ways(id) {
                for body in [format!("session={way}"), format!("session[]={way}"), format!("session=x&session={way}"), format!("session={way}&user_id={}", victim.user)] {
                    let answer = post(&mallory, "/api/end_session", &body, "application/json").await;
                    kept(world, record, &answer, &before, &victim, || format!("end_session with {body}")).await;
                }
                for path in [format!("/users/me/sessions/{way}"), format!("/users/me/tokens/{way}"), format!("/users/{}/sessions/{way}", victim.user), format!("/users/me/sessions/{way}?user_id={}", victim.user)] {
                    let answer = program.delete(&path).await;
                    kept(world, record, &answer, &before, &victim, || format!("DELETE {path}")).await;
                }
            }
        }
    }

    /// ASVS 8.2.2, 8.2.3; CWE-639: pages, lists, exports and functions of one's own, with the id of somebody else in every place.
    with(unlimited) caught_by(shows_whoever_is_named) async fn reading_what_is_somebody_elses(world, record) {
        let victim = victim(world).await;
        let (mallory, program) = mallory(world).await;
        let before = of(world, &victim).await;
        let names = ["user_id", "user", "id", "person", "sub", "owner", "account", "uid", "email", "after", "before", "session", "of", "target"];
        let pages = ["/dashboard", "/account", "/account/sessions", "/account/activity", "/account/email", "/account/username", "/account/delete"];
        for name in names {
            for id in [&victim.user, &victim.session, &victim.token, &victim.event] {
                for page in pages {
                    let answer = mallory.clone().get(&format!("{page}?{name}={id}")).await;
                    kept(world, record, &answer, &before, &victim, || format!("{page}?{name}={id}")).await;
                }
                for path in ["/users/me", "/users/me/sessions", "/users/me/tokens"] {
                    let answer = program.get(&format!("{path}?{name}={id}")).await;
                    kept(world, record, &answer, &before, &victim, || format!("{path}?{name}={id}")).await;
                }
                for action in ["/account/export", "/api/keep_session", "/api/cancel_email_change"] {
                    let answer = post(&mallory, &format!("{action}?{name}={id}"), &format!("{name}={id}"), "application/json").await;
                    kept(world, record, &answer, &before, &victim, || format!("{action} with {name}={id}")).await;
                }
            }
        }
    }

    /// ASVS 8.2.2, 8.3.1, 15.3.4; CWE-290, CWE-639: headers and cookies that name somebody else.
    with(unlimited) caught_by(shows_whoever_is_named) async fn being_somebody_else_by_a_header(world, record) {
        let victim = victim(world).await;
        let (mallory, program) = mallory(world).await;
        let before = of(world, &victim).await;
        let token = program.token.clone().expect("a token");
        for name in ["x-user-id", "x-user", "x-authenticated-user", "x-forwarded-user", "x-remote-user", "remote-user", "x-auth-user", "x-account-id", "x-impersonate", "x-session-id", "x-auth-request-user", "x-webauth-user", "from", "x-sub", "x-tenant", "x-original-user"] {
            for id in [&victim.user, &victim.session] {
                for path in ["/dashboard", "/account", "/account/sessions", "/users/me", "/users/me/sessions"] {
                    for browser in [&mallory, &world.anonymous()] {
                        let mut request = browser.request(Method::GET, path).header(name.parse::<HeaderName>().expect("a name"), id);
                        if path.starts_with("/users") {
                            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
                        }
                        let answer = browser.clone().send(request.body(Body::empty()).expect("a request")).await;
                        kept(world, record, &answer, &before, &victim, || format!("{path} with {name}: {id}")).await;
                    }
                }
            }
        }
    }

    /// ASVS 8.2.1, 8.2.2, 8.4.2; CWE-639, CWE-862: acts of the console on somebody, by somebody who is no administrator.
    with(unlimited) caught_by(shows_whoever_is_named) async fn acting_as_an_administrator(world, record) {
        world.administrator("ada@example.com").await;
        let victim = victim(world).await;
        let (mallory, program) = mallory(world).await;
        let before = of(world, &victim).await;
        let all = state_of(world).await;
        let (user, session) = (&victim.user, &victim.session);
        for way in ["", "?admin=true", "?role=admin", "?_method=POST", "/", "/.", "//", "%2f", ";x", ".json", "%00", "?next=/admin"] {
            for (action, body) in [
                ("/api/admin_person", format!("person={user}&act=disable")),
                ("/api/admin_person", format!("person={user}&act=end_sessions&session={session}")),
                ("/api/admin_role", format!("person={user}&role=admin&change=grant")),
                ("/api/admin_delete", format!("person={user}&confirmation=victim%40example.com")),
                ("/api/admin_act", format!("ids={user}&act=disable")),
                ("/api/admin_sessions", format!("ids={session}&act=end&as_of=99999999999")),
                ("/api/admin_create", "email=evil%40example.com&roles=admin".to_owned()),
                ("/admin/audit/export", "format=csv".to_owned()),
            ] {
                for browser in [&mallory, &world.anonymous()] {
                    for accept in ["application/json", "text/html"] {
                        let answer = post(browser, &format!("{action}{way}"), &body, accept).await;
                        kept(world, record, &answer, &before, &victim, || format!("{action}{way} with {body}")).await;
                        record.held(answer.status.is_client_error(), || format!("{action}{way}: {}", answer.status));
                    }
                }
            }
            for (method, path) in [
                (Method::GET, format!("/manage/users/{user}{way}")),
                (Method::DELETE, format!("/manage/users/{user}{way}")),
                (Method::POST, format!("/manage/users/{user}/disable{way}")),
                (Method::PUT, format!("/manage/users/{user}/roles/admin{way}")),
                (Method::DELETE, format!("/manage/users/{user}/sessions/{session}{way}")),
                (Method::GET, format!("/manage/users{way}")),
                (Method::GET, format!("/manage/sessions{way}")),
                (Method::GET, format!("/manage/events{way}")),
            ] {
                for bearer in [&program, &world.program()] {
                    let answer = bearer.call(method.clone(), &path, None).await;
                    kept(world, record, &answer, &before, &victim, || format!("{method} {path}")).await;
                    record.held(answer.status.is_client_error(), || format!("{method} {path}: {}", answer.status));
                }
            }
        }
        let now = state_of(world).await;
        record.held(all == now, || format!("{all} became {now}"));
    }
}
