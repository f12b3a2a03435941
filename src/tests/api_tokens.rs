//! Personal access tokens: made, used, listed, revoked, and what none of them can do.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    own_sessions::{count_events, id_of},
    support::{Browser, OTHER_PASSWORD, PASSWORD, Program, on_both_engines},
};

on_both_engines! {
    async fn a_token_is_shown_once_and_opens_what_it_is_for(world) {
        let program = world.new_program("sam@example.com").await;
        let wish = json!({ "name": "backup", "scopes": ["account:read"], "expires_in_days": 30 });
        let made = program.post("/users/me/tokens", wish).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let made = made.json();
        let secret = made["token"].as_str().expect("a token").to_owned();
        assert!(secret.starts_with("latchkey_pat_"), "{secret}");
        assert_eq!((&made["name"], &made["scopes"]), (&json!("backup"), &json!(["account:read"])));
        assert_eq!(made["expires_at"], json!(world.now().plus(30 * 86_400).rfc3339()));

        let list = program.get("/users/me/tokens").await;
        assert!(!list.body.contains(&secret), "shown once");
        assert_eq!(list.json()["tokens"][0]["last_used_at"], Value::Null);
        let stored = world.look_up("select count(*) || '' from personal_tokens where token_hash like '%pat%'").await;
        assert_eq!(stored, "0", "kept as a hash (ASVS 13.3.1)");

        let personal = program.with_token(&secret);
        assert_eq!(personal.get("/users/me").await.json()["email"], "sam@example.com");
        let list = program.get("/users/me/tokens").await.json();
        assert_eq!(list["tokens"][0]["last_used_at"], json!(world.now().rfc3339()));
        let refused = personal.delete("/users/me/sessions").await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::FORBIDDEN, "scope_missing"));
        assert_eq!(refused.challenge(), "Bearer error=\"insufficient_scope\", scope=\"account:write\"");

        let id = list["tokens"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(program.delete(&format!("/users/me/tokens/{id}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(personal.get("/users/me").await.problem(), "token_revoked");
        assert_eq!(program.delete(&format!("/users/me/tokens/{id}")).await.problem(), "not_found");
        assert_eq!(program.get("/users/me/tokens").await.json()["tokens"], json!([]));
        let user = id_of(world, "sam@example.com").await;
        assert_eq!(count_events(world, &user, "token_created").await, 1);
        assert_eq!(count_events(world, &user, "token_revoked").await, 1);
    }

    async fn a_token_expires(world) {
        let program = world.new_program("sam@example.com").await;
        let personal = program.personal(&["account:read"]).await;
        world.clock.advance(90 * 86_400 - 1);
        assert_eq!(personal.get("/users/me").await.status, StatusCode::OK);
        world.clock.advance(1);
        let expired = personal.get("/users/me").await;
        assert_eq!((expired.status, expired.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_expired"));
    }

    /// ASVS 7.5.1, RFC 9470: a token that lasts is made only by who has just shown the password.
    async fn an_old_sign_in_makes_no_token(world) {
        let program = world.new_program("sam@example.com").await;
        world.clock.advance(10 * 60);
        let wish = json!({ "name": "backup", "scopes": ["account:read"] });
        let refused = program.post("/users/me/tokens", wish).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::UNAUTHORIZED, "confirm_password"));
        assert!(refused.challenge().starts_with("Bearer error=\"insufficient_user_authentication\""), "{refused:?}");
    }

    /// A leaked token must not be able to make itself another.
    async fn a_personal_token_makes_and_revokes_none(world) {
        let program = world.new_program("sam@example.com").await;
        let personal = program.personal(&["account:read", "account:write"]).await;
        let wish = json!({ "name": "more", "scopes": ["account:read"] });
        assert_eq!(personal.post("/users/me/tokens", wish).await.problem(), "scope_missing");
        let id = program.get("/users/me/tokens").await.json()["tokens"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(personal.delete(&format!("/users/me/tokens/{id}")).await.problem(), "scope_missing");
        assert_eq!(personal.call(Method::POST, "/auth/logout", None).await.problem(), "scope_missing");
        assert_eq!(personal.get("/users/me/tokens").await.json()["tokens"].as_array().map(Vec::len), Some(1));
    }

    async fn a_bad_wish_says_what_is_wrong(world) {
        let program = world.new_program("sam@example.com").await;
        for (wish, field, code) in [
            (json!({ "scopes": ["account:read"] }), "name", "missing"),
            (json!({ "name": "a", "scopes": [] }), "scopes", "missing"),
            (json!({ "name": "a", "scopes": ["tokens"] }), "scopes", "scope_unknown"),
            (json!({ "name": "a", "scopes": ["admin:write"] }), "scopes", "scope_not_yours"),
            (json!({ "name": "a", "scopes": ["account:read"], "expires_in_days": 367 }), "expires_in_days", "days_out_of_range"),
        ] {
            let refused = program.post("/users/me/tokens", wish).await;
            assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::BAD_REQUEST, "fields"));
            let said = refused.json()["fields"][0].clone();
            assert_eq!((&said["field"], &said["code"]), (&json!(field), &json!(code)));
        }
        assert_eq!(program.get("/users/me/tokens").await.json()["tokens"], json!([]));
    }

    async fn there_is_room_for_so_many(world) {
        let program = world.new_program("sam@example.com").await;
        for _ in 0..50 {
            program.personal(&["account:read"]).await;
        }
        let wish = json!({ "name": "one more", "scopes": ["account:read"] });
        let refused = program.post("/users/me/tokens", wish).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::CONFLICT, "too_many_tokens"));
    }

    /// ASVS 14.2.7: dead ones are gone after a while, and so are refresh tokens that were exchanged; live ones stay.
    async fn dead_tokens_are_removed(world) {
        let mut program = world.new_program("sam@example.com").await;
        let short = json!({ "name": "short", "scopes": ["account:read"], "expires_in_days": 1 });
        assert_eq!(program.post("/users/me/tokens", short).await.status, StatusCode::CREATED);
        let personal = program.personal(&["account:read"]).await;
        for _ in 0..3 {
            let refreshed = program.refresh().await;
            program.take(&refreshed);
            world.clock.advance(12 * 86_400);
        }
        let counted = async |table: &str| world.look_up(&format!("select count(*) || '' from {table}")).await;
        world.mail_to("sam@example.com").await;
        assert_eq!((counted("personal_tokens").await, counted("refresh_tokens").await), ("1".into(), "3".into()));
        assert_eq!(personal.get("/users/me").await.status, StatusCode::OK);
    }

    /// ASVS 8.2.2.
    async fn other_peoples_tokens_are_not_there(world) {
        let sam = world.new_program("sam@example.com").await;
        let kim = world.new_program("kim@example.com").await;
        let personal = sam.personal(&["account:read"]).await;
        let id = sam.get("/users/me/tokens").await.json()["tokens"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(kim.delete(&format!("/users/me/tokens/{id}")).await.problem(), "not_found");
        assert_eq!(kim.get("/users/me/tokens").await.json()["tokens"], json!([]));
        assert_eq!(personal.get("/users/me").await.status, StatusCode::OK);
    }

    /// ASVS 7.4.2, 7.4.3, 8.3.2: whatever ends somebody's sessions, ends their programs' too; whoever takes an account back takes its
    /// tokens back, also where the account is opened again later.
    /// ASVS 10.3.3.
    async fn what_ends_a_person_ends_their_tokens(world) {
        world.administrator("ada@example.com").await;
        let ada = world.program_of("ada@example.com").await;
        let acts = ["reset", "not_me", "change", "change_alone", "disable", "disable_enable", "delete", "delete_return", "end_all", "end_others"];
        for (number, act) in acts.into_iter().enumerate() {
            let email = format!("p{number}@example.com");
            let mut browser = world.sign_up(&email).await.browser;
            let program = world.program_of(&email).await;
            let personal = program.personal(&["account:read"]).await;
            let id = id_of(world, &email).await;
            let manage = async |act: &str| {
                let done = ada.call(Method::POST, &format!("/manage/users/{id}/{act}"), None).await;
                assert_eq!(done.json(), json!({ "changed": true }), "{done:?}");
            };
            let change = async |browser: &mut Browser, others: &[(&str, &str)]| {
                let fields = [&[("password", PASSWORD), ("new_password", OTHER_PASSWORD)], others].concat();
                let changed = browser.submit("/api/change_password", &fields).await;
                assert_eq!(changed.location(), "/dashboard", "{changed:?}");
            };
            match act {
                "reset" => {
                    world.program().post("/auth/password/forgot", json!({ "email": email })).await;
                    let link = world.mail_to(&email).await[0].link();
                    let token = link.split_once("token=").expect("a token").1;
                    let reset = json!({ "token": token, "new_password": OTHER_PASSWORD });
                    assert_eq!(world.program().post("/auth/password/reset", reset).await.status, StatusCode::OK);
                }
                "not_me" => {
                    let told = world.mail_to(&email).await.into_iter().find(|mail| mail.subject.starts_with("A token was made"));
                    let mut owner = world.anonymous();
                    owner.visit(&told.expect("a mail of the token").link()).await;
                    owner.submit("/api/not_me", &[]).await;
                }
                "change" => change(&mut browser, &[("sign_out_others", "true")]).await,
                "change_alone" => change(&mut browser, &[]).await,
                "disable" => manage("disable").await,
                "disable_enable" => {
                    manage("disable").await;
                    manage("enable").await;
                }
                "delete" | "delete_return" => {
                    let fields = [("identifier", email.as_str()), ("password", PASSWORD)];
                    browser.submit("/api/delete_account", &fields).await;
                    if act == "delete_return" {
                        assert_eq!(browser.sign_in(&email, PASSWORD).await.location(), "/dashboard");
                    }
                }
                "end_all" => manage("end_sessions").await,
                _ => drop(browser.submit("/api/end_other_sessions", &[]).await),
            }
            let goes_on = act == "change_alone";
            let stays = goes_on || act == "end_others";
            let verdict = async |program: &Program| {
                let answer = program.get("/users/me").await;
                if answer.status == StatusCode::OK { "good".to_owned() } else { answer.problem() }
            };
            let expected = |is_good: bool| if is_good { "good" } else { "token_revoked" };
            assert_eq!(verdict(&program).await, expected(goes_on), "{act}: the access token");
            assert_eq!(verdict(&personal).await, expected(stays), "{act}: the personal token");
            let refreshed = program.refresh().await;
            assert_eq!(refreshed.status == StatusCode::OK, goes_on, "{act}: the refresh token: {refreshed:?}");
            if !stays {
                assert_eq!(count_events(world, &id, "token_revoked").await, 1, "{act}");
            }
        }
    }

    /// A personal token that is not for the console makes nobody an administrator, wherever roles are asked for.
    async fn a_token_has_no_more_of_its_persons_role_than_it_is_for(world) {
        world.administrator("ada@example.com").await;
        let ada = world.program_of("ada@example.com").await;
        assert_eq!(ada.get("/users/me").await.json()["roles"], json!(["admin"]));
        assert_eq!(ada.personal(&["account:read"]).await.get("/users/me").await.json()["roles"], json!([]));
        let console = ada.personal(&["account:read", "admin:read"]).await;
        assert_eq!(console.get("/users/me").await.json()["roles"], json!(["admin"]));
    }
}
