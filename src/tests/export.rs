//! `/account/export`: a copy of one's data.

use axum::http::StatusCode;
use latchkey::{
    domain::role::Role,
    server::{
        flows::{
            manage::{Actor, roles},
            own_account::export,
        },
        request_info::RequestInfo,
        storage::{own_sessions, users},
    },
};
use serde_json::Value;

use crate::{
    own_sessions::{count_events, id_of},
    support::{PASSWORD, on_both_engines},
};

const EXPORT: &str = "/account/export";

on_both_engines! {
    /// ASVS 14.3.2.
    async fn the_copy_holds_what_is_stored(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        world.anonymous().sign_in(&person.email, "wrong").await;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        elsewhere.submit("/api/sign_out", &[]).await;
        let request = RequestInfo { address: "203.0.113.77".into(), user_agent: "Secret".into(), ..RequestInfo::default() };
        world.sign_up("administrator@example.com").await;
        let administrator = id_of(world, "administrator@example.com").await;
        roles::grant(&world.state, Actor::CommandLine, &administrator, &Role::admin()).await.expect("granted");
        let live = own_sessions::live(&mut world.state.db.read().await.expect("a connection"), &administrator, world.now(), 1).await;
        let theirs = live.expect("read").remove(0).id;
        let actor = Actor::Administrator { user_id: &administrator, session_id: &theirs, request: &request };
        let user = id_of(world, &person.email).await;
        roles::grant(&world.state, actor, &user, &Role::parse("editor").expect("a role")).await.expect("granted");

        let answer = browser.submit(EXPORT, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"account.json\"");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let copy: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(copy["profile"]["email"], "sam@example.com");
        assert_eq!(copy["profile"]["member_since"], world.now().rfc3339());
        assert_eq!(copy["roles"][0]["role"], "editor");
        assert_eq!(copy["known_devices"], 2);
        let sessions = copy["sessions"].as_array().expect("a list");
        assert_eq!(sessions.len(), 2);
        assert_eq!(sessions[1]["end_reason"], "signed_out");
        assert_eq!(sessions[0]["address"], "192.0.2.7");
        let kinds: Vec<&str> = copy["events"].as_array().expect("a list").iter().map(|event| event["kind"].as_str().expect("text")).collect();
        assert_eq!(kinds, ["account_created", "signed_in", "sign_in_failed", "signed_in", "signed_out", "role_granted", "data_exported"]);
        assert_eq!(copy["events"][5]["by"], "administrator");
        for hidden in ["203.0.113.77", "Secret", administrator.as_str(), "theirs"] {
            assert!(!answer.body.contains(hidden), "{hidden}");
        }
        assert_eq!(count_events(world, &user, "data_exported").await, 1);
    }

    /// However much there is to copy, nobody who writes waits for it.
    async fn the_copy_is_made_while_others_write(world) {
        let person = world.sign_up("sam@example.com").await;
        let user_id = id_of(world, &person.email).await;
        let mut tx = world.state.db.begin().await.expect("a transaction");
        assert!(users::hold_to_remove(&mut tx, &user_id).await.expect("held"));
        let copy = export::copy(&world.state, &user_id).await.expect("copied");
        tx.commit().await.expect("committed");
        let copy = serde_json::to_value(copy).expect("JSON");
        assert_eq!((copy["profile"]["email"].as_str(), copy["sessions"].as_array().map(Vec::len)), (Some("sam@example.com"), Some(1)));
    }

    /// ASVS 14.2.6, 15.3.1: nothing that opens anything, and nothing of other people.
    async fn the_copy_holds_no_secret(world) {
        let mut kim = world.sign_up("kim@example.com").await.browser;
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        kim.get("/account").await;
        let user = users::find(&mut world.state.db.read().await.expect("a connection"), &id_of(world, &person.email).await).await.expect("read").expect("there");
        let answer = browser.submit(EXPORT, &[]).await;
        let cookies: Vec<String> = browser.cookies.values().cloned().collect();
        assert!(!cookies.is_empty());
        for secret in cookies.iter().map(String::as_str).chain([user.password_hash.as_deref().expect("a hash"), "argon2", "token", "hash", "kim@example.com", &id_of(world, "kim@example.com").await]) {
            assert!(!answer.body.contains(secret), "{secret}: {}", answer.body);
        }
    }

    /// ASVS 7.5.1, 8.2.1.
    async fn it_is_for_somebody_who_just_showed_the_password(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        assert_eq!(world.anonymous().submit(EXPORT, &[]).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(browser.get(EXPORT).await.status, StatusCode::METHOD_NOT_ALLOWED);
        world.clock.advance(11 * 60);
        let answer = browser.submit(EXPORT, &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account/confirm?next=/account"));
        assert_eq!(count_events(world, &id_of(world, "sam@example.com").await, "data_exported").await, 0);
        let page = browser.submit_and_follow("/api/confirm_password", &[("password", PASSWORD), ("next", "/account")]).await;
        assert!(page.says("Download your data"), "{}", page.body);
        assert_eq!(browser.submit(EXPORT, &[]).await.status, StatusCode::OK);
    }

    /// ASVS 3.5.1.
    async fn another_site_cannot_ask_for_it(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let request = browser.request(axum::http::Method::POST, EXPORT).header("sec-fetch-site", "cross-site").body(axum::body::Body::empty());
        assert_eq!(browser.send(request.expect("a request")).await.status, StatusCode::FORBIDDEN);
    }
}
