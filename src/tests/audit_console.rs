//! `/admin/sessions` and `/admin/audit`, as administrators and everybody else meet them.

use axum::http::{StatusCode, header};
use latchkey::{
    domain::role::Role,
    server::{
        audit::{seal, verify},
        flows::manage::{Actor, accounts},
        jobs,
        storage::{events, session_records, users},
    },
};

use crate::support::{Browser, SignedIn, World, on_both_engines};

/// An administrator with a session.
async fn administrator(world: &World) -> SignedIn {
    let person = world.sign_up("admin@example.com").await;
    let mut conn = world.state.db.write().await.expect("a connection");
    let user = users::find_by_email_key(&mut conn, &person.email).await.expect("read").expect("there");
    users::grant(&mut conn, &user.id, &Role::admin(), world.now()).await.expect("granted");
    person
}

async fn session_ids(world: &World) -> Vec<(String, String)> {
    let mut conn = world.state.db.read().await.expect("a connection");
    let wanted = session_records::Wanted::default();
    let rows = session_records::page(&mut conn, &wanted, &events::Page::First, 100).await.expect("read");
    rows.into_iter().map(|row| (row.id, row.name.unwrap_or_default())).collect()
}

async fn session_of(world: &World, email: &str) -> String {
    session_ids(world).await.into_iter().find(|(_, name)| name == email).expect("a session").0
}

/// The fields of the form that asks, as a browser would post them.
fn fields(page: &str) -> Vec<(String, String)> {
    let form = page
        .split("action=\"/api/admin_sessions\"")
        .nth(1)
        .and_then(|rest| rest.split("</form>").next())
        .expect("the form");
    form.split("<input type=\"hidden\"")
        .skip(1)
        .map(|input| {
            let attribute = |name: &str| {
                input
                    .split(&format!("{name}=\""))
                    .nth(1)
                    .and_then(|rest| rest.split('"').next())
                    .unwrap_or_default()
                    .replace("&amp;", "&")
            };
            (attribute("name"), attribute("value"))
        })
        .collect()
}

