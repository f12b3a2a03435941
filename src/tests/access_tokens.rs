//! Access tokens: what is issued is verified, by every node and from the published keys alone, and nothing else is; keys follow
//! one another without a token lost, and are gone when they should be.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use latchkey::{
    domain::{moment::Moment, role::Role},
    server::{
        audit,
        config::{Config, Secret},
        crypto::signature::{PublicJwk, SigningAlgorithm, VerifyingKey},
        error::ServerError,
        jobs,
        random::SystemRandom,
        state::AppState,
        storage::signing_keys::{self, KeyRow},
        tokens::{
            self, AccessClaims, MOST_BYTES, TokenError, TokenFault,
            keys::{self, MARGIN_SECONDS, REMEMBERED_SECONDS},
            rotation::{self, PUBLISHED_BEFORE_SECONDS, Rotated},
        },
    },
};
use proptest::{prelude::any, strategy::Strategy, strategy::ValueTree, test_runner::TestRunner};
use ring::hmac;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{World, on_both_engines};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const ISSUER: &str = "http://127.0.0.1:3000";

fn text(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

async fn issue(state: &AppState) -> String {
    tokens::issue(state, "person", "session", &[Role::admin()], Moment(i64::MAX)).await.expect("issued").0
}

async fn verify(state: &AppState, token: &str) -> Result<AccessClaims, TokenFault> {
    match tokens::verify(state, token).await {
        Ok(claims) => Ok(claims),
        Err(TokenError::Refused(fault)) => Err(fault),
        Err(TokenError::Failure(error)) => panic!("{error}"),
    }
}

async fn assert_invalid(world: &World, token: &str, what: &str) {
    assert_eq!(verify(&world.state, token).await, Err(TokenFault::Invalid), "{what}: {token}");
}

/// A token of any header and claims, with a signature of our own key.
async fn sign(state: &AppState, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", text(header), text(claims));
    let signature = keys::signing(state).await.expect("a key").sign(signed.as_bytes()).expect("signed");
    format!("{signed}.{}", text(signature))
}

async fn header(state: &AppState) -> Value {
    let header = keys::signing(state).await.expect("a key").header().to_owned();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

fn claims(world: &World) -> Value {
    json!({ "iss": ISSUER, "aud": ISSUER, "sub": "person", "sid": "session", "iat": world.now().0,
            "exp": world.now().0 + HOUR, "jti": "token", "roles": ["admin"] })
}

/// A token whose header is ours to the byte, with these claims.
async fn with_claims(world: &World, claims: &str) -> String {
    let header = BASE64_URL_SAFE_NO_PAD.decode(keys::signing(&world.state).await.expect("a key").header());
    sign(&world.state, &String::from_utf8(header.expect("base64url")).expect("text"), claims).await
}

/// Another process on the same database.
fn node(world: &World, change: impl FnOnce(&mut Config)) -> AppState {
    let mut config = world.state.config.as_ref().clone();
    change(&mut config);
    AppState::with_seams(config, world.state.db.clone(), world.clock.clone(), Arc::new(SystemRandom)).expect("a state")
}

async fn rows(world: &World) -> Vec<KeyRow> {
    signing_keys::all(&mut world.state.db.read().await.expect("a connection")).await.expect("read")
}

/// The names of the published keys, as others are told.
async fn published(world: &World) -> Vec<String> {
    let answer = world.anonymous().get("/.well-known/jwks.json").await;
    let set: Value = serde_json::from_str(&answer.body).expect("JSON");
    let keys = set["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
}

async fn rotate_by_itself(world: &World) {
    jobs::run_once(&world.state, None).await.expect("background tasks");
}

fn es256(config: &mut Config) {
    config.signing_algorithm = SigningAlgorithm::Es256;
}

fn other_secret(config: &mut Config) {
    config.secret_key = Some(Secret::from("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

on_both_engines! {
    /// ASVS 9.2.2 to 9.2.4; RFC 9068.
    async fn what_is_issued_is_verified(world) {
        let (token, expires_at) = tokens::issue(&world.state, "person", "session", &[Role::admin()], Moment(i64::MAX)).await.expect("issued");
        let verified = verify(&world.state, &token).await.expect("verified");
        assert_eq!((verified.subject.as_str(), verified.session_id.as_str()), ("person", "session"));
        assert_eq!((verified.roles, verified.issued_at), (vec![Role::admin()], world.now()));
        assert_eq!((verified.expires_at, expires_at), (world.now().plus(HOUR), world.now().plus(HOUR)));

        let [header, claims, _] = parts(&token);
        let read = |part: &str| -> Value {
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
        };
        let kid = published(world).await.remove(0);
        assert_eq!(read(&header), json!({ "alg": "EdDSA", "kid": kid, "typ": "at+jwt" }));
        let now = world.now().0;
        assert_eq!(
            read(&claims),
            json!({ "iss": ISSUER, "aud": ISSUER, "sub": "person", "sid": "session", "iat": now, "exp": now + HOUR,
                    "jti": verified.id, "roles": ["admin"] })
        );
        let another = issue(&world.state).await;
        assert_ne!(verify(&world.state, &another).await.expect("verified").id, verified.id);
    }

    /// ASVS 9.2.1: to the second, and told from a token that never was good.
    async fn a_token_expires(world) {
        let token = issue(&world.state).await;
        world.clock.advance(HOUR - 1);
        assert!(verify(&world.state, &token).await.is_ok());
        world.clock.advance(1);
        assert_eq!(verify(&world.state, &token).await, Err(TokenFault::Expired));
        let [header, claims, _] = parts(&token);
        assert_invalid(world, &format!("{header}.{claims}.{}", text([0; 64])), "of an expired one, without its signature").await;
    }

    /// What other services see: public members alone, to be kept for a few minutes (RFC 7517, RFC 8037).
    async fn keys_are_published(world) {
        let key = keys::signing(&world.state).await.expect("a key");
        let answer = world.anonymous().get("/.well-known/jwks.json").await;
        assert_eq!(answer.headers["content-type"], "application/jwk-set+json");
        assert_eq!(answer.headers["cache-control"], "public, max-age=300");
        let set: Value = serde_json::from_str(&answer.body).expect("JSON");
        let published = &set["keys"][0];
        assert_eq!(published, &serde_json::to_value(key.jwk()).expect("JSON"));
        let members: Vec<&String> = published.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);

        // The published key is enough.
        let read: PublicJwk = serde_json::from_value(published.clone()).expect("a key");
        let token = issue(&world.state).await;
        let (signed, signature) = token.rsplit_once('.').expect("a signature");
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        assert!(VerifyingKey::from_jwk(&read).expect("a key").verify(signed.as_bytes(), &signature));
    }

    /// ASVS 9.1.2, 9.1.3: `alg: none` (CVE-2015-9235), the public key as HMAC secret (CVE-2016-10555), a key that the token
    /// brings along (CVE-2018-0114), one that it points to, `crit` and `b64` (RFC 7797), and names with a way to a file in
    /// them: each with everything else right, and with a signature of ours where there is one to have.
    async fn no_header_but_ours_is_taken(world) {
        let token = issue(&world.state).await;
        let [ours, body, signature] = parts(&token);
        let kid = header(&world.state).await["kid"].as_str().expect("a name").to_owned();
        let whole_claims = claims(world).to_string();
        assert!(verify(&world.state, &with_claims(world, &whole_claims).await).await.is_ok(), "the forger can forge");

        for alg in ["none", "None", "NONE", "nOnE", "", "none ", "HS256", "HS512", "RS256", "PS256", "ES256", "ES384", "Ed25519", "Ed448", "eddsa", "EDDSA"] {
            let header = json!({ "alg": alg, "kid": kid, "typ": "at+jwt" }).to_string();
            assert_invalid(world, &format!("{}.{body}.", text(&header)), alg).await;
            assert_invalid(world, &format!("{}.{body}.{signature}", text(&header)), alg).await;
            assert_invalid(world, &sign(&world.state, &header, &whole_claims).await, alg).await;
        }

        // The public key as a secret, in every form in which somebody may hold it.
        let key = keys::signing(&world.state).await.expect("a key");
        let jwk = serde_json::to_value(key.jwk()).expect("JSON");
        let x = jwk["x"].as_str().expect("a coordinate");
        let forms = [x.as_bytes().to_vec(), BASE64_URL_SAFE_NO_PAD.decode(x).expect("base64url"), jwk.to_string().into_bytes()];
        for secret in forms {
            let hs256 = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            for header in [text(json!({ "alg": "HS256", "kid": kid, "typ": "at+jwt" }).to_string()), ours.clone()] {
                let signed = format!("{header}.{body}");
                let tag = hmac::sign(&hs256, signed.as_bytes());
                assert_invalid(world, &format!("{signed}.{}", text(tag)), "HS256 with the public key").await;
            }
        }

        let plain = json!({ "alg": "EdDSA", "kid": kid, "typ": "at+jwt" });
        let with = |name: &str, value: Value| {
            let mut header = plain.clone();
            header[name] = value;
            header.to_string()
        };
        let mut headers = vec![
            with("jku", json!("https://evil.example/jwks.json")),
            with("jwk", jwk.clone()),
            with("x5u", json!("https://evil.example/certificate.pem")),
            with("x5c", json!(["MIIB"])),
            with("x5t", json!("AAAA")),
            with("crit", json!(["exp"])),
            with("crit", json!([])),
            with("b64", json!(false)),
            with("zip", json!("DEF")),
            with("cty", json!("JWT")),
            with("alg", json!(["EdDSA"])),
            with("alg", Value::Null),
            with("kid", json!([kid])),
            // ASVS 9.2.2: another kind of token of the same key.
            with("typ", json!("JWT")),
            with("typ", json!("AT+JWT")),
            with("typ", json!("application/at+jwt")),
            with("typ", json!("logout+jwt")),
            with("typ", json!("")),
            with("typ", Value::Null),
            json!({ "alg": "EdDSA", "kid": kid }).to_string(),
            json!({ "alg": "EdDSA", "typ": "at+jwt" }).to_string(),
            json!({ "kid": kid, "typ": "at+jwt" }).to_string(),
            "{}".into(),
            String::new(),
            "[]".into(),
            "null".into(),
            // The same to a reader of JSON, and not what we write.
            format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}"#),
            format!(r#"{{ "alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}} "#),
            format!(r#"{{"alg":"none","alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","kid":"{kid}","typ":"at+jwt"}}"#),
            format!(r#"{{"\u0061lg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#),
        ];
        for name in ["../../../../dev/null", "/dev/null", "..%2f..%2fdev%2fnull", "x' or '1'='1", "x\0", "", "https://evil.example/key", "|id", &kid[..10], &kid.to_uppercase()] {
            headers.push(with("kid", json!(name)));
        }
        for header in headers {
            assert_invalid(world, &sign(&world.state, &header, &whole_claims).await, &header).await;
            // CVE-2018-0114 and its kin: signed by whoever wrote it.
            assert_invalid(world, &format!("{}.{body}.{signature}", text(&header)), &header).await;
        }
    }

    /// ASVS 9.1.1: nothing is believed without a signature over exactly these bytes.
    async fn a_signature_is_of_this_key_and_these_bytes(world) {
        let token = issue(&world.state).await;
        let [header, body, signature] = parts(&token);
        let mut changed = claims(world);
        changed["sub"] = "administrator".into();
        assert_invalid(world, &format!("{header}.{}.{signature}", text(changed.to_string())), "other claims").await;

        // A key of our own making that says it is this one.
        let stranger = World::with(crate::support::Engine::Sqlite, |_| ()).await;
        let foreign = issue(&stranger.state).await;
        assert_invalid(world, &foreign, "of another site").await;
        let signed = format!("{header}.{body}");
        let by_stranger = keys::signing(&stranger.state).await.expect("a key").sign(signed.as_bytes()).expect("signed");
        assert_invalid(world, &format!("{signed}.{}", text(by_stranger)), "of another key").await;
        stranger.end().await;

        let raw = BASE64_URL_SAFE_NO_PAD.decode(&signature).expect("base64url");
        for length in [0, 1, 31, 32, 63] {
            assert_invalid(world, &format!("{signed}.{}", text(&raw[..length])), "a part of the signature").await;
        }
        assert_invalid(world, &format!("{signed}.{}", text([raw.clone(), vec![0]].concat())), "and one byte more").await;
        assert_invalid(world, &format!("{signed}.{}", text([0; 64])), "nothing but zeros").await;
        for at in [0, 31, 32, 63] {
            for bit in [1, 128] {
                let mut flipped = raw.clone();
                flipped[at] ^= bit;
                assert_invalid(world, &format!("{signed}.{}", text(flipped)), "one bit").await;
            }
        }
    }

    /// ASVS 1.1.1, 1.5.3: one text is one token, so that what is written down about it is found again.
    async fn a_token_is_written_in_one_way(world) {
        let token = issue(&world.state).await;
        let [header, body, signature] = parts(&token);
        let signed = format!("{header}.{body}");
        for other in [
            format!("{token}="),
            format!("{token}=="),
            format!("{header}=.{body}.{signature}"),
            format!("{header}.{body}==.{signature}"),
            format!("{token}\n"),
            format!(" {token}"),
            format!("{token}."),
            format!(".{token}"),
            format!("{token}.{signature}"),
            format!("{signed}."),
            format!("{signed}.."),
            signed.clone(),
            header.clone(),
            String::new(),
            ".".into(),
            "..".into(),
            "....".into(),
            format!("{header}..{signature}"),
            format!("{header}....{signature}"),
            format!("Bearer {token}"),
            json!({ "payload": body, "protected": header, "signature": signature }).to_string(),
            token.replacen('.', "%2E", 1),
        ] {
            assert_invalid(world, &other, "written in another way").await;
        }
        // The last character of 64 bytes has four bits that say nothing.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=";
        let (start, last) = token.split_at(token.len() - 1);
        for character in alphabet.chars().filter(|character| !last.contains(*character)) {
            assert_invalid(world, &format!("{start}{character}"), "other last bits").await;
        }
        let long = "A".repeat(MOST_BYTES);
        assert_invalid(world, &format!("{header}.{long}.{signature}"), "too long").await;
        assert_invalid(world, &format!("{long}.{body}.{signature}"), "too long").await;
    }

    /// ASVS 9.2.1, 9.2.3, 15.3.5, 15.3.7: claims of our own key that are not as we write them.
    async fn claims_are_ours_in_every_member(world) {
        let now = world.now().0;
        let wrong: Vec<(&str, Value)> = vec![
            ("iss", json!("https://evil.example")),
            ("iss", json!(format!("{ISSUER}/"))),
            ("iss", json!("HTTP://127.0.0.1:3000")),
            ("iss", json!([ISSUER])),
            ("iss", json!("")),
            ("iss", Value::Null),
            ("aud", json!("https://other.example")),
            ("aud", json!([ISSUER])),
            ("aud", json!([ISSUER, "https://other.example"])),
            ("aud", json!({ ISSUER: true })),
            ("aud", json!("*")),
            ("aud", json!("")),
            ("exp", json!(now.to_string())),
            ("exp", json!((now + HOUR).to_string())),
            ("exp", json!(1e300)),
            ("exp", json!(u64::MAX)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(now + DAY + 1)),
            ("exp", json!(now)),
            ("exp", json!(-1)),
            ("exp", json!(0)),
            ("exp", json!(true)),
            ("exp", json!([now + HOUR])),
            ("exp", json!({ "value": now + HOUR })),
            ("exp", Value::Null),
            ("iat", json!(now + 61)),
            ("iat", json!(now.to_string())),
            ("iat", json!(-1)),
            ("iat", json!(i64::MIN)),
            ("iat", Value::Null),
            ("nbf", json!(now + HOUR)),
            ("nbf", json!(now - HOUR)),
            ("nbf", json!("tomorrow")),
            ("nbf", json!(-1)),
            ("nbf", json!(1e300)),
            ("nbf", Value::Null),
            ("sub", json!("")),
            ("sub", json!(1)),
            ("sub", json!(["person"])),
            ("sub", Value::Null),
            ("sid", json!("")),
            ("sid", json!({ "$ne": "" })),
            ("sid", Value::Null),
            ("jti", json!("")),
            ("jti", json!(1)),
            ("jti", Value::Null),
            ("roles", json!("admin")),
            ("roles", json!(["Admin"])),
            ("roles", json!([["admin"]])),
            ("roles", json!({ "admin": true })),
            ("roles", Value::Null),
            ("scope", json!("admin")),
            ("act", json!({ "sub": "somebody else" })),
        ];
        for (name, value) in wrong {
            let mut changed = claims(world);
            changed[name] = value;
            assert_invalid(world, &with_claims(world, &changed.to_string()).await, &changed.to_string()).await;
        }
        let whole = claims(world);
        for name in whole.as_object().expect("an object").keys() {
            let mut without = whole.clone();
            without.as_object_mut().expect("an object").remove(name);
            assert_invalid(world, &with_claims(world, &without.to_string()).await, &format!("without {name}")).await;
        }
        let written = whole.to_string();
        for claims in [
            // Numbers that other readers take for ours.
            written.replace(&format!("\"exp\":{}", now + HOUR), &format!("\"exp\":{}.0", now + HOUR)),
            written.replace(&format!("\"exp\":{}", now + HOUR), "\"exp\":1e11"),
            written.replace(&format!("\"exp\":{}", now + HOUR), "\"exp\":18446744073709551616"),
            written.replace(&format!("\"iat\":{now}"), &format!("\"iat\":{now}.5")),
            // Members twice, of which readers take the first or the last.
            written.replacen('{', "{\"sub\":\"administrator\",", 1),
            written.replacen('{', &format!("{{\"exp\":{},", now + HOUR), 1),
            format!("{written}{written}"),
            format!("[{written}]"),
            json!([ISSUER, ISSUER, "person", "session", now, now + HOUR, "token", ["admin"]]).to_string(),
            "{}".into(),
            "null".into(),
            String::new(),
            "\u{feff}{}".into(),
        ] {
            assert_invalid(world, &with_claims(world, &claims).await, &claims).await;
        }
        // ASVS 9.2.1: a token of another age, with everything else as it should be, says so.
        let mut old = whole;
        old["iat"] = json!(now - 2 * HOUR);
        old["exp"] = json!(now - HOUR);
        assert_eq!(verify(&world.state, &with_claims(world, &old.to_string()).await).await, Err(TokenFault::Expired));
        // The clock of another node may be a little ahead.
        let mut ahead = claims(world);
        ahead["iat"] = json!(now + 60);
        assert!(verify(&world.state, &with_claims(world, &ahead.to_string()).await).await.is_ok());
    }

    /// ASVS 2.2.1: whatever is sent is refused, and nothing falls over.
    async fn arbitrary_text_is_refused(world) {
        let token = issue(&world.state).await;
        let mut runner = TestRunner::deterministic();
        let mut draw = |strategy: &dyn Fn(&mut TestRunner) -> String| strategy(&mut runner);
        for _ in 0..300 {
            let anything = draw(&|runner| any::<String>().new_tree(runner).expect("a value").current());
            assert_invalid(world, &anything, "anything").await;
            let like_one = draw(&|runner| "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}".new_tree(runner).expect("a value").current());
            assert_invalid(world, &like_one, "like a token").await;
            let changed = draw(&|runner| {
                let (at, character) = ((0..token.len()), any::<char>()).prop_map(|drawn| drawn).new_tree(runner).expect("a value").current();
                format!("{}{character}{}", &token[..at], &token[at + 1..])
            });
            if changed != token {
                assert_invalid(world, &changed, "one character").await;
            }
            let claims = draw(&|runner| any::<String>().new_tree(runner).expect("a value").current());
            assert_invalid(world, &with_claims(world, &claims).await, "any claims").await;
        }
    }

    /// D5, D13: nodes share keys by the database and the secret, whichever of them made one.
    async fn nodes_verify_the_tokens_of_each_other(world) {
        let other = node(world, |_| ());
        let token = issue(&world.state).await;
        assert!(verify(&other, &token).await.is_ok());
        let token = issue(&other).await;
        assert!(verify(&world.state, &token).await.is_ok());
        assert_eq!(rows(world).await.len(), 1);
    }

    /// ASVS 2.3.4, 15.4.2.
    async fn nodes_that_start_at_once_make_one_key(world) {
        let mut starting = JoinSet::new();
        for _ in 0..6 {
            let node = node(world, |_| ());
            starting.spawn(async move { keys::signing(&node).await.expect("a key").row.kid });
        }
        let mut named = starting.join_all().await;
        named.dedup();
        assert_eq!(named.len(), 1, "{named:?}");
        assert_eq!(rows(world).await.len(), 1);
    }

    /// ASVS 2.3.4: by hand and by themselves.
    async fn nodes_that_rotate_at_once_make_one_key(world) {
        keys::signing(&world.state).await.expect("a key");
        world.clock.advance(90 * DAY);
        let mut rotating = JoinSet::new();
        for by_hand in [true, false, true, false] {
            let node = node(world, |_| ());
            rotating.spawn(async move {
                if by_hand { rotation::rotate(&node).await.map(|_| ()) } else { rotation::run(&node).await }
            });
        }
        assert!(rotating.join_all().await.into_iter().all(|outcome| outcome.is_ok()));
        assert_eq!(rows(world).await.len(), 2);
        world.clock.advance(PUBLISHED_BEFORE_SECONDS);
        let signing: Vec<_> = rows(world).await.into_iter().filter(|row| row.signs_until.is_none()).collect();
        assert_eq!(signing.len(), 1);
        assert_eq!(keys::signing(&world.state).await.expect("a key").row.kid, signing[0].kid);

        let mut revoking = JoinSet::new();
        for _ in 0..3 {
            let node = node(world, |_| ());
            revoking.spawn(async move { rotation::revoke_and_replace(&node).await.map(|_| ()) });
        }
        assert!(revoking.join_all().await.into_iter().all(|outcome| outcome.is_ok()));
        assert_eq!(rows(world).await.len(), 1);
    }

    /// The next key is known to others before it signs, and the last one until its last token has expired.
    /// ASVS 13.3.4.
    async fn keys_follow_one_another(world) {
        let first = keys::signing(&world.state).await.expect("a key").row.kid;
        world.clock.advance(89 * DAY);
        rotate_by_itself(world).await;
        assert_eq!(published(world).await, std::slice::from_ref(&first));

        world.clock.advance(18 * HOUR);
        rotate_by_itself(world).await;
        let [_, next] = <[String; 2]>::try_from(published(world).await).expect("two");
        let signs_from = rows(world).await[1].signs_from;
        assert!(signs_from >= world.now().0 + PUBLISHED_BEFORE_SECONDS, "others hear of it in time");
        assert_eq!(keys::signing(&world.state).await.expect("a key").row.kid, first);
        rotate_by_itself(world).await;
        assert_eq!(rows(world).await.len(), 2, "one follows");

        world.clock.advance(signs_from - world.now().0 - 1);
        let last_of_first = issue(&world.state).await;
        world.clock.advance(1);
        let first_of_next = issue(&world.state).await;
        assert_ne!(parts(&last_of_first)[0], parts(&first_of_next)[0]);
        assert_eq!(keys::signing(&world.state).await.expect("a key").row.kid, next);

        // Its private half is not kept for longer than it is needed.
        world.clock.advance(120);
        rotate_by_itself(world).await;
        assert_eq!(rows(world).await[0].private_key, None);
        assert!(rows(world).await[1].private_key.is_some());

        world.clock.advance(HOUR - 122);
        assert!(verify(&world.state, &last_of_first).await.is_ok(), "to its last second");
        assert_eq!(published(world).await, [first, next.clone()]);
        world.clock.advance(1);
        assert_eq!(verify(&world.state, &last_of_first).await, Err(TokenFault::Expired));
        world.clock.advance(MARGIN_SECONDS + 1);
        assert_eq!(published(world).await, std::slice::from_ref(&next), "also before it is removed");
        rotate_by_itself(world).await;
        assert_eq!(rows(world).await.into_iter().map(|row| row.kid).collect::<Vec<_>>(), [next]);
    }

    /// A server that was off for long does not sign with a key that nobody has heard of.
    async fn a_key_that_is_overdue_is_followed_in_time(world) {
        let first = keys::signing(&world.state).await.expect("a key").row.kid;
        world.clock.advance(400 * DAY);
        rotate_by_itself(world).await;
        assert_eq!(keys::signing(&world.state).await.expect("a key").row.kid, first);
        assert_eq!(rows(world).await[1].signs_from, world.now().0 + PUBLISHED_BEFORE_SECONDS);
    }

    /// What was signed while tokens lived longer is verified for as long.
    async fn a_key_is_published_for_its_longest_token(world) {
        keys::signing(&world.state).await.expect("a key");
        let longer = node(world, |config| config.access_token_minutes = 12 * 60);
        let token = issue(&longer).await;
        assert!(matches!(rotation::rotate(&world.state).await.expect("rotated"), Rotated::Made { .. }));
        world.clock.advance(12 * HOUR - 1);
        rotate_by_itself(world).await;
        assert!(verify(&world.state, &token).await.is_ok());
    }

    /// By hand: published first; asked for twice, one follows.
    async fn rotating_by_hand_publishes_first(world) {
        let first = keys::signing(&world.state).await.expect("a key").row.kid;
        let Rotated::Made { kid: next, signs_from } = rotation::rotate(&world.state).await.expect("rotated") else { panic!("made") };
        assert_eq!(signs_from, world.now().plus(PUBLISHED_BEFORE_SECONDS));
        let again = rotation::rotate(&world.state).await.expect("rotated");
        assert_eq!(again, Rotated::Waiting { kid: next.clone(), signs_from });
        assert_eq!(published(world).await, [first, next]);
        let event = world.look_up("select actor from events where kind = 'signing_key_made' order by id desc limit 1").await;
        assert_eq!(event, audit::COMMAND_LINE);
    }

    /// For when a key may be known to others: its tokens are refused at once here, and within seconds on other nodes.
    async fn revoked_keys_take_their_tokens_with_them(world) {
        let other = node(world, |_| ());
        let token = issue(&world.state).await;
        assert!(verify(&other, &token).await.is_ok());
        rotation::rotate(&world.state).await.expect("rotated");
        let (kid, revoked) = rotation::revoke_and_replace(&world.state).await.expect("replaced");
        assert_eq!(revoked.len(), 2, "also the one that was to follow");
        assert_invalid(world, &token, "of a revoked key").await;
        assert_eq!(published(world).await, [kid]);
        let new = issue(&world.state).await;
        assert!(verify(&world.state, &new).await.is_ok());
        world.clock.advance(1);
        assert!(verify(&other, &new).await.is_ok(), "looks for a key that it does not know");
        assert_eq!(verify(&other, &token).await, Err(TokenFault::Invalid));
        let event = world.look_up("select detail from events where kind = 'signing_keys_revoked'").await;
        assert!(revoked.iter().all(|kid| event.contains(kid)), "{event}");
    }

    /// A node that hears nothing of it takes a revoked key for no more than seconds.
    async fn other_nodes_forget_a_revoked_key(world) {
        let other = node(world, |_| ());
        let token = issue(&world.state).await;
        assert!(verify(&other, &token).await.is_ok());
        rotation::revoke_and_replace(&world.state).await.expect("replaced");
        world.clock.advance(REMEMBERED_SECONDS);
        assert_eq!(verify(&other, &token).await, Err(TokenFault::Invalid));
    }

    /// ASVS 15.1.3: verifying asks the database nothing, and nobody makes it ask with keys that are none.
    async fn verifying_needs_no_query(world) {
        let token = issue(&world.state).await;
        let strange = format!("{}.e30.{}", text("{}"), text([0; 64]));
        world.tamper("alter table signing_keys rename to away").await;
        world.clock.advance(REMEMBERED_SECONDS - 1);
        assert!(verify(&world.state, &token).await.is_ok());
        assert!(matches!(tokens::verify(&world.state, &strange).await, Err(TokenError::Failure(_))), "looked for once a second");
        world.clock.advance(1);
        assert!(matches!(tokens::verify(&world.state, &token).await, Err(TokenError::Failure(_))));
        world.tamper("alter table away rename to signing_keys").await;
        assert!(verify(&world.state, &token).await.is_ok());
        world.tamper("alter table signing_keys rename to away").await;
        assert_invalid(world, &strange, "looked for in this second already").await;
        world.tamper("alter table away rename to signing_keys").await;
    }

    /// ASVS 13.3.1: the database alone signs nothing.
    async fn private_keys_are_encrypted(world) {
        keys::signing(&world.state).await.expect("a key");
        let row = rows(world).await.remove(0);
        let stored = row.private_key.expect("there");
        let jwk: Value = serde_json::from_str(&row.public_jwk).expect("JSON");
        let public = BASE64_URL_SAFE_NO_PAD.decode(jwk["x"].as_str().expect("x")).expect("base64url");
        // PKCS #8 of Ed25519 holds the public key in plain sight.
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&stored).expect("base64url");
        assert!(!bytes.windows(public.len()).any(|window| window == public));
    }

    /// Whoever lost the secret signs on with another key; what was signed before is good until it expires.
    async fn a_lost_secret_costs_a_key_and_no_token(world) {
        let token = issue(&world.state).await;
        let other = node(world, other_secret);
        assert!(verify(&other, &token).await.is_ok());
        let of_other = issue(&other).await;
        assert_ne!(parts(&token)[0], parts(&of_other)[0]);
        assert_eq!(rows(world).await.len(), 2);
        world.clock.advance(REMEMBERED_SECONDS);
        assert_eq!(published(world).await.len(), 2);
        assert!(verify(&other, &token).await.is_ok() && verify(&world.state, &of_other).await.is_ok());
        // Nodes of different secrets by mistake do not fill the table.
        for _ in 0..3 {
            issue(&world.state).await;
            issue(&other).await;
        }
        assert_eq!(rows(world).await.len(), 2);
        // With the next key the lost one ends, too.
        assert!(matches!(rotation::rotate(&other).await.expect("rotated"), Rotated::Made { .. }));
        world.clock.advance(PUBLISHED_BEFORE_SECONDS + HOUR + MARGIN_SECONDS);
        rotation::run(&other).await.expect("rotated");
        assert_eq!(rows(world).await.len(), 1);
    }

    /// A row that somebody wrote is no key, and takes none away.
    async fn a_key_that_was_tampered_with_is_left_out(world) {
        let token = issue(&world.state).await;
        let evil = "insert into signing_keys (kid, public_jwk, private_key, created_at, signs_from, signs_until, token_seconds)
                    select 'another', public_jwk, private_key, created_at, signs_from, signs_until, token_seconds from signing_keys";
        world.tamper(evil).await;
        world.tamper("insert into signing_keys values ('nonsense', 'nonsense', null, 0, 0, null, 60)").await;
        world.clock.advance(REMEMBERED_SECONDS);
        assert!(verify(&world.state, &token).await.is_ok());
        assert_eq!(published(world).await.len(), 1);
        rotation::revoke_and_replace(&world.state).await.expect("replaced");
        assert_eq!(rows(world).await.len(), 1, "whatever was there is gone");
    }

    /// The setting changes: the key that is there signs until the other one is known.
    /// ASVS 11.2.2.
    async fn another_algorithm_follows_like_another_key(world) {
        let token = issue(&world.state).await;
        let other = node(world, es256);
        rotation::run(&other).await.expect("rotated");
        assert_eq!(parts(&issue(&other).await)[0], parts(&token)[0]);
        world.clock.advance(PUBLISHED_BEFORE_SECONDS);
        let signed = keys::signing(&other).await.expect("a key");
        assert_eq!(signed.algorithm(), SigningAlgorithm::Es256);
        let token = issue(&other).await;
        assert!(verify(&world.state, &token).await.is_ok(), "the algorithm is the key's own");
    }

    /// ASVS 9.2.3: for another audience, and for nobody else.
    async fn the_audience_is_a_setting(world) {
        let other = node(world, |config| config.token_audience = Some("https://api.example.com".into()));
        let token = issue(&other).await;
        assert!(verify(&other, &token).await.is_ok());
        assert_invalid(world, &token, "for another audience").await;
        let ours = issue(&world.state).await;
        assert_eq!(verify(&other, &ours).await, Err(TokenFault::Invalid));
    }

    async fn so_many_roles_that_nobody_takes_the_token_are_no_token(world) {
        let roles: Vec<Role> = (0..400).map(|number| Role::parse(&format!("role-with-a-long-name-{number}")).expect("a role")).collect();
        let refused = tokens::issue(&world.state, "person", "session", &roles, Moment(i64::MAX)).await;
        assert!(matches!(refused, Err(ServerError::Keys(_))), "{refused:?}");
    }
}

mod with_es256 {
    use super::*;

    on_both_engines! {
        with(es256)
        /// ASVS 9.1.1, 9.1.2; CVE-2022-21449: a signature of zeros is none, nor is one in another form.
        async fn what_is_issued_is_verified_and_nothing_else(world) {
            let token = issue(&world.state).await;
            assert_eq!(header(&world.state).await["alg"], "ES256");
            assert!(verify(&world.state, &token).await.is_ok());
            let jwk = serde_json::to_value(keys::signing(&world.state).await.expect("a key").jwk()).expect("JSON");
            let members: Vec<&String> = jwk.as_object().expect("an object").keys().collect();
            assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);

            let (signed, signature) = token.rsplit_once('.').expect("a signature");
            let raw = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
            let order = [
                0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
                0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
            ];
            let (r, s) = raw.split_at(32);
            // As X.509 writes it.
            let der = [&[0x30, 0x46, 0x02, 0x21, 0][..], r, &[0x02, 0x21, 0], s].concat();
            for forged in [
                vec![0; 64],
                vec![0; 0],
                [r, &[0; 32]].concat(),
                [&[0; 32], s].concat(),
                [order, order].concat(),
                [r, &order].concat(),
                [[0; 31].to_vec(), vec![1], [0; 31].to_vec(), vec![1]].concat(),
                [s, r].concat(),
                der,
            ] {
                assert_invalid(world, &format!("{signed}.{}", text(&forged)), "forged").await;
            }
            let eddsa = node(world, |config| config.signing_algorithm = SigningAlgorithm::EdDsa);
            rotation::revoke_and_replace(&eddsa).await.expect("replaced");
            world.clock.advance(REMEMBERED_SECONDS);
            assert_invalid(world, &token, "of a key that is gone").await;
        }
    }
}
