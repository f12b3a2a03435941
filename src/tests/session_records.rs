//! The record of who signed in and out: ending, deleting, and what age removes.

use std::sync::atomic::Ordering;

use latchkey::{
    domain::{event::EventKind, records::Standing},
    server::{
        audit::{Event, seal, verify},
        flows::{
            manage::{Actor, records},
            note_settings,
        },
        jobs,
        storage::{
            events::{self, EventRow, Page},
            session_records::{self, Record, Wanted},
        },
    },
};

use crate::support::{World, on_both_engines};

async fn all(world: &World) -> Vec<Record> {
    let mut conn = world.state.db.read().await.expect("a connection");
    session_records::page(&mut conn, &Wanted::default(), &Page::First, 100).await.expect("read")
}

async fn said(world: &World) -> Vec<EventRow> {
    let mut conn = world.state.db.read().await.expect("a connection");
    events::list(&mut conn, &events::Wanted::default(), &Page::First, 1_000).await.expect("read")
}

async fn holds(world: &World) {
    seal::run(&world.state).await.expect("sealed");
    assert_eq!(verify::database(&world.state.db, None).await.expect("read").broken, None);
}

async fn delete(world: &World, wanted: &Wanted) -> usize {
    records::delete(&world.state, Actor::CommandLine, wanted, world.now(), 1_000).await.expect("deleted")
}

fn of(user_id: &str) -> Wanted {
    Wanted { user_id: Some(user_id.to_owned()), ..Wanted::default() }
}

