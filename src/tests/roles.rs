//! Roles: who holds them, what they open, and the last administrator.

use axum::http::StatusCode;
use latchkey::{
    domain::{error::AuthError, role::Role},
    server::{
        error::FlowError,
        flows::manage::{
            Actor, access,
            accounts::{self, NewPerson},
            roles,
        },
        request_info::RequestInfo,
        storage::users,
    },
};
use tokio::task::JoinSet;

use crate::support::{World, on_both_engines};

/// Signs up an administrator; answers with their id.
async fn administrator(world: &World, email: &str) -> String {
    world.sign_up(email).await;
    let id = users::find_by_email_key(&mut world.state.db.read().await.expect("a connection"), email).await;
    let id = id.expect("read").expect("there").id;
    assert!(roles::grant(&world.state, Actor::CommandLine, &id, &Role::admin()).await.expect("granted"));
    id
}

fn is_last<T: std::fmt::Debug>(outcome: &Result<T, FlowError>) -> bool {
    matches!(outcome, Err(FlowError::Answer(AuthError::LastAdministrator)))
}

on_both_engines! {
    /// ASVS 8.3.2: with the next request, also of sessions that are open.
    async fn a_change_of_role_is_in_force_at_once(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        administrator(world, "other@example.com").await;
        let id = users::find_by_email_key(&mut world.state.db.read().await.expect("a connection"), "sam@example.com").await;
        let id = id.expect("read").expect("there").id;
        assert!(!browser.get("/dashboard").await.says("Administrator"));
        roles::grant(&world.state, Actor::CommandLine, &id, &Role::admin()).await.expect("granted");
        assert!(browser.get("/dashboard").await.says("Administrator"));
        roles::revoke(&world.state, Actor::CommandLine, &id, &Role::admin()).await.expect("revoked");
        assert!(!browser.get("/dashboard").await.says("Administrator"));
    }

    async fn giving_twice_is_giving_once(world) {
        let id = administrator(world, "sam@example.com").await;
        let editor = Role::parse("editor").expect("a role");
        assert!(roles::grant(&world.state, Actor::CommandLine, &id, &editor).await.expect("granted"));
        assert!(!roles::grant(&world.state, Actor::CommandLine, &id, &editor).await.expect("held"));
        assert!(roles::revoke(&world.state, Actor::CommandLine, &id, &editor).await.expect("revoked"));
        assert!(!roles::revoke(&world.state, Actor::CommandLine, &id, &editor).await.expect("not held"));
    }

    async fn the_last_administrator_stays(world) {
        let id = administrator(world, "sam@example.com").await;
        assert!(is_last(&roles::revoke(&world.state, Actor::CommandLine, &id, &Role::admin()).await));
        assert!(is_last(&access::disable(&world.state, Actor::CommandLine, &id).await));
        let second = administrator(world, "second@example.com").await;
        assert!(access::disable(&world.state, Actor::CommandLine, &id).await.expect("another is left"));
        assert!(is_last(&roles::revoke(&world.state, Actor::CommandLine, &second, &Role::admin()).await), "a disabled one does not count");
        assert!(access::enable(&world.state, Actor::CommandLine, &id).await.expect("enabled"));
        assert!(roles::revoke(&world.state, Actor::CommandLine, &second, &Role::admin()).await.expect("one is left"));
    }

    /// Who was invited and never came, or whose password was taken away, keeps no site; where nobody could sign in before, the
    /// command line may still put things right.
    async fn the_last_administrator_with_a_password_stays(world) {
        let (actor, admin) = (Actor::CommandLine, Role::admin());
        let invited = |email: &'static str| async move {
            let new = NewPerson { email: email.into(), roles: "admin".into(), ..NewPerson::default() };
            accounts::create(&world.state, actor, &RequestInfo::default(), new).await.expect("made")
        };
        let (one, other) = (invited("one@example.com").await, invited("other@example.com").await);
        assert!(roles::revoke(&world.state, actor, &one, &admin).await.expect("none of them could sign in"));
        assert!(is_last(&access::disable(&world.state, actor, &other).await));

        let sam = administrator(world, "sam@example.com").await;
        assert!(is_last(&roles::revoke(&world.state, actor, &sam, &admin).await));
        assert!(is_last(&access::disable(&world.state, actor, &sam).await));
        assert!(is_last(&accounts::delete(&world.state, actor, &sam, None).await));
        assert!(access::disable(&world.state, actor, &other).await.expect("sam is left"));
        administrator(world, "kim@example.com").await;
        assert!(roles::revoke(&world.state, actor, &sam, &admin).await.expect("kim is left"));
    }

    /// ASVS 2.3.4, 15.4.2: two who leave at the same moment do not both find the other still there.
    async fn two_administrators_do_not_leave_at_once(world) {
        for round in 0..5 {
            let (one, other) = (administrator(world, &format!("a{round}@example.com")).await, administrator(world, &format!("b{round}@example.com")).await);
            let mut leaving = JoinSet::new();
            for (id, is_disabled) in [(one.clone(), true), (other.clone(), false)] {
                let state = world.state.clone();
                leaving.spawn(async move {
                    if is_disabled {
                        access::disable(&state, Actor::CommandLine, &id).await
                    } else {
                        roles::revoke(&state, Actor::CommandLine, &id, &Role::admin()).await
                    }
                });
            }
            let outcomes = leaving.join_all().await;
            assert_eq!(outcomes.iter().filter(|outcome| is_last(outcome)).count(), 1, "{outcomes:?}");
            // The next round begins with its own two alone.
            let mut tx = world.state.db.begin().await.expect("a transaction");
            for id in [one, other] {
                users::revoke(&mut tx, &id, &Role::admin()).await.expect("revoked");
            }
            tx.commit().await.expect("committed");
        }
    }

    /// ASVS 7.4.2.
    async fn who_is_disabled_is_out_and_may_come_back(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let id = users::find_by_email_key(&mut world.state.db.read().await.expect("a connection"), "sam@example.com").await;
        let id = id.expect("read").expect("there").id;
        assert!(access::disable(&world.state, Actor::CommandLine, &id).await.expect("disabled"));
        assert!(!access::disable(&world.state, Actor::CommandLine, &id).await.expect("once"));
        assert!(browser.visit("/dashboard").await.says("This session was ended"));
        assert!(access::enable(&world.state, Actor::CommandLine, &id).await.expect("enabled"));
        assert!(!browser.is_signed_in().await, "what ended stays ended");
        assert_eq!(browser.sign_in("sam@example.com", crate::support::PASSWORD).await.location(), "/dashboard");
    }

    /// ASVS 8.2.1: not a word of what is there.
    async fn the_console_is_not_there_for_others(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        assert_eq!(browser.get("/admin").await.status, StatusCode::NOT_FOUND);
        assert_eq!(world.anonymous().get("/admin").await.status, StatusCode::NOT_FOUND);
    }
}
