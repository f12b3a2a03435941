//! What the two engines must agree on, below every flow.

use std::{future::poll_fn, task::Poll};

use latchkey::{
    domain::{email::Email, form::Identifiers, identifier::Identifier, moment::Moment, role::Role, username::Username},
    server::storage::{
        Db, Durability, StoreError, Tx, known_devices,
        limits::{self, LimitRow, Tried},
        locks::{self, Lock},
        outbox,
        sessions::{self, EndReason, NewSession},
        tokens::{self, Owner, Purpose},
        users,
    },
};

use crate::support::{World, on_both_engines};

const NOW: Moment = Moment(1_800_000_000);
/// Nothing waits beyond this.
const LONGEST: Moment = Moment(i64::MAX);

fn identifiers(email: &str, username: &str) -> Identifiers {
    Identifiers { email: Email::parse(email).ok(), username: Username::parse(username).ok() }
}

async fn add_user(world: &World, id: &str, email: &str) {
    let mut conn = world.state.db.write().await.expect("a connection");
    users::create(&mut conn, id, &identifiers(email, ""), Some("hash"), NOW).await.expect("added");
}

fn session(id: &str, user: &str) -> NewSession {
    NewSession {
        id: id.into(),
        user_id: user.into(),
        created_at: NOW,
        idle_seconds: 1_800,
        is_remembered: false,
        expires_at: NOW.plus(43_200),
        address: "192.0.2.7".into(),
        user_agent: "test".into(),
        factors: "pwd".into(),
        credential_version: 0,
        data: "{}".into(),
    }
}

