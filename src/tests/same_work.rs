//! What PostgreSQL is asked for somebody who is known, and for somebody who is not: the same, so that the time of an answer has
//! nothing to tell (ASVS 6.3.8; CWE-208). How long it takes is measured by `make timing`.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use latchkey::server::config::{Config, VerifyEmail};
use tracing::field::{Field, Visit};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

use crate::{
    change_email::{ask, confirm, proven},
    support::{Answer, Browser, Engine, OTHER_PASSWORD, PASSWORD, World, listen},
};

/// As a site is that gives nobody away.
fn required(config: &mut Config) {
    config.verify_email = Some(VerifyEmail::Required);
    config.network_requests = u16::MAX;
}

/// The statements that were run, as this thread's log has them.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

/// The words of a statement.
#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if matches!(field.name(), "summary" | "db.statement") {
            write!(self.0, " {value:?}").expect("written");
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut words = Words::default();
            event.record(&mut words);
            self.0.lock().expect("a lock").push(words.0);
        }
    }
}

/// Posts a form, and says which statements ran meanwhile, in some order: what happens to work that is undone or kept does not
/// matter, nor does when.
async fn statements(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> (Answer, Vec<String>) {
    let statements = Statements::default();
    let guard = listen(tracing_subscriber::registry().with(statements.clone()));
    let answer = browser.submit(path, fields).await;
    drop(guard);
    let mut run = std::mem::take(&mut *statements.0.lock().expect("a lock"));
    // Of a connection, not of the request.
    run.retain(|statement| !["now() = ", "set client_connection"].iter().any(|words| statement.contains(words)));
    for statement in &mut run {
        for end in ["rollback to savepoint undone", "release savepoint undone"] {
            *statement = statement.replace(end, "end of what may be undone");
        }
    }
    run.sort();
    (answer, run)
}

/// ASVS 6.3.8: a difference in work is one in time.
#[tokio::test]
async fn as_many_statements_are_run_for_somebody_unknown() {
    let world = World::with(Engine::Postgres, required).await;
    proven(&world, "known@example.com").await;
    proven(&world, "sam@example.com").await;
    // Somebody signed up and never proved the address.
    let fields = [("email", "waits@example.com"), ("new_password", PASSWORD)];
    world.anonymous().submit("/api/sign_up", &fields).await;

    // Somebody has another address since a moment, and can ask for this one back.
    let mut moved = proven(&world, "kept@example.com").await;
    ask(&mut moved, "moved@example.com").await;
    assert!(confirm(&world, &mut moved, "moved@example.com").await.says("is changed"));

    for (path, name, password, writes) in [
        ("/api/change_email", "email", None, "insert into outbox"),
        ("/api/sign_in", "identifier", Some(("password", PASSWORD)), "insert into link_requests"),
        ("/api/sign_in", "identifier", Some(("password", OTHER_PASSWORD)), "insert into link_requests"),
        ("/api/forgot_password", "email", None, "insert into link_requests"),
        ("/api/resend_verification", "email", None, "insert into link_requests"),
        ("/api/sign_up", "email", Some(("new_password", OTHER_PASSWORD)), "insert into outbox"),
    ] {
        // Nobody is asked to wait for what came before.
        world.clock.advance(10 * 60);
        let mut somebody = world.anonymous();
        somebody.sign_in("sam@example.com", PASSWORD).await;
        let mut first = None;
        // Whoever knows the password of an account is in, so nobody tries it here but for one that waits.
        let known =
            if password == Some(("password", PASSWORD)) { "nobody.else@example.com" } else { "known@example.com" };
        for email in ["nobody@example.com", known, "waits@example.com", "kept@example.com"] {
            let mut browser = if path == "/api/change_email" { somebody.clone() } else { world.anonymous() };
            let mut fields = vec![(name, email)];
            fields.extend(password);
            let (answer, run) = statements(&mut browser, path, &fields).await;
            assert_eq!(answer.status.as_u16(), 303, "{path}: {answer:?}");
            assert!(run.iter().any(|statement| statement.contains(writes)), "{path}: {answer:?} {run:?}");
            match &first {
                None => first = Some(run),
                Some(first) => assert_eq!(*first, run, "{path}: {email}"),
            }
        }
    }
    world.end().await;
}
