//! What is written down of what happens, in the transaction of the act itself.

use latchkey::server::{
    jobs,
    storage::{
        Db,
        events::{self, EventRow, Page, Wanted},
    },
};

use crate::support::{OTHER_PASSWORD, PASSWORD, World, actor::USER_AGENT, on_both_engines};

/// Every event, oldest first.
async fn all(world: &World) -> Vec<EventRow> {
    let mut conn = world.state.db.read().await.expect("a connection");
    let mut rows = events::list(&mut conn, &Wanted::default(), &Page::First, 1_000).await.expect("events");
    rows.reverse();
    rows
}

async fn kinds(world: &World) -> Vec<String> {
    all(world).await.into_iter().map(|row| row.content.kind).collect()
}

/// From now on nothing can be written down.
async fn refuse_events(world: &World) {
    let refuse = match world.state.db {
        Db::Sqlite { .. } => "create trigger silent before insert on events begin select raise(abort, 'silent'); end",
        Db::Postgres(_) => "alter table events add constraint silent check (false) not valid",
    };
    world.tamper(refuse).await;
}

on_both_engines! {
    /// ASVS 16.3.1: every authentication operation, with who, whence and how.
    async fn signing_in_and_out_is_written_down(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        browser.submit("/api/sign_out", &[]).await;
        world.anonymous().sign_in("sam@example.com", "wrong").await;
        world.anonymous().sign_in("nobody@example.com", "wrong").await;
        browser.sign_in("sam@example.com", PASSWORD).await;
        let rows = all(world).await;
        let told: Vec<_> = rows.iter().map(|row| (row.content.kind.as_str(), row.content.outcome.as_str())).collect();
        assert_eq!(told, [
            ("account_created", "success"), ("signed_in", "success"), ("signed_out", "success"),
            ("sign_in_failed", "failure"), ("sign_in_failed", "failure"), ("signed_in", "success"),
        ]);
        let id = rows[0].content.actor.clone();
        for row in &rows {
            assert_eq!((row.content.address.as_str(), row.content.user_agent.as_str()), ("192.0.2.7", USER_AGENT));
            assert!(!row.content.request_id.is_empty(), "{row:?}");
            for secret in [PASSWORD, "wrong", "sam@example.com", "nobody@example.com"] {
                assert!(!format!("{row:?}").contains(secret), "ASVS 16.2.5: {row:?}");
            }
        }
        let whom: Vec<_> = rows.iter().map(|row| (row.content.actor.as_str(), row.content.target.as_str())).collect();
        let id = id.as_str();
        assert_eq!(whom, [(id, id), (id, id), (id, id), ("anonymous", id), ("anonymous", ""), (id, id)]);
        assert!(rows[1].content.detail.contains("\"factor\":\"pwd\""), "{:?}", rows[1]);
        assert!(!rows[1].content.session_id.is_empty() && rows[1].content.session_id == rows[2].content.session_id);
    }

    async fn a_change_of_password_tells_of_each_session_that_it_ends(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for _ in 0..2 {
            world.anonymous().sign_in("sam@example.com", PASSWORD).await;
        }
        let form = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
        browser.submit("/api/change_password", &form).await;
        assert_eq!(kinds(world).await[4..], ["session_ended", "session_ended", "password_changed"]);
    }

    async fn sessions_that_end_by_themselves_are_written_down_once(world) {
        world.sign_up("sam@example.com").await;
        world.clock.advance(40 * 60);
        for _ in 0..2 {
            jobs::run_once(&world.state, None).await.expect("background tasks");
        }
        let rows = all(world).await;
        let ended: Vec<_> = rows.iter().filter(|row| row.content.kind == "session_ended").collect();
        assert_eq!(ended.len(), 1);
        assert_eq!((ended[0].content.actor.as_str(), ended[0].content.detail.as_str()), ("system", r#"{"reason":"idle"}"#));
    }

    /// ASVS 16.3.3: a limit is written down when it is reached, not with every try after.
    async fn a_limit_is_written_down_when_it_is_reached(world) {
        world.sign_up("sam@example.com").await;
        for _ in 0..8 {
            world.anonymous().sign_in("sam@example.com", "wrong").await;
        }
        let rows = all(world).await;
        let reached: Vec<_> = rows.iter().filter(|row| row.content.kind == "limit_reached").collect();
        assert_eq!(reached.len(), 1, "{rows:?}");
        assert_eq!(reached[0].content.target, rows[0].content.target);
    }

    /// ASVS 16.3.2.
    async fn who_asks_for_what_is_not_theirs_is_written_down(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        browser.get("/admin").await;
        world.anonymous().get("/admin").await;
        let rows = all(world).await;
        let denied: Vec<_> = rows.iter().filter(|row| row.content.kind == "access_denied").collect();
        assert_eq!(denied.len(), 1, "of somebody we know: {rows:?}");
        assert_eq!(denied[0].content.detail, r#"{"path":"/admin"}"#);
    }

    /// ASVS 2.3.3: an act whose event cannot be written does not happen.
    async fn what_cannot_be_written_down_does_not_happen(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        refuse_events(world).await;
        let form = [("password", PASSWORD), ("new_password", OTHER_PASSWORD)];
        let answer = browser.submit("/api/change_password", &form).await;
        assert!(answer.status.is_server_error(), "{answer:?}");
        let answer = browser.submit("/api/sign_out", &[]).await;
        assert!(answer.status.is_server_error(), "{answer:?}");
        assert!(browser.is_signed_in().await, "still the old password, still signed in");
        let mut stranger = world.anonymous();
        stranger.sign_in("sam@example.com", PASSWORD).await;
        assert!(!stranger.is_signed_in().await, "no sign-in without its event");
        let answer = world.anonymous().submit("/api/sign_up", &[("email", "new@example.com"), ("new_password", PASSWORD)]).await;
        assert!(answer.status.is_server_error(), "{answer:?}");
        let users = latchkey::server::storage::users::list(&mut world.state.db.read().await.expect("a connection")).await;
        assert_eq!(users.expect("read").len(), 1);
    }

    /// ASVS 15.2.2: nobody fills the log with what they may not do.
    async fn refusals_do_not_fill_the_log(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let path = format!("/admin/people/{}", "x".repeat(3_000));
        for _ in 0..40 {
            browser.get(&path).await;
        }
        let rows = all(world).await;
        let denied: Vec<_> = rows.iter().filter(|row| row.content.kind == "access_denied").collect();
        assert_eq!(denied.len(), 20);
        assert!(denied.iter().all(|row| row.content.detail.len() < 300), "{denied:?}");
    }
}
