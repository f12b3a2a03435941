//! Tokens of programs that are not what they say (CWE-345, CWE-347): sent to the API, as anybody may. What a token is made of is
//! tested, byte for byte, in `src/tests/access_tokens.rs`.

use axum::{
    body::Body,
    http::{Method, header},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use latchkey::{
    domain::{moment::Moment, role::Role},
    server::tokens::{self, keys},
};
use ring::{hmac, signature::Ed25519KeyPair};
use serde_json::{Value, json};

use crate::{
    suite::{Record, attacks},
    support::{Answer, OTHER_PASSWORD, PASSWORD, Program, World, at_a_desk},
};

const ISSUER: &str = "http://127.0.0.1:3000";
const HOUR: i64 = 3_600;
/// What a token is tried at.
const DOORS: [(Method, &str); 4] = [
    (Method::GET, "/users/me"),
    (Method::GET, "/manage/users"),
    (Method::DELETE, "/users/me/sessions"),
    (Method::POST, "/auth/logout"),
];

fn text(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap_or_default();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// An administrator's program, so that a forged token would be worth something, and its token.
async fn program(world: &World) -> (Program, String) {
    world.administrator("ada@example.com").await;
    let program = world.program_of("ada@example.com").await;
    let token = program.token.clone().expect("a token");
    (program, token)
}

async fn refused(program: &Program, token: &str, record: &Record, what: &str) {
    for (method, path) in DOORS {
        let answer = program.with_token(token).call(method.clone(), path, None).await;
        assert!(!answer.status.is_server_error(), "{what}: {answer:?}");
        record.held(answer.status.is_client_error(), || {
            format!("{what}: {method} {path}: {} with {token}", answer.status)
        });
    }
}

/// With a signature of our own key, whatever the header says.
async fn sign(world: &World, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", text(header), text(claims));
    let signature = keys::signing(&world.state).await.expect("a key").sign(signed.as_bytes()).expect("signed");
    format!("{signed}.{}", text(signature))
}

/// Claims are believed, whoever signed them; those of a session that is over as well.
async fn believes_claims(world: &mut World) {
    let state = world.state.clone();
    world.wrap(move |mut request, next| {
        let state = state.clone();
        async move {
            let sent = request
                .headers()
                .get(header::AUTHORIZATION)
                .and_then(|sent| sent.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            let claims = part(sent.trim_start_matches("Bearer "), 1);
            if let (Some(subject), Some(session)) = (claims["sub"].as_str(), claims["sid"].as_str()) {
                let (token, _) =
                    tokens::issue(&state, subject, session, &[Role::admin()], Moment(i64::MAX)).await.expect("issued");
                request
                    .headers_mut()
                    .insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"));
            }
            next.run(request).await
        }
    });
}

/// Looks for a token wherever one might be.
async fn takes_tokens_from_anywhere(world: &mut World) {
    world.wrap(async |request, next| {
        let (mut request, sent) = crate::suite::read(request).await;
        let everything = format!("{} {:?} {sent}", request.uri(), request.headers());
        let found = everything
            .split(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c))
            .find(|word| word.matches('.').count() == 2 && word.len() > 100);
        if let Some(token) = found {
            request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"));
        }
        next.run(request).await
    });
}

/// A session is never over, nor its person gone.
async fn never_ends(world: &mut World) {
    world.tamper(
        "create trigger stays after update of ended_at on sessions when new.ended_at is not null begin
           update sessions set ended_at = null, end_reason = null,
             credential_version = (select credential_version from users where users.id = new.user_id) where id = new.id; end",
    ).await;
}

attacks! {
    /// ASVS 9.1.1, 9.1.2, 9.1.3, 9.2.2; CWE-347; CVE-2015-9235 (`alg: none`, HS256 with the public key), CVE-2016-10555 (the same),
    /// CVE-2018-0114 (a key that comes along), CVE-2022-21449 (a signature of zeros); a `kid` with a way, a statement or a
    /// command in it.
    with(at_a_desk) caught_by(believes_claims) async fn headers_of_others(world, record) {
        let (program, token) = program(world).await;
        let parts: Vec<&str> = token.split('.').collect();
        let (body, signature) = (parts[1], parts[2]);
        let claims = part(&token, 1).to_string();
        let kid = part(&token, 0)["kid"].as_str().expect("a name").to_owned();
        let plain = json!({ "alg": "EdDSA", "kid": kid, "typ": "at+jwt" });
        let with = |name: &str, value: Value| {
            let mut header = plain.clone();
            header[name] = value;
            header.to_string()
        };
        let jwk = serde_json::to_value(keys::signing(&world.state).await.expect("a key").jwk()).expect("JSON");
        // A key of the attacker's own, which they would have be looked at.
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
        let own = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(ring::signature::KeyPair::public_key(&pair)), "kid": kid, "use": "sig", "alg": "EdDSA" });
        let mut headers = vec![
            with("jwk", own.clone()), with("jwk", jwk.clone()), with("jku", json!("https://evil.example/jwks.json")), with("jku", json!(format!("{ISSUER}/.well-known/jwks.json@evil.example"))),
            with("jku", json!("file:///dev/null")), with("x5u", json!("https://evil.example/x.pem")), with("x5c", json!(["MIIB"])), with("x5t", json!("AAAA")), with("x5t#S256", json!("AAAA")),
            with("crit", json!(["exp"])), with("b64", json!(false)), with("zip", json!("DEF")), with("cty", json!("JWT")), with("enc", json!("A256GCM")), with("typ", json!("JWT")), with("typ", json!("at+JWT")),
            with("typ", json!("logout+jwt")), with("typ", Value::Null), json!({ "alg": "EdDSA", "kid": kid }).to_string(), json!({ "typ": "at+jwt", "kid": kid }).to_string(), json!({ "alg": "EdDSA", "typ": "at+jwt" }).to_string(),
            "{}".into(), "null".into(), String::new(), format!("{plain} "), plain.to_string().replace(':', ": "),
            format!("{{\"alg\":\"none\",{}", &plain.to_string()[1..]), format!("{},\"alg\":\"none\"}}", plain.to_string().trim_end_matches('}')),
        ];
        headers.extend(["none", "None", "nOnE", "NONE", " none", "", "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES512", "Ed25519", "eddsa"].map(|alg| with("alg", json!(alg))));
        headers.extend(["../../../../../../dev/null", "/dev/null", "..\\..\\nul", "x' union select 'AA'--", "' or '1'='1", "|id", "$(id)", "`id`", "%00", "", "*", "0", "https://evil.example/key", "\u{0}"].map(|name| with("kid", json!(name))));
        headers.push(with("kid", json!(kid.to_uppercase())));
        headers.push(with("kid", json!(&kid[..kid.len() - 1])));
        headers.push(with("kid", json!([kid])));
        headers.push(with("kid", json!(0)));
        for header in headers {
            let signed = format!("{}.{body}", text(&header));
            let ways = [
                format!("{signed}."),
                format!("{signed}.{signature}"),
                format!("{signed}.{}", text([0; 64])),
                format!("{signed}.{}", text(pair.sign(signed.as_bytes()))),
                // The best that a leak could give: our own key over another header.
                sign(world, &header, &claims).await,
            ];
            for way in ways {
                refused(&program, &way, record, &header).await;
            }
        }
        // The public key as a secret, in every form in which it is had.
        let x = jwk["x"].as_str().expect("a coordinate");
        let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &BASE64_URL_SAFE_NO_PAD.decode(x).expect("base64url")].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64::prelude::BASE64_STANDARD.encode(&der));
        let set = world.anonymous().get("/.well-known/jwks.json").await.body;
        for secret in [x.as_bytes().to_vec(), BASE64_URL_SAFE_NO_PAD.decode(x).expect("base64url"), der, pem.clone().into_bytes(), pem.trim().as_bytes().to_vec(), jwk.to_string().into_bytes(), set.into_bytes(), vec![], vec![0], b"secret".to_vec()] {
            for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
                let key = hmac::Key::new(algorithm, &secret);
                for header in [text(with("alg", json!(alg))), text(json!({ "alg": alg, "typ": "JWT" }).to_string()), parts[0].to_owned()] {
                    let signed = format!("{header}.{body}");
                    let forged = format!("{signed}.{}", text(hmac::sign(&key, signed.as_bytes())));
                    refused(&program, &forged, record, &format!("{alg} with the public key")).await;
                }
            }
        }
    }

    /// ASVS 9.2.1, 9.2.3, 9.2.4, 10.3.3; CWE-613, CWE-345: claims of another site, another time, another person, another session,
    /// with everything else as it should be, our own signature included.
    with(at_a_desk) caught_by(believes_claims) async fn claims_of_others(world, record) {
        let (program, token) = program(world).await;
        let sam = world.new_program("sam@example.com").await;
        let (ours, theirs) = (part(&token, 1), part(&sam.token.clone().expect("a token"), 1));
        let now = world.now().0;
        let header = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64url")).expect("text");
        let mut forged: Vec<Value> = Vec::new();
        for (name, value) in [
            ("iss", json!("https://evil.example")), ("iss", json!(format!("{ISSUER}/"))), ("iss", json!("")), ("iss", json!([ISSUER])), ("iss", Value::Null),
            ("aud", json!("https://other.example")), ("aud", json!([ISSUER])), ("aud", json!(["https://other.example", ISSUER])), ("aud", json!("*")), ("aud", Value::Null),
            ("exp", json!(now)), ("exp", json!(now - 1)), ("exp", json!(0)), ("exp", json!(-1)), ("exp", json!(i64::MAX)), ("exp", json!(u64::MAX)), ("exp", json!(1e300)), ("exp", json!((now + HOUR).to_string())), ("exp", Value::Null), ("exp", json!(now + 400 * 86_400)),
            ("nbf", json!(now + HOUR)), ("nbf", json!("x")), ("iat", json!(now + HOUR)), ("iat", json!(-1)), ("iat", Value::Null),
            ("sub", theirs["sub"].clone()), ("sub", json!("")), ("sub", json!("00000000-0000-7000-8000-000000000000")), ("sub", json!(["x"])), ("sub", json!("ada@example.com")), ("sub", Value::Null),
            ("sid", theirs["sid"].clone()), ("sid", json!("")), ("sid", json!("00000000-0000-7000-8000-000000000000")), ("sid", json!("' or '1'='1")), ("sid", Value::Null),
            ("jti", json!("")), ("jti", Value::Null), ("roles", json!("admin")), ("roles", json!({ "admin": true })), ("scope", json!("admin:write")), ("act", json!({ "sub": theirs["sub"] })), ("cnf", json!({ "jkt": "x" })),
        ] {
            let mut claims = ours.clone();
            claims[name] = value;
            forged.push(claims);
        }
        for name in ours.as_object().expect("an object").keys() {
            let mut claims = ours.clone();
            claims.as_object_mut().expect("an object").remove(name);
            forged.push(claims);
        }
        for claims in forged {
            let token = sign(world, &header, &claims.to_string()).await;
            refused(&program, &token, record, &claims.to_string()).await;
        }
        for written in [ours.to_string().replacen('{', "{\"sub\":\"x\",", 1), format!("{ours}{ours}"), format!("[{ours}]"), "{}".into(), "null".into(), String::new()] {
            let token = sign(world, &header, &written).await;
            refused(&program, &token, record, &written).await;
        }
        // ASVS 8.3.2: a claim of a role makes nobody an administrator.
        let mut claims = theirs.clone();
        claims["roles"] = json!(["admin"]);
        let token = sign(world, &header, &claims.to_string()).await;
        for path in ["/manage/users", "/manage/overview", "/manage/events", "/manage/sessions"] {
            let answer = sam.with_token(&token).get(path).await;
            record.held(answer.status.is_client_error(), || format!("{path} with a role that was claimed: {}", answer.status));
        }
        // Of another site that trusts nobody of ours, with people and sessions of the same names.
        let stranger = World::with(crate::support::Engine::Sqlite, |_| ()).await;
        let foreign = tokens::issue(&stranger.state, ours["sub"].as_str().expect("text"), ours["sid"].as_str().expect("text"), &[Role::admin()], Moment(i64::MAX)).await.expect("issued").0;
        stranger.end().await;
        refused(&program, &foreign, record, "of another site").await;
    }

    /// ASVS 1.1.1, 9.1.1; CWE-347, CWE-1389: the same token written otherwise, cut, drawn out and bent.
    with(at_a_desk) caught_by(believes_claims) async fn tokens_written_otherwise(world, record) {
        let (program, token) = program(world).await;
        let [header, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let raw = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        let mut others = vec![
            format!("{token}="), format!("{token}=="), format!("{token}."), format!(".{token}"), format!("{token}.{signature}"), format!("{header}.{body}."), format!("{header}.{body}"), format!("{header}..{signature}"), format!(".{body}.{signature}"),
            format!("{header}=.{body}.{signature}"), format!("{header}.{body}=.{signature}"), format!("{body}.{header}.{signature}"), token.to_lowercase(), token.to_uppercase(), token.replace('.', "%2e"), token.replace('.', ".."), token.replace('.', ". "),
            format!("{header}.{body}.{}", base64::prelude::BASE64_STANDARD.encode(&raw)), format!("{header}.{body}.{}", text([raw.clone(), vec![0]].concat())), format!("{header}.{body}.{}", text(&raw[..63])), format!("{header}.{body}.{}", text([&raw[32..], &raw[..32]].concat())),
            format!("{header}.{}.{signature}", "A".repeat(60_000)), "A".repeat(8_000), "..".into(), ".".into(), "eyJ".into(), token.repeat(2), format!("{token},{token}"), format!("{token} {token}"), format!("{{\"protected\":\"{header}\",\"payload\":\"{body}\",\"signature\":\"{signature}\"}}"),
        ];
        let last = signature.len() - 1;
        others.extend("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars().map(|end| format!("{header}.{body}.{}{end}", &signature[..last])).filter(|other| *other != token));
        for at in 0..raw.len() {
            let mut flipped = raw.clone();
            flipped[at] ^= 1 << (at % 8);
            others.push(format!("{header}.{body}.{}", text(flipped)));
        }
        // The order of the curve added to S: the same to who does not look (RFC 8032 section 5.1.7).
        let order = [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10_u8];
        let (mut bent, mut carry) = (raw.clone(), 0_u16);
        for (index, byte) in order.into_iter().enumerate() {
            let sum = u16::from(bent[32 + index]) + u16::from(byte) + carry;
            bent[32 + index] = u8::try_from(sum & 0xff).expect("a byte");
            carry = sum >> 8;
        }
        others.push(format!("{header}.{body}.{}", text(bent)));
        for other in others {
            refused(&program, &other, record, "written otherwise").await;
        }
        assert_eq!(program.get("/users/me").await.status, 200, "the token itself was good all the time");
    }

    /// ASVS 14.2.1, 10.1.1; CWE-598; RFC 6750 section 2, RFC 9700 section 4.3: a token counts in one place alone, and once.
    with(at_a_desk) caught_by(takes_tokens_from_anywhere) async fn tokens_in_other_places(world, record) {
        let (_, token) = program(world).await;
        let browser = world.anonymous();
        let judge = |answer: &Answer, what: String| {
            record.held(!answer.status.is_success(), || format!("{what}: {}", answer.status));
        };
        for name in ["access_token", "token", "jwt", "auth", "authorization", "bearer", "api_key"] {
            for path in ["/users/me", "/manage/users"] {
                let answer = browser.clone().get(&format!("{path}?{name}={token}")).await;
                judge(&answer, format!("{path}?{name}"));
                let request = browser.request(Method::GET, path).header(header::COOKIE, format!("{name}={token}; latchkey={token}"));
                judge(&browser.clone().send(request.body(Body::empty()).expect("a request")).await, format!("{path} with a cookie {name}"));
                let request = browser.request(Method::GET, path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                judge(&browser.clone().send(request.body(Body::from(format!("{name}={token}"))).expect("a request")).await, format!("{path} with a body of {name}"));
            }
        }
        for (name, value) in [
            ("x-authorization", format!("Bearer {token}")), ("x-access-token", token.clone()), ("x-api-key", token.clone()), ("proxy-authorization", format!("Bearer {token}")), ("x-forwarded-authorization", format!("Bearer {token}")),
            ("authorization", token.clone()), ("authorization", format!("Token {token}")), ("authorization", format!("JWT {token}")), ("authorization", format!("Basic {token}")), ("authorization", format!("DPoP {token}")), ("authorization", format!("Bearer{token}")),
            ("authorization", format!("Bearer\t{token}")), ("authorization", format!("Bearer \"{token}\"")), ("authorization", format!("Bearer: {token}")), ("authorization", format!("Basic x, Bearer {token}")), ("authorization", format!("Bearer token={token}")),
        ] {
            for path in ["/users/me", "/manage/users"] {
                let request = browser.request(Method::GET, path).header(name, &value).body(Body::empty()).expect("a request");
                judge(&browser.clone().send(request).await, format!("{path} with {name}"));
            }
        }
        for second in ["Bearer x".to_owned(), format!("Bearer {token}"), "Basic x".to_owned(), String::new()] {
            for is_first in [true, false] {
                let values = if is_first { [format!("Bearer {token}"), second.clone()] } else { [second.clone(), format!("Bearer {token}")] };
                let request = browser.request(Method::GET, "/users/me").header(header::AUTHORIZATION, &values[0]).header(header::AUTHORIZATION, &values[1]);
                judge(&browser.clone().send(request.body(Body::empty()).expect("a request")).await, format!("two headers, {second:?}"));
            }
        }
        // A session is for browsers, and a token opens no page.
        for page in ["/dashboard", "/account", "/account/sessions", "/admin"] {
            let request = browser.request(Method::GET, page).header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).expect("a request");
            judge(&browser.clone().send(request).await, format!("{page} with a token"));
        }
    }

    /// ASVS 7.4.1, 7.4.2, 7.4.3, 10.4.8, 10.4.9; CWE-613: access, refresh and personal tokens after each thing that ends them.
    with(at_a_desk) caught_by(never_ends) async fn tokens_after_the_end(world, record) {
        let mut ada = world.administrator("ada@example.com").await.browser;
        for (number, end) in ["sign_out", "logout", "end_session", "end_others", "change_password", "reset_password", "disable", "delete", "delete_account", "expires", "lifetime", "not_me"].into_iter().enumerate() {
            let email = format!("sam{number}@example.com");
            let program = world.new_program(&email).await;
            let personal = program.personal(&["account:read"]).await;
            let id = world.id_of(&email).await;
            let session = part(&program.token.clone().expect("a token"), 1)["sid"].as_str().expect("text").to_owned();
            let mut browser = world.anonymous();
            browser.sign_in(&email, PASSWORD).await;
            ada.submit("/api/confirm_password", &[("password", PASSWORD)]).await;
            assert!(program.get("/users/me").await.status.is_success() && personal.get("/users/me").await.status.is_success(), "{end}");
            // What lasts beyond a session ends with it only where it may have been made by somebody else.
            let mut is_personal_over = false;
            match end {
                "sign_out" | "logout" => drop(program.call(Method::POST, "/auth/logout", None).await),
                "end_session" => drop(browser.submit("/api/end_session", &[("session", &session)]).await),
                "end_others" => drop(browser.submit("/api/end_other_sessions", &[]).await),
                "change_password" => {
                    browser.submit("/api/change_password", &[("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")]).await;
                }
                "reset_password" => {
                    browser.submit("/api/forgot_password", &[("email", &email)]).await;
                    let link = world.mail_to(&email).await.iter().find(|mail| mail.subject.starts_with("Choose")).expect("a mail").link();
                    browser.visit(&link).await;
                    browser.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
                    is_personal_over = true;
                }
                "disable" => {
                    ada.act_on(&id, "disable").await;
                    is_personal_over = true;
                }
                "delete" => {
                    ada.submit("/api/admin_delete", &[("person", &id), ("confirmation", &email)]).await;
                    is_personal_over = true;
                }
                "delete_account" => {
                    browser.submit("/api/delete_account", &[("identifier", &email), ("password", PASSWORD)]).await;
                    is_personal_over = true;
                }
                "not_me" => {
                    let link = world.mail_to(&email).await.iter().find(|mail| mail.subject.starts_with("New sign-in")).expect("a mail").link();
                    browser.visit(&link).await;
                    browser.submit("/api/not_me", &[]).await;
                    is_personal_over = true;
                }
                "expires" => world.clock.advance(HOUR),
                _ => {
                    world.tamper(&format!("update sessions set expires_at = {} where id = '{session}'", world.now().0)).await;
                }
            }
            refused(&program, program.token.as_deref().expect("a token"), record, &format!("an access token after {end}")).await;
            if end != "expires" {
                let refreshed = program.refresh().await;
                record.held(refreshed.status.is_client_error(), || format!("a refresh token after {end}: {}", refreshed.status));
            }
            if is_personal_over {
                refused(&program, personal.token.as_deref().expect("a token"), record, &format!("a personal token after {end}")).await;
            }
            let made = program.post("/users/me/tokens", json!({ "name": "evil", "scopes": ["account:read"] })).await;
            record.held(made.status.is_client_error(), || format!("a personal token was made after {end}"));
        }
    }
}