on_both_engines! {
    async fn records_are_found_by_person_time_and_standing(world) {
        world.sign_up("sam@example.com").await;
        world.clock.advance(86_400);
        world.sign_up("kim@example.com").await;
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let rows = all(world).await;
        let names: Vec<_> = rows.iter().map(|row| row.name.as_deref().expect("a name")).collect();
        assert_eq!(names, ["kim@example.com", "sam@example.com"], "newest first");
        for (wanted, expected) in [
            (of(&rows[0].user_id), vec![0]),
            (Wanted { standing: Some(Standing::Live), ..Wanted::default() }, vec![0]),
            (Wanted { standing: Some(Standing::Ended), ..Wanted::default() }, vec![1]),
            (Wanted { standing: Some(Standing::Idle), ..Wanted::default() }, vec![1]),
            (Wanted { standing: Some(Standing::SignedOut), ..Wanted::default() }, vec![]),
            (Wanted { from: Some(world.now()), ..Wanted::default() }, vec![0]),
            (Wanted { until: Some(world.now()), ..Wanted::default() }, vec![1]),
            (Wanted { ids: vec![rows[1].id.clone()], ..Wanted::default() }, vec![1]),
            (Wanted { spared: Some(rows[1].id.clone()), ..Wanted::default() }, vec![0]),
        ] {
            let mut conn = world.state.db.read().await.expect("a connection");
            let found = session_records::page(&mut conn, &wanted, &Page::First, 9).await.expect("read");
            let expected: Vec<Record> = expected.into_iter().map(|index: usize| rows[index].clone()).collect();
            assert_eq!(found, expected, "{wanted:?}");
            let count = session_records::count(&mut conn, &wanted, 1_000).await.expect("counted");
            assert_eq!(usize::try_from(count).expect("few"), expected.len(), "{wanted:?}");
        }
    }

    async fn whoever_is_ended_is_out_with_the_next_request(world) {
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let mut kim = world.sign_up("kim@example.com").await.browser;
        let sams = of(&all(world).await.last().expect("a session").user_id);
        assert_eq!(records::end(&world.state, Actor::CommandLine, &sams, world.now(), 9).await.expect("ended"), 1);
        assert_eq!(records::end(&world.state, Actor::CommandLine, &sams, world.now(), 9).await.expect("ended"), 0, "once");
        assert!(!sam.is_signed_in().await && kim.is_signed_in().await);
        let last = said(world).await.remove(0);
        assert_eq!((&*last.content.kind, &*last.content.actor), ("session_ended", "command_line"));
        assert_eq!(last.content.detail, r#"{"reason":"ended_by_administrator"}"#);
    }

    /// Design: deletion and proof can both be true.
    async fn what_is_deleted_leaves_a_chain_that_holds(world) {
        let mut sam = world.sign_up("sam@example.com").await.browser;
        world.sign_up("kim@example.com").await;
        let sams = of(&all(world).await.last().expect("a session").user_id);
        assert_eq!(delete(world, &sams).await, 1);
        assert!(!sam.is_signed_in().await, "a live one ends first");
        assert_eq!(all(world).await.len(), 1);
        holds(world).await;
        let events = said(world).await;
        let reason = events.iter().find(|event| event.content.kind == "records_deleted").expect("it says so");
        let emptied: Vec<_> = events.iter().filter(|event| event.redacted_by.is_some()).collect();
        assert_eq!(emptied.len(), 1, "the beginning; its end was brought about by whoever deleted it, which stays");
        for event in emptied {
            assert_eq!(event.redacted_by.as_ref(), Some(&reason.content.id));
            assert!(reason.content.detail.contains(&event.content.id) && event.content.user_agent.is_empty());
        }
        assert!(events.iter().any(|event| event.content.kind == "account_created" && Some(&event.content.target) == sams.user_id.as_ref()), "what was done stays");
        assert_eq!(delete(world, &sams).await, 0);
        assert_eq!(said(world).await.len(), events.len(), "nothing to delete is no event");
    }

    /// What an administrator did stays, whoever deletes the record of their session (ASVS 16.4.2).
    async fn acts_outlive_the_session_in_which_they_were_done(world) {
        world.sign_up("sam@example.com").await;
        let session = all(world).await.remove(0);
        let act = Event::by_system(EventKind::RoleGranted).by(&session.user_id).in_session(&session.id);
        act.record_alone(&world.state).await.expect("written");
        assert_eq!(delete(world, &of(&session.user_id)).await, 1);
        assert!(said(world).await.iter().any(|event| event.content.kind == "role_granted"));
        holds(world).await;
    }

    async fn many_records_are_deleted_in_batches(world) {
        let person = world.sign_up("sam@example.com").await;
        for _ in 0..120 {
            let mut browser = world.anonymous();
            assert_eq!(browser.sign_in(&person.email, &person.password).await.location(), "/dashboard");
        }
        assert_eq!(delete(world, &Wanted { standing: Some(Standing::Live), ..Wanted::default() }).await, 121);
        assert_eq!(all(world).await, []);
        holds(world).await;
        assert_eq!(said(world).await.iter().filter(|event| event.content.kind == "records_deleted").count(), 3);
    }

    /// Two at once delete everything once, and the chain holds.
    async fn two_deletions_at_once_delete_once(world) {
        let person = world.sign_up("sam@example.com").await;
        for _ in 0..20 {
            world.anonymous().sign_in(&person.email, &person.password).await;
        }
        let mut both = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let state = world.state.clone();
            both.spawn(async move { records::delete(&state, Actor::CommandLine, &Wanted::default(), state.now(), 1_000).await.expect("deleted") });
        }
        assert_eq!(both.join_all().await.into_iter().sum::<usize>(), 21);
        holds(world).await;
        assert_eq!(said(world).await.iter().filter(|event| event.content.kind == "records_deleted").count(), 1);
    }

    /// ASVS 14.2.7.
    async fn what_is_too_old_goes(world) {
        let person = world.sign_up("sam@example.com").await;
        jobs::run_once(&world.state, None).await.expect("background tasks");
        world.clock.advance(86_400);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert_eq!(all(world).await.len(), 1, "over, and kept");
        let early = said(world).await.len();
        world.clock.advance(i64::from(world.state.config.keep_sessions_days) * 86_400);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert_eq!(all(world).await, [], "of the record no row is left");
        assert!(said(world).await.len() >= early, "events are kept for longer");
        world.clock.advance(i64::from(world.state.config.keep_events_days) * 86_400);
        world.anonymous().sign_in(&person.email, "wrong").await;
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let kinds: Vec<String> = said(world).await.into_iter().map(|event| event.content.kind).collect();
        assert_eq!(kinds, ["events_pruned", "sign_in_failed"]);
        holds(world).await;
    }

    async fn the_log_is_verified_in_the_background(world) {
        world.sign_up("sam@example.com").await;
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let noted = jobs::verification::noted(&world.state).await.expect("read").expect("it was verified");
        assert_eq!((noted.at, noted.report.broken), (world.now(), None));
        world.clock.advance(60);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let again = jobs::verification::noted(&world.state).await.expect("read").expect("noted");
        assert_eq!(again.at, noted.at, "once an hour");
        world.clock.advance(3_600);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let later = jobs::verification::noted(&world.state).await.expect("read").expect("noted");
        assert_eq!((later.at, later.report.broken), (world.now(), None));
    }

    /// Nobody is told that a log is whole of which nothing was looked at.
    async fn a_log_that_has_only_begun_is_verified_soon(world) {
        let mut admin = world.administrator("ada@example.com").await.browser;
        let whole = "The log was whole when it was last verified";
        assert!(admin.get("/admin/audit").await.says("has not been verified yet"));
        for _ in 0..2 {
            jobs::run_once(&world.state, None).await.expect("background tasks");
        }
        let page = admin.get("/admin/audit").await;
        assert!(page.says(whole) && !page.says("up to link 0"), "{}", page.body);
        world.tamper("update events set address = '192.0.2.99' where sequence = 1").await;
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(admin.get("/admin/audit").await.says(whole), "an hour later, or at the next start");
        world.state.is_verified.store(false, Ordering::Relaxed);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(!admin.get("/admin/audit").await.says(whole));
    }

    async fn a_start_with_other_settings_is_an_event(world) {
        assert_eq!(note_settings::run(&world.state).await.expect("noted"), Vec::<String>::new(), "the first start");
        assert_eq!(note_settings::run(&world.state).await.expect("noted"), Vec::<String>::new(), "the same again");
        assert_eq!(said(world).await.len(), 0);
        let mut config = world.state.config.as_ref().clone();
        config.reauth_minutes = 3;
        config.smtp_url = Some("smtps://user:hunter2@mail.example.com".into());
        let state = world.state.with(|state| state.config = std::sync::Arc::new(config));
        assert_eq!(note_settings::run(&state).await.expect("noted"), ["reauth_minutes"]);
        let event = said(world).await.remove(0);
        assert_eq!((&*event.content.kind, &*event.content.detail), ("settings_changed", r#"{"settings":"reauth_minutes"}"#));
    }

    /// ASVS 16.4.2: deleting a record empties nothing of what an administrator did to somebody.
    async fn what_was_done_to_others_is_not_emptied(world) {
        world.sign_up("sam@example.com").await;
        let row = all(world).await.remove(0);
        let mut tx = world.state.db.begin().await.expect("a transaction");
        let by_another = Event::by_command_line(EventKind::SessionEnded).about(&row.user_id).in_session(&row.id);
        by_another.record(&world.state, &mut tx).await.expect("written");
        tx.commit().await.expect("committed");
        assert_eq!(delete(world, &of(&row.user_id)).await, 1);
        let kept: Vec<_> = said(world).await.into_iter().filter(|event| event.content.actor == "command_line").collect();
        assert!(kept.iter().any(|event| event.content.kind == "session_ended" && event.content.target == row.user_id), "{kept:?}");
        holds(world).await;
    }
}