async fn confirm(browser: &mut Browser, page: &str) -> crate::support::Answer {
    let fields = fields(page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.submit_and_follow("/api/admin_sessions", &fields).await
}

on_both_engines! {
    /// ASVS 8.2.1, 8.3.1: everybody else meets the 404 of a page that does not exist.
    async fn nobody_but_administrators_sees_records(world) {
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let mut stranger = world.anonymous();
        for page in ["/admin/sessions", "/admin/sessions/act", "/admin/audit"] {
            assert_eq!(sam.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
            assert_eq!(stranger.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
        }
        for form in ["/api/admin_sessions", "/admin/audit/export"] {
            let fields = [("act", "delete"), ("ids", "all"), ("format", "csv")];
            assert_eq!(sam.submit(form, &fields).await.status, StatusCode::NOT_FOUND, "{form}");
            assert_eq!(stranger.submit(form, &fields).await.status, StatusCode::NOT_FOUND, "{form}");
        }
        assert!(sam.is_signed_in().await);
        let mut admin = administrator(world).await.browser;
        let page = admin.get("/admin/audit?kind=access_denied").await;
        assert!(page.says("sam@example.com") && page.says("path: /admin/audit/export"), "{}", page.body);
    }

    async fn the_record_is_filtered_and_paged_in_the_address(world) {
        let mut admin = administrator(world).await.browser;
        let sam = world.sign_up("sam@example.com").await;
        for _ in 0..30 {
            world.anonymous().sign_in(&sam.email, &sam.password).await;
        }
        let page = admin.get("/admin/sessions").await;
        assert!(page.says("32 sessions") && page.says("Older") && !page.says("Newer"), "{}", page.body);
        let older = page.body.split("rel=\"next\" href=\"").nth(1).or_else(|| page.body.split("/admin/sessions?after=").nth(1));
        let id = older.and_then(|rest| rest.split('"').next()).expect("a way on").rsplit('=').next().unwrap_or_default();
        let second = admin.get(&format!("/admin/sessions?after={id}")).await;
        assert!(second.says("admin@example.com") && second.says("This session") && second.says("Newer"), "{}", second.body);
        let page = admin.get("/admin/sessions?person=ADMIN%40example.com").await;
        assert!(page.says("1 session") && !page.says("sam@example.com"), "{}", page.body);
        assert!(admin.get("/admin/sessions?state=signed_out").await.says("No session matches"));
        assert!(admin.get("/admin/sessions?until=2001-01-01").await.says("No session matches"));
        assert!(admin.get("/admin/sessions?person=nobody%40example.com").await.says("No session matches"));
    }

    async fn one_is_ended_after_a_page_that_asks(world) {
        let mut admin = administrator(world).await.browser;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let (id, own) = (session_of(world, "sam@example.com").await, session_of(world, "admin@example.com").await);
        let page = admin.get(&format!("/admin/sessions/act?act=end&id={id}&id={own}")).await;
        assert!(page.says("End 1 session?") && page.says("is left out"), "{}", page.body);
        assert!(sam.is_signed_in().await, "asking ends nothing");
        let page = confirm(&mut admin, &page.body).await;
        assert!(page.says("The sessions have ended.") && page.says("Ended by an administrator"), "{}", page.body);
        assert!(!sam.is_signed_in().await);
    }

    async fn none_chosen_is_none_meant(world) {
        let mut admin = administrator(world).await.browser;
        world.sign_up("sam@example.com").await;
        assert!(admin.get("/admin/sessions/act?act=delete").await.says("No session is meant"));
        let back = admin.submit("/api/admin_sessions", &[("act", "delete"), ("ids", "")]).await;
        assert_eq!(back.location(), "/admin/sessions");
        assert_eq!(session_ids(world).await.len(), 2);
    }

    async fn all_that_match_are_deleted_and_the_log_holds(world) {
        let mut admin = administrator(world).await.browser;
        let sam = world.sign_up("sam@example.com").await;
        world.sign_up("kim@example.com").await;
        for _ in 0..60 {
            world.anonymous().sign_in(&sam.email, &sam.password).await;
        }
        let page = admin.get("/admin/sessions/act?act=delete&all=true&person=sam%40example.com").await;
        assert!(page.says("Delete the records of 61 sessions?") && page.says("The newest 25 are listed"), "{}", page.body);
        world.clock.advance(2);
        world.anonymous().sign_in(&sam.email, &sam.password).await;
        let page = confirm(&mut admin, &page.body).await;
        assert!(page.says("The records are deleted."), "{}", page.body);
        let left = session_ids(world).await;
        let of = |email: &str| left.iter().filter(|(_, name)| name == email).count();
        assert_eq!(of("sam@example.com"), 1, "what began after the question is not meant");
        assert_eq!((of("kim@example.com"), of("admin@example.com")), (1, 1), "nobody else's");
        seal::run(&world.state).await.expect("sealed");
        assert_eq!(verify::database(&world.state.db, None).await.expect("read").broken, None);
        let page = admin.get("/admin/audit?kind=records_deleted").await;
        assert!(page.says("admin@example.com"), "{}", page.body);
        assert!(admin.is_signed_in().await);
    }

    /// ASVS 7.5.1.
    async fn deleting_and_exporting_ask_for_the_password_again(world) {
        let mut admin = administrator(world).await.browser;
        world.clock.advance(11 * 60);
        let asked = admin.get("/admin/sessions/act?act=delete&all=true").await;
        assert!(asked.location().starts_with("/account/confirm?next=/admin/sessions/act"), "{asked:?}");
        let asked = admin.submit("/api/admin_sessions", &[("act", "delete"), ("ids", "all")]).await;
        assert!(asked.location().starts_with("/account/confirm?next="), "{asked:?}");
        let asked = admin.submit("/admin/audit/export", &[("format", "csv"), ("kind", "signed_in")]).await;
        assert_eq!(asked.location(), "/account/confirm?next=/admin/audit%3Fkind%3Dsigned_in");
        assert_eq!(session_ids(world).await.len(), 1);
    }

    async fn the_log_says_who_what_where_and_how(world) {
        let mut admin = administrator(world).await.browser;
        world.anonymous().sign_in("admin@example.com", "wrong").await;
        let page = admin.get("/admin/audit?outcome=failure&target=admin%40example.com").await;
        for text in ["Refused", "admin@example.com", "192.0.2.7", "not signed in", "has not been verified yet"] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
        assert!(admin.get("/admin/audit?address=192.0.2.99").await.says("No event matches"));
        assert!(admin.get("/admin/audit?from=2999-01-01").await.says("No event matches"));
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(admin.get("/admin/audit").await.says("The log was whole when it was last verified"));
    }

    /// ASVS 16.2.5: what an administrator typed and nobody is called goes nowhere.
    async fn the_event_of_an_export_says_no_more_than_is_known(world) {
        let mut admin = administrator(world).await.browser;
        let typed = "hunter2 ".repeat(30);
        let fields = [("format", "csv"), ("actor", typed.as_str()), ("target", "admin@example.com"), ("address", typed.as_str())];
        assert_eq!(admin.submit("/admin/audit/export", &fields).await.status, StatusCode::OK);
        let known = [("format", "csv"), ("actor", "anonymous"), ("address", "192.0.2.7")];
        assert_eq!(admin.submit("/admin/audit/export", &known).await.status, StatusCode::OK);
        let user_id = crate::own_sessions::id_of(world, "admin@example.com").await;
        let wanted = events::Wanted { kinds: vec!["audit_exported"], ..events::Wanted::default() };
        let rows = events::list(&mut world.state.db.read().await.expect("a connection"), &wanted, &events::Page::First, 9).await.expect("read");
        let details: Vec<&str> = rows.iter().map(|row| row.content.detail.as_str()).collect();
        assert_eq!(details, [
            r#"{"filter":"actor=anonymous address=192.0.2.7","format":"csv"}"#.to_owned(),
            format!(r#"{{"filter":"actor=unknown target={user_id} address=unknown","format":"csv"}}"#),
        ]);
    }

    /// Whose account is gone is still told apart, and what they did is one step away.
    async fn deleted_accounts_are_told_apart(world) {
        let mut admin = administrator(world).await.browser;
        world.sign_up("sam@example.com").await;
        let user_id = crate::own_sessions::id_of(world, "sam@example.com").await;
        accounts::delete(&world.state, Actor::CommandLine, &user_id, None).await.expect("deleted");
        for (page, name) in [("/admin", "a deleted account"), ("/admin/audit?kind=account_deleted", "deleted account")] {
            let answer = admin.get(page).await;
            assert!(answer.says(&format!("{name} (…{})", &user_id[28..])), "{page}: {}", answer.body);
            assert!(answer.body.contains(&format!("href=\"/admin/audit?target={user_id}\"")), "{page}: {}", answer.body);
        }
    }

    /// ux 47: the filtered set, and the export itself is an event.
    async fn the_filtered_set_is_exported(world) {
        let mut admin = administrator(world).await.browser;
        world.anonymous().sign_in("admin@example.com", "wrong").await;
        let csv = admin.submit("/admin/audit/export", &[("format", "csv"), ("kind", "sign_in_failed")]).await;
        assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
        assert!(csv.headers[header::CONTENT_DISPOSITION].to_str().expect("text").starts_with("attachment; filename=\"audit-"));
        assert_eq!((csv.status, csv.body.lines().count()), (StatusCode::OK, 2), "{}", csv.body);
        assert!(csv.body.contains("\"admin@example.com\""), "{}", csv.body);
        let file = admin.submit("/admin/audit/export", &[("format", "jsonl")]).await.body;
        assert_eq!(verify::file(file.as_bytes(), None).expect("read").broken, None);
        assert_eq!(file.matches("\"audit_exported\"").count(), 2);
        assert_eq!(admin.submit("/admin/audit/export", &[("format", "pdf")]).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(admin.get("/admin/audit/export").await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
