//! Finding out who has an account here (CWE-204): what an answer says, in its text, status, headers, cookies and length. How long
//! it takes is for `timing.rs`.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::server::{
    config::{Config, VerifyEmail},
    flows::manage::{Actor, accounts},
    request_info::RequestInfo,
};
use serde_json::json;

use crate::{
    suite::{attacks, read, read_answer},
    support::{Answer, OTHER_PASSWORD, PASSWORD, World},
};

/// People in every state in which an account can be; as long as who is unknown.
const KNOWN: [&str; 6] = ["known0", "known1", "known2", "known3", "known4", "known5"];
/// Nobody.
const UNKNOWN: [&str; 6] = ["nobod0", "nobod1", "nobod2", "nobod3", "nobod4", "nobod5"];

fn required(config: &mut Config) {
    config.verify_email = Some(VerifyEmail::Required);
    config.network_tries = u16::MAX;
    config.network_requests = u16::MAX;
}

fn optional(config: &mut Config) {
    config.verify_email = Some(VerifyEmail::Optional);
    config.network_tries = u16::MAX;
    config.network_requests = u16::MAX;
}

fn address(name: &str) -> String {
    format!("{name}@example.com")
}

/// Proven, not proven, disabled, about to be deleted, invited and without a password, and signed in.
async fn people(world: &World) {
    for name in KNOWN {
        if name != "known4" {
            let fields = [("email", address(name)), ("new_password", PASSWORD.into())];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            world.anonymous().submit("/api/sign_up", &fields).await;
        }
    }
    let new = accounts::NewPerson { email: address("known4"), is_invited: true, ..accounts::NewPerson::default() };
    accounts::create(&world.state, Actor::CommandLine, &RequestInfo::default(), new).await.expect("made");
    let now = world.now().0;
    let proven = format!(
        "update users set email_verified_at = {now} where email_key not in ('known1@example.com', 'known4@example.com')"
    );
    world.tamper(&proven).await;
    world.disable("known2@example.com").await;
    world
        .tamper(&format!("update users set deletion_at = {} where email_key = 'known3@example.com'", now + 600_000))
        .await;
    let mut signed_in = world.anonymous();
    assert_eq!(signed_in.sign_in(&address("known5"), PASSWORD).await.location(), "/dashboard");
    world.mail_to("nobody").await;
    world.tamper("delete from limits").await;
}

/// All of an answer that does not differ from one answer to the next anyway, with the length of what does.
fn all_of(answer: &Answer, name: &str) -> String {
    let mut lines = vec![answer.status.to_string()];
    let id = answer.headers["x-request-id"].to_str().expect("text").to_owned();
    let policy = answer.headers["content-security-policy"].to_str().expect("text");
    let nonce =
        policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("no nonce").to_owned();
    let plain = |text: &str| text.replace(&id, "ID").replace(&nonce, "NONCE").replace(name, "NAME");
    for (header, value) in &answer.headers {
        let value = value.to_str().expect("text");
        lines.push(match header.as_str() {
            "set-cookie" => {
                let (cookie, rest) = value.split_once('=').expect("a cookie");
                let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
                // What a cookie holds is compared where the page shows it; a random value has a length.
                format!("{header}: {cookie}={};{attributes}", value.len())
            }
            _ => format!("{header}: {}", plain(value)),
        });
    }
    lines.sort();
    lines.push(answer.body.len().to_string());
    lines.push(plain(&answer.body));
    lines.join("\n")
}

fn difference(one: &str, other: &str) -> String {
    let found = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    format!("{found:?}").chars().take(400).collect()
}

