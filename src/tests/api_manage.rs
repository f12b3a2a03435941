//! The console for programs: who may use it, and that what is done with it is what the console does.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::{
    own_sessions::{count_events, events_about, id_of},
    support::{Program, World, on_both_engines},
};

/// The first administrator, as a program.
async fn administrator(world: &World) -> Program {
    world.administrator("ada@example.com").await;
    world.program_of("ada@example.com").await
}

on_both_engines! {
    async fn people_are_found_and_shown(world) {
        let ada = administrator(world).await;
        world.new_program("sam@example.com").await;
        let all = ada.get("/manage/users?sort=email").await.json();
        let emails: Vec<_> = all["users"].as_array().expect("a list").iter().map(|user| user["email"].clone()).collect();
        assert_eq!(emails, [json!("ada@example.com"), json!("sam@example.com")]);
        assert_eq!(all["total"], json!({ "count": 2, "exact": true }));
        let found = ada.get("/manage/users?q=SAM&state=active").await.json();
        assert_eq!(found["users"].as_array().map(Vec::len), Some(1));
        let id = found["users"][0]["id"].as_str().expect("an id");
        let sam = ada.get(&format!("/manage/users/{id}")).await.json();
        assert_eq!((&sam["email"], &sam["sessions"][0]["address"]), (&json!("sam@example.com"), &json!("192.0.2.7")));
        for bad in ["?state=asleep", "?sort=x", "?order=x", "?verified=maybe", "?role=Not%20one", "?after=1", "?colour=red", "?after=x&before=y"] {
            let refused = ada.get(&format!("/manage/users{bad}")).await;
            assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::BAD_REQUEST, "malformed_query"), "{bad}");
        }
        assert_eq!(ada.get("/manage/users/00000000-0000-7000-8000-000000000000").await.problem(), "not_found");
    }

    async fn a_page_leads_to_the_next(world) {
        let ada = administrator(world).await;
        for number in 0..30 {
            let new = json!({ "email": format!("p{number}@example.com") });
            assert_eq!(ada.post("/manage/users", new).await.status, StatusCode::CREATED);
        }
        let first = ada.get("/manage/users").await.json();
        assert_eq!(first["users"].as_array().map(Vec::len), Some(25));
        let next = first["next"].as_str().expect("a next page").to_owned();
        let second = ada.get(&format!("/manage/users?after={next}")).await.json();
        assert_eq!((second["users"].as_array().map(Vec::len), &second["next"]), (Some(6), &json!(null)));
        let previous = second["previous"].as_str().expect("a page before").to_owned();
        assert_eq!(ada.get(&format!("/manage/users?before={previous}")).await.json()["users"], first["users"]);
    }

    /// The same flows as the console's, so the same events.
    async fn what_the_console_does_programs_do(world) {
        let ada = administrator(world).await;
        let made = ada.post("/manage/users", json!({ "email": "sam@example.com", "roles": ["editor"], "invite": true })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let sam = made.json()["id"].as_str().expect("an id").to_owned();
        assert!(world.mail_to("sam@example.com").await[0].subject.contains("invited"));
        let taken = ada.post("/manage/users", json!({ "email": "sam@example.com" })).await;
        assert_eq!((taken.status, &taken.json()["fields"][0]["code"]), (StatusCode::BAD_REQUEST, &json!("taken")));

        let act = async |act: &str| ada.call(Method::POST, &format!("/manage/users/{sam}/{act}"), None).await;
        assert_eq!(act("disable").await.json(), json!({ "changed": true }));
        assert_eq!(act("disable").await.json(), json!({ "changed": false }));
        assert_eq!(act("send_reset_mail").await.problem(), "act_refused");
        assert_eq!(act("enable").await.json(), json!({ "changed": true }));
        assert_eq!(act("send_reset_mail").await.json(), json!({ "changed": true }));
        assert_eq!(act("dance").await.problem(), "not_found");

        assert_eq!(ada.put(&format!("/manage/users/{sam}/roles/billing")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(ada.delete(&format!("/manage/users/{sam}/roles/editor")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(ada.put(&format!("/manage/users/{sam}/roles/Not%20one")).await.problem(), "not_found");
        assert_eq!(ada.get(&format!("/manage/users/{sam}")).await.json()["roles"], json!(["billing"]));
        for kind in ["account_created", "invited", "account_disabled", "account_enabled", "role_revoked"] {
            assert!(count_events(world, &sam, kind).await >= 1, "{kind}");
        }
        let ada_id = id_of(world, "ada@example.com").await;
        assert!(events_about(world, &sam).await.iter().any(|row| row.content.actor == ada_id));
        assert_eq!(ada.delete(&format!("/manage/users/{sam}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(ada.get(&format!("/manage/users/{sam}")).await.problem(), "not_found");
    }

    async fn the_last_administrator_stays(world) {
        let ada = administrator(world).await;
        let id = id_of(world, "ada@example.com").await;
        let refused = ada.delete(&format!("/manage/users/{id}/roles/admin")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::CONFLICT, "last_administrator"));
        assert_eq!(ada.delete(&format!("/manage/users/{id}")).await.problem(), "act_refused");
        assert_eq!(ada.call(Method::POST, &format!("/manage/users/{id}/disable"), None).await.problem(), "act_refused");
        assert_eq!(ada.get("/manage/users").await.status, StatusCode::OK);
    }

    async fn sessions_are_ended_and_their_records_deleted(world) {
        let ada = administrator(world).await;
        let sam = world.new_program("sam@example.com").await;
        let listed = ada.get("/manage/sessions?person=sam@example.com&state=live").await.json();
        let session = listed["sessions"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!((&listed["sessions"][0]["user"], &listed["total"]["count"]), (&json!("sam@example.com"), &json!(1)));
        let ended = ada.post("/manage/sessions/end", json!({ "ids": [session] })).await;
        assert_eq!(ended.json(), json!({ "count": 1 }));
        assert_eq!(sam.get("/users/me").await.problem(), "token_revoked");
        let deleted = ada.post("/manage/sessions/delete", json!({ "ids": [session] })).await;
        assert_eq!(deleted.json(), json!({ "count": 1 }));
        assert_eq!(ada.get("/manage/sessions?person=sam@example.com").await.json()["sessions"], json!([]));
        for ids in [json!([]), json!(["x"])] {
            assert_eq!(ada.post("/manage/sessions/end", json!({ "ids": ids })).await.problem(), "malformed_json");
        }
        let sam = world.program_of("sam@example.com").await;
        let (id, session) = (id_of(world, "sam@example.com").await, sam.get("/users/me/sessions").await.json());
        let session = session["sessions"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/manage/users/{id}/sessions/{session}");
        assert_eq!(ada.delete(&path).await.status, StatusCode::NO_CONTENT);
        assert_eq!(sam.get("/users/me").await.problem(), "token_revoked");
    }

    async fn the_audit_log_is_read_and_taken(world) {
        let ada = administrator(world).await;
        world.program().post("/auth/login", json!({ "email": "sam@example.com", "password": "wrong password" })).await;
        let events = ada.get("/manage/events?kind=sign_in_failed&outcome=failure&address=192.0.2.7").await.json();
        assert_eq!((&events["events"][0]["kind"], &events["events"][0]["actor"]), (&json!("sign_in_failed"), &json!("anonymous")));
        assert_eq!(ada.get("/manage/events?kind=dance").await.problem(), "malformed_query");
        assert_eq!(ada.get("/manage/events?from=yesterday").await.problem(), "malformed_query");
        world.mail_to("nobody@example.com").await;
        let file = ada.call(Method::POST, "/manage/events/export/jsonl", None).await;
        assert_eq!(file.status, StatusCode::OK, "{file:?}");
        assert!(file.body.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        assert!(file.headers["content-disposition"].to_str().expect("text").ends_with(".jsonl\""));
        assert_eq!(ada.call(Method::POST, "/manage/events/export/pdf", None).await.problem(), "not_found");
        assert_eq!(ada.get("/manage/overview").await.json()["users"], json!(1));
    }

    /// ASVS 8.2.1, 8.3.2: by the role of now, whatever the token says; and a sensitive act takes a fresh sign-in.
    async fn administrators_tokens_are_worth_what_their_person_may_do(world) {
        let ada = administrator(world).await;
        let reading = ada.personal(&["admin:read"]).await;
        let writing = ada.personal(&["admin:read", "admin:write"]).await;
        assert_eq!(reading.get("/manage/users").await.status, StatusCode::OK);
        let new = json!({ "email": "sam@example.com" });
        assert_eq!(reading.post("/manage/users", new.clone()).await.problem(), "scope_missing");
        world.clock.advance(11 * 60);
        assert_eq!(ada.get("/manage/users").await.status, StatusCode::OK);
        let old = ada.post("/manage/users", new.clone()).await;
        assert_eq!((old.status, old.problem().as_str()), (StatusCode::UNAUTHORIZED, "confirm_password"));
        assert_eq!(writing.post("/manage/users", new).await.status, StatusCode::CREATED, "it was made for this");

        let sam = id_of(world, "sam@example.com").await;
        assert_eq!(writing.put(&format!("/manage/users/{sam}/roles/editor")).await.status, StatusCode::NO_CONTENT);

        let sam = world.new_program("sue@example.com").await;
        for path in ["/manage/users", "/manage/sessions", "/manage/events", "/manage/overview"] {
            let refused = sam.get(path).await;
            assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::FORBIDDEN, "scope_missing"), "{path}");
            assert_eq!(world.program().get(path).await.problem(), "token_missing", "{path}");
        }
        let sue = id_of(world, "sue@example.com").await;
        assert_eq!(crate::own_sessions::count_events(world, &sue, "access_denied").await, 4, "ASVS 16.3.2");
    }

    /// A leaked personal token makes no administrator, and unmakes none.
    async fn who_administers_is_not_for_personal_tokens_to_say(world) {
        let ada = administrator(world).await;
        let personal = ada.personal(&["admin:read", "admin:write"]).await;
        let made = ada.post("/manage/users", json!({ "email": "kim@example.com", "roles": ["admin"] })).await;
        let kim = made.json()["id"].as_str().expect("an id").to_owned();
        let path = format!("/manage/users/{kim}/roles/admin");
        let new = json!({ "email": "lee@example.com", "roles": ["admin"] });
        for refused in [personal.delete(&path).await, personal.put(&path).await, personal.post("/manage/users", new).await] {
            assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::FORBIDDEN, "scope_missing"), "{refused:?}");
        }
        assert_eq!(ada.get("/manage/users?q=lee").await.json()["users"], json!([]));
        assert_eq!(ada.delete(&path).await.status, StatusCode::NO_CONTENT);
        let own = id_of(world, "ada@example.com").await;
        assert_eq!(personal.delete(&format!("/manage/users/{own}")).await.problem(), "act_refused");
    }

    /// A role that is taken away takes its tokens' worth with it, at once.
    async fn a_token_does_not_outlive_the_role(world) {
        let ada = administrator(world).await;
        let made = ada.post("/manage/users", json!({ "email": "kim@example.com", "roles": ["admin"], "invite": true })).await;
        let kim_id = made.json()["id"].as_str().expect("an id").to_owned();
        let link = world.mail_to("kim@example.com").await[0].link();
        let token = link.split_once("token=").expect("a token").1.to_owned();
        let chosen = json!({ "token": token, "new_password": crate::support::PASSWORD });
        assert_eq!(world.program().post("/auth/password/reset", chosen).await.status, StatusCode::OK);
        let kim = world.program_of("kim@example.com").await.personal(&["admin:read", "admin:write", "account:read"]).await;
        assert_eq!(kim.get("/manage/users").await.status, StatusCode::OK);
        assert_eq!(ada.delete(&format!("/manage/users/{kim_id}/roles/admin")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(kim.get("/manage/users").await.problem(), "scope_missing");
        assert_eq!(kim.get("/users/me").await.status, StatusCode::OK);
    }
}