on_both_engines! {
    /// ASVS 2.3.3: a transaction whose beginning nobody waited for is over, however far it came; or what is done on its connection
    /// next would be acknowledged and undone.
    async fn a_transaction_that_was_not_waited_for_is_over(world) {
        let db = &world.state.db;
        for polls in 0..60 {
            let durability = [Durability::Full, Durability::Delayed][polls % 2];
            let mut begins = Box::pin(async {
                let mut tx = db.begin_with(durability).await.expect("begun");
                drop(users::find(&mut tx, "nobody").await);
                tx
            });
            for _ in 0..polls {
                if poll_fn(|context| Poll::Ready(begins.as_mut().poll(context).is_ready())).await {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(begins);
            let id = format!("user-{polls}");
            add_user(world, &id, &format!("{id}@example.com")).await;
            let mut looking = Vec::new();
            for _ in 0..3 {
                let mut conn = db.read().await.expect("a connection");
                assert!(users::find(&mut conn, &id).await.expect("read").is_some(), "{polls}");
                looking.push(conn);
            }
        }
    }

    /// What may be forgotten where the power goes is so for its own transaction alone. SQLite has tests of its own, where its
    /// connections are.
    async fn no_more_is_delayed_than_may_be(world) {
        let url = world.state.config.database_url.expose();
        if url.starts_with("postgres") {
            let db = Db::connect(&format!("{url}?options[synchronous_commit]=on")).await.expect("a database");
            for (durability, setting) in [(Durability::Full, "on"), (Durability::Delayed, "off"), (Durability::Full, "on")] {
                let Tx::Postgres(mut tx, _) = db.begin_with(durability).await.expect("begun") else { panic!("no server") };
                let found: String = sqlx::query_scalar("show synchronous_commit").fetch_one(&mut *tx).await.expect("read");
                assert_eq!(found, setting);
                tx.commit().await.expect("committed");
            }
            db.close().await;
        }
    }

    async fn migrating_twice_is_migrating_once(world) {
        world.state.db.migrate().await.expect("nothing to do");
    }

    async fn identifiers_are_unique_whatever_their_case(world) {
        let mut conn = world.state.db.write().await.expect("a connection");
        users::create(&mut conn, "1", &identifiers("Sam@example.com", "Sam"), None, NOW).await.expect("added");
        for (email, username) in [("sAM@EXAMPLE.com", ""), ("", "SAM"), ("other@example.com", "sam")] {
            let outcome = users::create(&mut conn, "2", &identifiers(email, username), None, NOW).await;
            assert!(matches!(outcome, Err(StoreError::Taken)), "{email} {username}: {outcome:?}");
        }
        users::create(&mut conn, "3", &identifiers("other@example.com", ""), None, NOW).await.expect("no user name is not a clash");
        users::create(&mut conn, "4", &identifiers("", "other"), None, NOW).await.expect("no address is not a clash");
        for typed in ["SAM", "sam@EXAMPLE.com"] {
            let identifier = Identifier::parse(typed).expect("valid");
            let user = users::find_by_identifier(&mut conn, &identifier).await.expect("read").expect("found");
            assert_eq!((user.id.as_str(), user.created_at()), ("1", NOW));
        }
    }

    async fn a_role_is_held_once(world) {
        add_user(world, "1", "sam@example.com").await;
        let mut conn = world.state.db.write().await.expect("a connection");
        assert!(!users::any_with_role(&mut conn, &Role::admin()).await.expect("read"));
        for _ in 0..2 {
            users::grant(&mut conn, "1", &Role::admin(), NOW).await.expect("granted");
        }
        assert_eq!(users::roles(&mut conn, "1").await.expect("read"), [Role::admin()]);
        assert!(users::any_with_role(&mut conn, &Role::admin()).await.expect("read"));
    }

    /// ASVS 15.4.2: a lock that holds nobody up is none.
    async fn a_lock_that_is_not_there_is_an_error(world) {
        let mut tx = world.state.db.begin().await.expect("begun");
        locks::hold(&mut tx, Lock::Administrators).await.expect("held");
        tx.commit().await.expect("done");
        world.tamper("delete from locks").await;
        let mut tx = world.state.db.begin().await.expect("begun");
        locks::hold(&mut tx, Lock::Administrators).await.expect_err("nobody would be held up");
    }

    async fn a_dropped_transaction_leaves_nothing(world) {
        let mut tx = world.state.db.begin().await.expect("begun");
        users::create(&mut tx, "1", &identifiers("sam@example.com", ""), None, NOW).await.expect("added");
        drop(tx);
        let mut conn = world.state.db.read().await.expect("a connection");
        assert!(users::find(&mut conn, "1").await.expect("read").is_none());
    }

    /// ASVS 2.3.4: of two changes that started from the same password, one counts.
    async fn a_password_is_changed_from_the_one_it_was(world) {
        add_user(world, "1", "sam@example.com").await;
        let mut conn = world.state.db.write().await.expect("a connection");
        let seen = users::find(&mut conn, "1").await.expect("read").expect("there");
        assert!(users::set_password(&mut conn, &seen, "one", NOW).await.expect("written"));
        assert!(!users::set_password(&mut conn, &seen, "two", NOW).await.expect("written"));
        let now = users::find(&mut conn, "1").await.expect("read").expect("there");
        assert_eq!(now.password_hash.as_deref(), Some("one"));
        users::upgrade_hash(&mut conn, "1", "stale", "three").await.expect("written");
        let now = users::find(&mut conn, "1").await.expect("read").expect("there");
        assert_eq!(now.password_hash.as_deref(), Some("one"), "a renewal never brings an old password back");
    }

    /// A link is looked at before it is used; the address may be another one in between.
    async fn an_address_is_proven_while_it_is_theirs(world) {
        add_user(world, "1", "sma@example.com").await;
        let mut tx = world.state.db.begin().await.expect("begun");
        let mended = Email::parse("sam@example.com").expect("valid");
        assert!(users::replace_unverified_email(&mut tx, "1", &mended).await.expect("written"));
        assert!(!users::mark_verified(&mut tx, "1", "sma@example.com", NOW).await.expect("read"));
        assert!(users::find(&mut tx, "1").await.expect("read").expect("there").is_unverified());
        assert!(users::mark_verified(&mut tx, "1", "sam@example.com", NOW).await.expect("written"));
        assert!(!users::replace_unverified_email(&mut tx, "1", &mended).await.expect("read"), "proven ones stay");
    }

    async fn a_session_keeps_its_end_as_history(world) {
        add_user(world, "1", "sam@example.com").await;
        let mut conn = world.state.db.write().await.expect("a connection");
        for id in ["a", "b", "c"] {
            sessions::create(&mut conn, id, &session(id, "1")).await.expect("added");
        }
        assert!(matches!(sessions::create(&mut conn, "a", &session("d", "1")).await, Err(StoreError::Taken)));
        drop(conn);
        let mut conn = world.state.db.begin().await.expect("a transaction");
        assert!(sessions::end_by_id(&mut conn, "a", EndReason::SignedOut, NOW).await.expect("ended"));
        assert!(!sessions::end_by_id(&mut conn, "a", EndReason::Replaced, NOW.plus(9)).await.expect("once"));
        assert!(!sessions::touch(&mut conn, "a", NOW.plus(60)).await.expect("no longer live"));
        for _ in 0..2 {
            assert!(sessions::touch(&mut conn, "b", NOW.plus(60)).await.expect("live, whoever came first"));
        }
        let row = sessions::find(&mut conn, "a").await.expect("read").expect("still there");
        assert_eq!((row.ended_at, row.end_reason(NOW)), (Some(NOW.0), Some(EndReason::SignedOut)));
        assert_eq!(sessions::end_all_but(&mut conn, "1", "b", EndReason::PasswordChanged, NOW).await.expect("ended").len(), 1);
        let spared = sessions::find(&mut conn, "b").await.expect("read").expect("there");
        assert_eq!(spared.end_reason(NOW), None);
    }

    async fn sessions_end_by_themselves_at_the_right_moment(world) {
        add_user(world, "1", "sam@example.com").await;
        let mut conn = world.state.db.begin().await.expect("a transaction");
        let long = NewSession { idle_seconds: 100_000, ..session("long", "1") };
        sessions::create(&mut conn, "idle", &session("idle", "1")).await.expect("added");
        sessions::create(&mut conn, "long", &long).await.expect("added");
        assert_eq!(sessions::end_overdue(&mut conn, NOW.plus(1_799), 9).await.expect("none yet"), []);
        assert_eq!(sessions::end_overdue(&mut conn, NOW.plus(5_000), 9).await.expect("one").len(), 1);
        let row = sessions::find(&mut conn, "idle").await.expect("read").expect("there");
        assert_eq!((row.ended_at, row.end_reason(NOW)), (Some(NOW.0 + 1_800), Some(EndReason::Idle)));
        assert_eq!(sessions::end_overdue(&mut conn, NOW.plus(90_000), 9).await.expect("the other").len(), 1);
        let row = sessions::find(&mut conn, "long").await.expect("read").expect("there");
        assert_eq!((row.ended_at, row.end_reason(NOW)), (Some(NOW.0 + 43_200), Some(EndReason::Expired)));
    }

    /// ASVS 7.4.3: a session is good for the password it began with.
    async fn a_session_is_outdated_by_a_change_of_password(world) {
        add_user(world, "1", "sam@example.com").await;
        let mut conn = world.state.db.begin().await.expect("a transaction");
        sessions::create(&mut conn, "a", &session("a", "1")).await.expect("added");
        let user = users::find(&mut conn, "1").await.expect("read").expect("there");
        users::set_password(&mut conn, &user, "new", NOW).await.expect("written");
        let row = sessions::find(&mut conn, "a").await.expect("read").expect("there");
        assert_eq!(row.end_reason(NOW), Some(EndReason::PasswordChanged));
        sessions::carry_over(&mut conn, "1", 0).await.expect("written");
        let row = sessions::find(&mut conn, "a").await.expect("read").expect("there");
        assert_eq!(row.end_reason(NOW), None);
    }

    async fn a_token_is_spent_once_and_in_time(world) {
        add_user(world, "1", "sam@example.com").await;
        let mut tx = world.state.db.begin().await.expect("begun");
        let until = NOW.plus(1_800);
        let sam = Owner { user_id: Some("1".into()), email_key: Some("sam@example.com".into()) };
        let nobody = Owner { user_id: None, email_key: None };
        tokens::replace(&mut tx, "old", Purpose::ResetPassword, &sam, NOW, until).await.expect("added");
        tokens::replace(&mut tx, "new", Purpose::ResetPassword, &sam, NOW, until).await.expect("added");
        tokens::replace(&mut tx, "set-up", Purpose::SetUp, &nobody, NOW, until).await.expect("added");
        tx.commit().await.expect("done");
        let mut conn = world.state.db.write().await.expect("a connection");
        assert_eq!(tokens::find_live(&mut conn, "old", Purpose::ResetPassword, NOW).await.expect("read"), None);
        assert_eq!(tokens::find_live(&mut conn, "new", Purpose::ResetPassword, NOW).await.expect("read"), Some(sam));
        assert_eq!(tokens::find_live(&mut conn, "set-up", Purpose::SetUp, NOW).await.expect("read"), Some(nobody));
        assert!(!tokens::spend(&mut conn, "new", Purpose::SetUp, NOW).await.expect("another purpose"));
        assert!(!tokens::spend(&mut conn, "new", Purpose::ResetPassword, until).await.expect("too late"));
        assert!(tokens::spend(&mut conn, "new", Purpose::ResetPassword, until.plus(-1)).await.expect("in time"));
        assert!(!tokens::spend(&mut conn, "new", Purpose::ResetPassword, NOW).await.expect("once"));
    }

    async fn tries_and_browsers_are_forgotten_in_time(world) {
        add_user(world, "1", "sam@example.com").await;
        let mut tx = world.state.db.begin().await.expect("begun");
        assert_eq!(limits::hold(&mut tx, &["a"]).await.expect("held"), [LimitRow::default()]);
        let row = LimitRow { count: 2, blocked_until: NOW.0 + 30, expires_at: NOW.0 + 60 };
        let other = LimitRow { count: 1, blocked_until: 0, expires_at: NOW.0 + 61 };
        let tried = [Tried { key: "b", row: other, user_id: Some("1") }, Tried { key: "a", row, user_id: None }];
        limits::put(&mut tx, &tried).await.expect("written");
        assert_eq!(limits::remove_expired(&mut tx, NOW.plus(59)).await.expect("not yet"), 0);
        assert_eq!(limits::hold(&mut tx, &["a", "b"]).await.expect("held"), [row, other]);
        assert_eq!(limits::hold(&mut tx, &["b", "c", "a"]).await.expect("held"), [other, LimitRow::default(), row]);
        assert_eq!(limits::remove_expired(&mut tx, NOW.plus(60)).await.expect("removed"), 2);
        assert_eq!(limits::hold(&mut tx, &["b"]).await.expect("held"), [other]);

        for (at, device) in [(0, "old"), (1, "newer"), (2, "newest")] {
            known_devices::remember(&mut tx, device, "1", NOW.plus(at)).await.expect("noted");
        }
        assert_eq!(known_devices::remove_unused(&mut tx, NOW).await.expect("not yet"), 0);
        assert_eq!(known_devices::remove_unused(&mut tx, NOW.plus(1)).await.expect("removed"), 1);
        known_devices::keep_newest(&mut tx, "1", 1).await.expect("removed");
        for (device, is_known) in [("old", false), ("newer", false), ("newest", true)] {
            assert_eq!(known_devices::is_known(&mut tx, device, "1").await.expect("read"), is_known, "{device}");
        }
        assert!(!known_devices::is_known(&mut tx, "newest", "2").await.expect("read"), "another person's");
    }

    async fn a_mail_is_claimed_by_one(world) {
        let mut conn = world.state.db.write().await.expect("a connection");
        let to = Email::parse("sam@example.com").expect("valid");
        outbox::add(&mut conn, "m", &to, "Subject", "Body", "<p>Body</p>", NOW).await.expect("added");
        assert!(outbox::due(&mut conn, NOW.plus(-1), LONGEST, 9).await.expect("read").is_empty());
        let row = outbox::due(&mut conn, NOW, LONGEST, 9).await.expect("read").remove(0);
        assert!(outbox::claim(&mut conn, &row, NOW, LONGEST, NOW.plus(60)).await.expect("ours"));
        assert!(!outbox::claim(&mut conn, &row, NOW, LONGEST, NOW.plus(60)).await.expect("somebody's"));
        outbox::mark_failed(&mut conn, "m", "away", None).await.expect("noted");
        assert_eq!(outbox::due(&mut conn, NOW.plus(60), LONGEST, 9).await.expect("again")[0].attempts, 1);
        outbox::mark_sent(&mut conn, "m", NOW).await.expect("noted");
        assert!(outbox::due(&mut conn, NOW.plus(99), LONGEST, 9).await.expect("no more").is_empty());
        let sent = outbox::find(&mut conn, "m").await.expect("read").expect("there");
        assert_eq!((&*sent.body, &*sent.html), ("", ""), "both parts are forgotten");
    }

    /// ASVS 14.2.7: what is done goes in its time, what waits stays.
    async fn what_is_deleted_is_not_in_the_file(world) {
        if let Db::Sqlite { .. } = world.state.db {
            add_user(world, "1", "forget-me@example.com").await;
            world.tamper("delete from users; pragma wal_checkpoint(truncate)").await;
            let file = std::fs::read(world.look_up("select file from pragma_database_list where name = 'main'").await).expect("the file");
            assert!(!file.windows(9).any(|part| part == b"forget-me"));
        }
    }

    async fn old_mail_and_links_are_removed(world) {
        add_user(world, "1", "sam@example.com").await;
        let to = Email::parse("sam@example.com").expect("valid");
        let mut tx = world.state.db.begin().await.expect("begun");
        for id in ["sent", "given up", "waiting"] {
            outbox::add(&mut tx, id, &to, "Subject", "Body", "<p>Body</p>", NOW).await.expect("added");
        }
        outbox::mark_sent(&mut tx, "sent", NOW).await.expect("noted");
        outbox::mark_failed(&mut tx, "given up", "refused", Some(NOW)).await.expect("noted");
        assert_eq!(outbox::remove_done(&mut tx, NOW, 9).await.expect("none yet"), 0);
        assert_eq!(outbox::remove_done(&mut tx, NOW.plus(1), 1).await.expect("one at a time"), 1);
        assert_eq!(outbox::remove_done(&mut tx, NOW.plus(1), 9).await.expect("the other"), 1);
        assert!(outbox::find(&mut tx, "waiting").await.expect("read").is_some());

        let sam = Owner { user_id: Some("1".into()), email_key: Some("sam@example.com".into()) };
        tokens::replace(&mut tx, "spent", Purpose::ResetPassword, &sam, NOW, NOW.plus(9_000)).await.expect("added");
        tokens::spend(&mut tx, "spent", Purpose::ResetPassword, NOW).await.expect("spent");
        tokens::replace(&mut tx, "expired", Purpose::VerifyEmail, &sam, NOW, NOW.plus(1)).await.expect("added");
        tokens::replace(&mut tx, "live", Purpose::ChangeEmail, &sam, NOW, NOW.plus(9_000)).await.expect("added");
        assert_eq!(tokens::remove_dead(&mut tx, NOW).await.expect("none yet"), 0);
        assert_eq!(tokens::remove_dead(&mut tx, NOW.plus(2)).await.expect("removed"), 2);
        assert!(tokens::find_live(&mut tx, "live", Purpose::ChangeEmail, NOW).await.expect("read").is_some());
    }

    async fn a_mail_is_forgotten_once_it_is_given_up(world) {
        let mut conn = world.state.db.write().await.expect("a connection");
        let to = Email::parse("sam@example.com").expect("valid");
        outbox::add(&mut conn, "m", &to, "Subject", "Body", "<p>Body</p>", NOW).await.expect("added");
        outbox::mark_failed(&mut conn, "m", "away", None).await.expect("noted");
        let waiting = outbox::newest(&mut conn, 9).await.expect("read").remove(0);
        assert_eq!((&*waiting.body, &*waiting.html), ("Body", "<p>Body</p>"));
        outbox::mark_failed(&mut conn, "m", "refused", Some(NOW)).await.expect("noted");
        let given_up = outbox::newest(&mut conn, 9).await.expect("read").remove(0);
        assert_eq!((&*given_up.body, &*given_up.html), ("", ""));
    }
}
