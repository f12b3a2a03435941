//! The JSON API: accounts, tokens in exchange for a password or a refresh token, sessions, and how it refuses.

use axum::http::{Method, StatusCode, header};
use latchkey::server::{config::Config, flows::grants::GRACE_SECONDS, storage::Db};
use serde_json::{Value, json};

use crate::{
    own_sessions::{count_events, id_of},
    support::{OTHER_PASSWORD, PASSWORD, World, on_both_engines},
};

/// The token of the newest mail's link to somebody.
async fn mailed_token(world: &World, email: &str) -> String {
    let mails = world.mail_to(email).await;
    mails[0].link().split_once("token=").expect("a token").1.to_owned()
}

on_both_engines! {
    /// The contract of the demos that this replaces, member by member.
    async fn an_account_is_made_and_used_as_demos_promised(world) {
        let program = world.program();
        let new = json!({ "email": "sam@example.com", "password": PASSWORD });
        let made = program.post("/users", new.clone()).await;
        assert_eq!((made.status, made.json()), (StatusCode::CREATED, json!({ "message": "User created" })));
        assert_eq!(program.post("/users", new.clone()).await.status, StatusCode::CONFLICT);
        let signed_in = program.post("/auth/login", new).await;
        assert_eq!(signed_in.status, StatusCode::OK);
        let grant = signed_in.json();
        assert_eq!((&grant["token_type"], &grant["expires_in"]), (&json!("Bearer"), &json!(3600)));
        let me = program.with_token(grant["access_token"].as_str().expect("a token")).get("/users/me").await;
        assert_eq!(me.status, StatusCode::OK, "{me:?}");
        let me = me.json();
        assert_eq!(me["email"], "sam@example.com");
        assert_eq!(me["id"], json!(id_of(world, "sam@example.com").await));
        assert_eq!(me["created_at"], json!(world.now().rfc3339()));
        assert_eq!(program.get("/health").await.json(), json!({ "status": "ok" }));
        assert_eq!(program.get("/users/me").await.status, StatusCode::UNAUTHORIZED);
    }

    /// Nothing is half done: what is wrong is said field by field, and no account is there.
    async fn a_refused_account_says_why(world) {
        let program = world.program();
        for (body, fields) in [
            (json!({}), vec![("email", "missing"), ("password", "missing")]),
            (json!({ "email": "sam@", "password": PASSWORD }), vec![("email", "email_shape")]),
            (json!({ "email": "sam@example.com", "password": "short" }), vec![("password", "password_too_short")]),
            (json!({ "email": "sam@example.com", "password": "password1" }), vec![("password", "password_weak")]),
        ] {
            let refused = program.post("/users", body).await;
            assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::BAD_REQUEST, "fields"));
            let said: Vec<(String, String)> = refused.json()["fields"].as_array().expect("fields").iter()
                .map(|field| (field["field"].as_str().unwrap().to_owned(), field["code"].as_str().unwrap().to_owned()))
                .collect();
            let fields: Vec<(String, String)> = fields.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
            assert_eq!(said, fields);
            assert!(refused.json()["fields"][0]["message"].as_str().is_some_and(|message| !message.is_empty()));
        }
        let login = program.post("/auth/login", json!({ "email": "sam@example.com", "password": PASSWORD })).await;
        assert_eq!((login.status, login.problem().as_str()), (StatusCode::UNAUTHORIZED, "invalid_credentials"));
        assert_eq!(login.challenge(), "Bearer");
        let incomplete = program.post("/auth/login", json!({ "username": "sam" })).await;
        assert_eq!(incomplete.json()["fields"][0]["field"], "password", "{incomplete:?}");
        let nobody = program.post("/auth/login", json!({ "password": PASSWORD })).await;
        assert_eq!((nobody.status, &nobody.json()["fields"][0]["field"]), (StatusCode::BAD_REQUEST, &json!("email")));
    }

    /// RFC 6750 section 3.1: each of them can be told from the others.
    async fn what_is_wrong_with_a_token_is_said(world) {
        let program = world.new_program("sam@example.com").await;
        let refused = world.program().get("/users/me").await;
        assert_eq!((refused.problem().as_str(), refused.challenge()), ("token_missing", "Bearer"));
        let bad = program.with_token("eyJhbGciOiJub25lIn0.e30.").get("/users/me").await;
        assert_eq!((bad.status, bad.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_invalid"));
        assert_eq!(bad.challenge(), "Bearer error=\"invalid_token\", error_description=\"The token is not valid\"");

        world.clock.advance(3_599);
        assert_eq!(program.get("/users/me").await.status, StatusCode::OK);
        world.clock.advance(1);
        let expired = program.get("/users/me").await;
        assert_eq!((expired.status, expired.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_expired"));
        assert!(expired.challenge().contains("has expired"), "{expired:?}");

        let program = world.program_of("sam@example.com").await;
        assert_eq!(program.call(Method::POST, "/auth/logout", None).await.status, StatusCode::NO_CONTENT);
        let revoked = program.get("/users/me").await;
        assert_eq!((revoked.status, revoked.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_revoked"));
        assert_eq!(program.refresh().await.problem(), "token_revoked");
        assert_eq!(count_events(world, &id_of(world, "sam@example.com").await, "signed_out").await, 1);
    }

    /// ASVS 4.1.1, 4.1.4, 15.3.5: type, size, form and method.
    async fn what_cannot_be_read_is_refused_with_the_right_status(world) {
        let browser = world.anonymous();
        let send = async |content_type: Option<&str>, body: String| {
            let mut request = browser.request(Method::POST, "/auth/login");
            if let Some(content_type) = content_type {
                request = request.header(header::CONTENT_TYPE, content_type);
            }
            browser.clone().send(request.body(body.into()).expect("a request")).await
        };
        let json = Some("application/json");
        for (content_type, body, status, code) in [
            (None, "{}".to_owned(), 415, "not_json"),
            (Some("text/plain"), "{}".to_owned(), 415, "not_json"),
            (Some("application/x-www-form-urlencoded"), "email=a".to_owned(), 415, "not_json"),
            (json, "{".to_owned(), 400, "malformed_json"),
            (json, String::new(), 400, "malformed_json"),
            (json, "[]".to_owned(), 400, "malformed_json"),
            (json, "{\"email\":1,\"password\":\"x\"}".to_owned(), 400, "malformed_json"),
            (json, "{\"email\":\"a\",\"email\":\"b\"}".to_owned(), 400, "malformed_json"),
            (json, format!("{{\"email\":\"{}\"}}", "a".repeat(70_000)), 413, "too_large"),
        ] {
            let answer = send(content_type, body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{content_type:?} {body:.40}");
        }
        assert_eq!(send(Some("application/json; charset=utf-8"), "{}".into()).await.problem(), "fields");
        let program = world.program();
        let wrong = program.put("/auth/login").await;
        assert_eq!((wrong.status, wrong.problem().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
        assert_eq!(wrong.headers[header::ALLOW], "POST");
        assert_eq!(program.get("/users/none").await.problem(), "not_found");
    }

    /// RFC 6585, RFC 9110 section 10.2.3: alike for people known and not.
    async fn too_many_tries_are_told_when_to_come_back(world) {
        world.new_program("sam@example.com").await;
        for email in ["sam@example.com", "nobody@example.com"] {
            let wrong = json!({ "email": email, "password": OTHER_PASSWORD });
            for _ in 0..5 {
                assert_eq!(world.program().post("/auth/login", wrong.clone()).await.problem(), "invalid_credentials");
            }
            let refused = world.program().post("/auth/login", wrong).await;
            assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too_many_tries"));
            let seconds = refused.headers[header::RETRY_AFTER].to_str().expect("text").to_owned();
            assert_eq!(refused.json()["retry_after"].to_string(), seconds);
        }
    }

    /// ASVS 10.4.5; design: D13.
    async fn a_refresh_token_is_good_once(world) {
        let mut program = world.new_program("sam@example.com").await;
        let first = program.clone();
        let refreshed = program.refresh().await;
        program.take(&refreshed);
        assert_ne!(first.refresh_token, program.refresh_token);
        assert_eq!(program.get("/users/me").await.status, StatusCode::OK);

        // A moment later: the answer may have been lost, or two asked at once. The loser just fails.
        world.clock.advance(GRACE_SECONDS - 1);
        let again = first.refresh().await;
        assert_eq!((again.status, again.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_invalid"));
        assert_eq!(program.get("/users/me").await.status, StatusCode::OK);

        // Later: somebody has a copy. The whole family is over.
        world.clock.advance(1);
        assert_eq!(first.refresh().await.problem(), "token_revoked");
        assert_eq!(program.get("/users/me").await.problem(), "token_revoked");
        assert_eq!(program.refresh().await.problem(), "token_revoked");
        let user = id_of(world, "sam@example.com").await;
        let mut browser = world.anonymous();
        browser.sign_in("sam@example.com", PASSWORD).await;
        let page = browser.get("/account/sessions").await;
        assert!(page.says("Its refresh token was used twice"), "{}", page.body);
        assert_eq!(count_events(world, &user, "session_ended").await, 1);
        let mails = world.mail_to("sam@example.com").await;
        assert!(mails.iter().any(|mail| mail.subject.starts_with("A program was signed out")), "its owner is told");
    }

    /// ASVS 2.3.4: of any number at once exactly one wins, and the session goes on.
    async fn of_many_that_refresh_at_once_one_wins(world) {
        let program = world.new_program("sam@example.com").await;
        let tries: Vec<_> = (0..8)
            .map(|_| {
                let program = program.clone();
                tokio::spawn(async move { program.refresh().await })
            })
            .collect();
        let mut won = Vec::new();
        for one in tries {
            let answer = one.await.expect("ran");
            if answer.status == StatusCode::OK {
                won.push(answer);
            } else {
                assert_eq!(answer.problem(), "token_invalid");
            }
        }
        assert_eq!(won.len(), 1);
        let mut winner = program.clone();
        winner.take(&won[0]);
        assert_eq!(winner.get("/users/me").await.status, StatusCode::OK);
    }

    /// ASVS 10.4.8: a session of a program has an end, however often it is refreshed; and it idles out.
    async fn refreshing_does_not_go_on_for_ever(world) {
        let mut program = world.new_program("sam@example.com").await;
        let idle = world.new_program("kim@example.com").await;
        for _ in 0..2 {
            world.clock.advance(13 * 86_400);
            let refreshed = program.refresh().await;
            program.take(&refreshed);
        }
        assert_eq!(idle.refresh().await.problem(), "token_expired");
        world.clock.advance(4 * 86_400);
        assert_eq!(program.refresh().await.problem(), "token_expired", "30 days are over");
        assert_eq!(world.program().post("/auth/refresh", json!({ "refresh_token": "x" })).await.problem(), "token_invalid");
    }

    /// A failure after the exchange would leave a program with nothing: it fails before, and the token is good again.
    async fn a_refresh_that_fails_can_be_repeated(world) {
        let program = world.new_program("sam@example.com").await;
        let (away, back) = match world.state.db {
            Db::Sqlite { .. } => (
                "create trigger away before insert on refresh_tokens begin select raise(abort, 'away'); end",
                "drop trigger away",
            ),
            Db::Postgres(_) => (
                "alter table refresh_tokens add constraint away check (false) not valid",
                "alter table refresh_tokens drop constraint away",
            ),
        };
        world.tamper(away).await;
        assert_eq!(program.refresh().await.status, StatusCode::INTERNAL_SERVER_ERROR);
        world.tamper(back).await;
        world.clock.advance(60);
        assert_eq!(program.refresh().await.status, StatusCode::OK);
    }

    /// A session that begins, but for which no tokens can be made, is nobody's: it ends at once.
    async fn a_session_without_tokens_does_not_stay(world) {
        world.new_program("sam@example.com").await.call(Method::POST, "/auth/logout", None).await;
        let away = match world.state.db {
            Db::Sqlite { .. } => "create trigger away before insert on refresh_tokens begin select raise(abort, 'away'); end",
            Db::Postgres(_) => "alter table refresh_tokens add constraint away check (false) not valid",
        };
        world.tamper(away).await;
        let login = json!({ "email": "sam@example.com", "password": PASSWORD });
        assert_eq!(world.program().post("/auth/login", login).await.status, StatusCode::INTERNAL_SERVER_ERROR);
        let live = world.look_up("select count(*) || '' from sessions where ended_at is null").await;
        assert_eq!(live, "0");
    }

    async fn refreshing_without_end_has_to_wait(world) {
        let mut program = world.new_program("sam@example.com").await;
        for _ in 0..60 {
            let refreshed = program.refresh().await;
            program.take(&refreshed);
        }
        assert_eq!(program.refresh().await.problem(), "too_many_requests");
        world.clock.advance(61);
        assert_eq!(program.refresh().await.status, StatusCode::OK, "the token is still good");
    }

    /// ASVS 7.5.2, 10.4.9: programs and browsers are in one list.
    async fn sessions_are_listed_and_ended(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        let program = world.program_of("sam@example.com").await;
        let list = program.get("/users/me/sessions").await.json();
        let sessions = list["sessions"].as_array().expect("a list");
        assert_eq!(sessions.len(), 2);
        assert_eq!((&sessions[0]["current"], &sessions[0]["device"]), (&json!(true), &json!("curl")), "{list}");
        assert_eq!((&sessions[1]["current"], &sessions[1]["address"]), (&json!(false), &json!("192.0.2.7")));
        let browsers = sessions[1]["id"].as_str().expect("an id").to_owned();
        assert_eq!(program.delete(&format!("/users/me/sessions/{browsers}")).await.status, StatusCode::NO_CONTENT);
        assert!(!browser.is_signed_in().await);

        let kim = world.new_program("kim@example.com").await;
        assert_eq!(kim.delete(&format!("/users/me/sessions/{browsers}")).await.problem(), "not_found", "ASVS 8.2.2");
        let other = world.program_of("sam@example.com").await;
        assert_eq!(program.delete("/users/me/sessions").await.status, StatusCode::NO_CONTENT);
        assert_eq!(other.get("/users/me").await.problem(), "token_revoked");
        assert_eq!(program.get("/users/me").await.status, StatusCode::OK);

        browser.sign_in("sam@example.com", PASSWORD).await;
        browser.submit("/api/end_other_sessions", &[]).await;
        assert_eq!(program.get("/users/me").await.problem(), "token_revoked", "a browser ends programs too");
    }

    async fn a_password_is_reset_by_mail(world) {
        let program = world.new_program("sam@example.com").await;
        for email in ["sam@example.com", "nobody@example.com"] {
            let asked = world.program().post("/auth/password/forgot", json!({ "email": email })).await;
            assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
        }
        let token = mailed_token(world, "sam@example.com").await;
        let weak = json!({ "token": token, "new_password": "password1" });
        assert_eq!(world.program().post("/auth/password/reset", weak).await.problem(), "fields");
        let new = json!({ "token": token, "new_password": OTHER_PASSWORD });
        assert_eq!(world.program().post("/auth/password/reset", new.clone()).await.status, StatusCode::OK);
        let again = world.program().post("/auth/password/reset", new).await;
        assert_eq!((again.status, again.problem().as_str()), (StatusCode::GONE, "link_dead"));
        assert_eq!(program.get("/users/me").await.problem(), "token_revoked");
        let login = json!({ "email": "sam@example.com", "password": OTHER_PASSWORD });
        assert_eq!(world.program().post("/auth/login", login).await.status, StatusCode::OK);
    }

    /// A program is known again by what it was given, so that its owner is not mailed about it each time (ASVS 6.3.5).
    async fn a_program_is_known_again(world) {
        world.new_program("sam@example.com").await;
        let login = json!({ "email": "sam@example.com", "password": PASSWORD });
        let asks = json!({ "email": "sam@example.com", "password": PASSWORD, "device_token": "" });
        let first = world.program().post("/auth/login", asks).await.json();
        let device = first["device_token"].as_str().expect("a device token").to_owned();
        let before = world.mail_to("sam@example.com").await.len();
        let known = json!({ "email": "sam@example.com", "password": PASSWORD, "device_token": device });
        let again = world.program().post("/auth/login", known).await.json();
        assert_eq!(again["device_token"], Value::Null, "it has one");
        assert_eq!(world.mail_to("sam@example.com").await.len(), before);
        let stranger = world.program().post("/auth/login", login).await.json();
        assert_eq!(stranger["device_token"], Value::Null, "it did not ask");
        assert_eq!(world.look_up("select count(*) || '' from known_devices").await, "1", "and pushes nobody out");
        assert_eq!(world.mail_to("sam@example.com").await.len(), before + 1, "one that is not known is told of");
    }

    /// ASVS 3.5.1, 3.5.3: the session cookie is worth nothing here, and other sites' pages are kept out.
    async fn a_cookie_is_no_token(world) {
        let person = world.sign_up("sam@example.com").await;
        for (method, path) in [(Method::GET, "/users/me"), (Method::DELETE, "/users/me/sessions")] {
            let request = person.browser.request(method, path).header("sec-fetch-site", "same-origin");
            let answer = person.browser.clone().send(request.body("".into()).expect("a request")).await;
            assert_eq!(answer.problem(), "token_missing");
        }
        let program = world.program_of("sam@example.com").await;
        let token = program.token.clone().expect("a token");
        let request = person.browser.request(Method::POST, "/auth/logout")
            .header("sec-fetch-site", "cross-site")
            .header(header::ORIGIN, "https://evil.example")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = person.browser.clone().send(request.body("".into()).expect("a request")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::FORBIDDEN, "cross_site"));
        assert_eq!(program.get("/users/me").await.status, StatusCode::OK);
    }
}

/// Where addresses must be proven.
mod strict {
    use latchkey::server::config::VerifyEmail;

    use super::*;

    fn required(config: &mut Config) {
        config.verify_email = Some(VerifyEmail::Required);
    }

    on_both_engines! {
        with(required)
        /// ASVS 6.3.8: one answer for all; the mail tells the truth, and with the password proves the address.
        async fn an_address_is_proven_over_the_api(world) {
            let new = json!({ "email": "sam@example.com", "password": PASSWORD });
            for _ in 0..2 {
                assert_eq!(world.program().post("/users", new.clone()).await.status, StatusCode::ACCEPTED);
            }
            assert_eq!(world.program().post("/auth/login", new.clone()).await.problem(), "invalid_credentials");
            let token = mailed_token(world, "sam@example.com").await;
            let wrong = json!({ "token": token, "password": OTHER_PASSWORD });
            assert_eq!(world.program().post("/auth/email/verify", wrong).await.problem(), "fields");
            let mut program = world.program();
            let verified = program.post("/auth/email/verify", json!({ "token": token, "password": PASSWORD })).await;
            program.take(&verified);
            world.clock.advance(59 * 60);
            assert_eq!(program.get("/users/me").await.status, StatusCode::OK, "good for the hour that it promised");
            assert_eq!(program.get("/users/me").await.json()["email_verified"], true);
            assert_eq!(world.program().post("/auth/login", new).await.status, StatusCode::OK);
            let asked = json!({ "email": "nobody@example.com" });
            assert_eq!(world.program().post("/auth/email/resend", asked).await.status, StatusCode::ACCEPTED);
        }
    }
}

/// Where the settings let another site's pages in.
mod cross_origin {
    use super::*;

    const APP: &str = "https://app.example.com";

    fn lets_in(config: &mut Config) {
        config.cors_origins = vec![APP.into()];
    }

    on_both_engines! {
        with(lets_in)
        /// ASVS 3.4.2, 3.5.2.
        async fn only_origins_of_the_settings_are_let_in(world) {
            let browser = world.anonymous();
            let send = async |method: Method, origin: &str, path: &str| {
                let request = browser.request(method, path)
                    .header(header::ORIGIN, origin)
                    .header("sec-fetch-site", "cross-site")
                    .header("access-control-request-method", "POST")
                    .header("access-control-request-headers", "authorization,content-type")
                    .header(header::CONTENT_TYPE, "application/json");
                browser.clone().send(request.body("{}".into()).expect("a request")).await
            };
            let preflight = send(Method::OPTIONS, APP, "/auth/login").await;
            assert_eq!(preflight.status, StatusCode::OK);
            assert_eq!(preflight.headers["access-control-allow-origin"], APP);
            assert!(preflight.headers.get("access-control-allow-credentials").is_none());
            let asked = send(Method::POST, APP, "/auth/login").await;
            assert_eq!((asked.problem().as_str(), &asked.headers["access-control-allow-origin"]), ("fields", &APP.parse().unwrap()));
            for origin in ["https://evil.example", "https://app.example.com.evil.example", "null"] {
                let answer = send(Method::POST, origin, "/auth/login").await;
                assert_eq!(answer.problem(), "cross_site", "{origin}");
                assert!(answer.headers.get("access-control-allow-origin").is_none(), "{origin}");
                assert!(send(Method::OPTIONS, origin, "/auth/login").await.headers.get("access-control-allow-origin").is_none());
            }
            let form = send(Method::POST, APP, "/api/sign_in").await;
            assert_eq!((form.status, form.headers.get("access-control-allow-origin")), (StatusCode::FORBIDDEN, None), "forms stay ours");
        }
    }
}

/// By default.
mod same_origin {
    use super::*;

    on_both_engines! {
        /// ASVS 3.4.2.
        async fn no_other_origin_is_let_in_unless_the_settings_say_so(world) {
            let browser = world.anonymous();
            let request = browser.request(Method::GET, "/health").header(header::ORIGIN, "https://app.example.com");
            let answer = browser.clone().send(request.body("".into()).expect("a request")).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{answer:?}");
        }
    }
}
