//! Personal access tokens: made, used, listed, revoked, and what none of them can do.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    own_sessions::{count_events, id_of},
    support::{OTHER_PASSWORD, on_both_engines},
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

    /// Whoever takes an account back takes its tokens back.
    async fn a_reset_password_revokes_them_and_a_disabled_account_has_none(world) {
        let program = world.new_program("sam@example.com").await;
        let personal = program.personal(&["account:read"]).await;
        world.program().post("/auth/password/forgot", json!({ "email": "sam@example.com" })).await;
        let mails = world.mail_to("sam@example.com").await;
        let token = mails[0].link().split_once("token=").expect("a token").1.to_owned();
        world.program().post("/auth/password/reset", json!({ "token": token, "new_password": OTHER_PASSWORD })).await;
        assert_eq!(personal.get("/users/me").await.problem(), "token_revoked");
        let user = id_of(world, "sam@example.com").await;
        assert_eq!(count_events(world, &user, "token_revoked").await, 1);

        let kim = world.new_program("kim@example.com").await.personal(&["account:read"]).await;
        world.disable("kim@example.com").await;
        assert_eq!(kim.get("/users/me").await.problem(), "token_revoked");
    }
}