/// What a browser and a program are answered, and the page after that.
async fn ask(world: &World, door: &str, name: &str, is_program: bool) -> String {
    let email = address(name);
    if door.starts_with("/api/") {
        let mut browser = world.anonymous();
        let fields = [
            ("identifier", email.as_str()),
            ("email", email.as_str()),
            ("password", "wrong and wrong again"),
            ("new_password", OTHER_PASSWORD),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = browser
            .request(Method::POST, door)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .expect("a request");
        if is_program {
            request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
        }
        let answer = browser.send(request).await;
        let mut told = all_of(&answer, name);
        if !answer.location().is_empty() {
            let location = answer.location().to_owned();
            told.push_str(&all_of(&browser.get(&location).await, name));
        }
        return told;
    }
    let body = match door {
        "/users" => json!({ "email": email, "password": OTHER_PASSWORD }),
        "/auth/login" => json!({ "email": email, "password": "wrong and wrong again", "device_token": "" }),
        _ => json!({ "email": email }),
    };
    all_of(&world.program().post(door, body).await, name)
}

async fn compare(world: &World, record: &crate::suite::Record, doors: &[&str]) {
    people(world).await;
    for door in doors {
        for (known, unknown) in KNOWN.into_iter().zip(UNKNOWN) {
            for is_program in [false, true] {
                let told = [ask(world, door, known, is_program).await, ask(world, door, unknown, is_program).await];
                record.held(told[0] == told[1], || {
                    format!("{door} tells {known} from {unknown}: {}", difference(&told[0], &told[1]))
                });
                // Each pair begins anew: a sign-up of somebody unknown makes them known.
                world.mail_to("nobody").await;
                world.tamper("delete from limits").await;
                world.tamper("delete from users where email_key like 'nobod%'").await;
            }
        }
    }
}

/// Another word in the answer about people who are known.
async fn says_more(world: &mut World) {
    world.wrap(async |request, next| {
        let (request, sent) = read(request).await;
        let (mut parts, mut body) = read_answer(next.run(request).await).await;
        if sent.contains("known") {
            body.push(' ');
            parts.headers.insert("x-telling", "no".parse().expect("a value"));
        }
        axum::response::Response::from_parts(parts, body.into())
    });
}

/// Another status for them.
async fn says_it_by_status(world: &mut World) {
    world.wrap(async |request, next| {
        let (request, sent) = read(request).await;
        let mut answer = next.run(request).await;
        if sent.contains("known") && answer.status() == StatusCode::UNAUTHORIZED {
            *answer.status_mut() = StatusCode::FORBIDDEN;
        }
        answer
    });
}

/// A cookie of theirs, empty to look at.
async fn says_it_by_cookie(world: &mut World) {
    world.wrap(async |request, next| {
        let (request, sent) = read(request).await;
        let mut answer = next.run(request).await;
        if sent.contains("known") {
            answer.headers_mut().append(header::SET_COOKIE, "seen=; Path=/".parse().expect("a value"));
        }
        answer
    });
}

/// Tries are counted only for people who are there.
async fn limits_the_known_alone(world: &mut World) {
    world.wrap(async |request, next| {
        let (request, sent) = read(request).await;
        let mut answer = next.run(request).await;
        if sent.contains("nobod") && answer.status() == StatusCode::TOO_MANY_REQUESTS {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
        answer
    });
}

attacks! {
    /// ASVS 6.3.8; CWE-204: sign-in, forgot, sign-up and another link, as a form and as JSON, where addresses must be proven.
    with(required) caught_by(says_more, says_it_by_status, says_it_by_cookie) async fn doors_tell_nobody_who_is_known(world, record) {
        let doors = ["/api/sign_in", "/api/forgot_password", "/api/sign_up", "/api/resend_verification",
                     "/auth/login", "/auth/password/forgot", "/users", "/auth/email/resend"];
        compare(world, record, &doors).await;
    }

    /// ASVS 6.3.8; CWE-204: the same where they need not be, but for sign-up, which has to say that it made no account.
    with(optional) caught_by(says_more) async fn doors_tell_nobody_where_sign_up_is_quick(world, record) {
        let doors = ["/api/sign_in", "/api/forgot_password", "/api/resend_verification", "/auth/login", "/auth/password/forgot", "/auth/email/resend"];
        compare(world, record, &doors).await;
    }

    /// ASVS 6.3.8; CWE-204: when tries are too many, and for how long, is the same for people who are not there.
    with(required) caught_by(limits_the_known_alone) async fn waits_tell_nobody_who_is_known(world, record) {
        people(world).await;
        for door in ["/api/sign_in", "/auth/login", "/api/forgot_password", "/auth/password/forgot", "/api/resend_verification", "/api/sign_up"] {
            for (known, unknown) in KNOWN.into_iter().zip(UNKNOWN) {
                for _ in 0..8 {
                    let told = [ask(world, door, known, true).await, ask(world, door, unknown, true).await];
                    record.held(told[0] == told[1], || format!("{door} tells {known} from {unknown}: {}", difference(&told[0], &told[1])));
                }
            }
            world.tamper("delete from limits").await;
        }
    }

    /// ASVS 6.3.8; CWE-204: somebody who is signed in finds nobody by wishing for their address; one that is wished for tells no
    /// more than one that nobody has.
    with(required) caught_by(says_more) async fn a_wished_for_address_tells_nobody(world, record) {
        people(world).await;
        for (known, unknown) in KNOWN.into_iter().zip(UNKNOWN) {
            let mut told = Vec::new();
            for name in [known, unknown] {
                let mut browser = world.anonymous();
                browser.sign_in("known0@example.com", PASSWORD).await;
                let answer = browser.submit("/api/change_email", &[("email", &address(name))]).await;
                let page = browser.visit(answer.location()).await;
                told.push(format!("{}{}", all_of(&answer, name), all_of(&page, name)));
                browser.submit("/api/cancel_email_change", &[]).await;
                world.tamper("delete from limits").await;
            }
            // One's own is no secret.
            let is_own = known == "known0";
            record.held(is_own || told[0] == told[1], || format!("{known} from {unknown}: {}", difference(&told[0], &told[1])));
        }
    }
}
