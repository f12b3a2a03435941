//! What several people do to the same rows at the same moment: everybody holds them in one order, so that nobody waits for who
//! waits for them (ASVS 15.4.3). Each test holds the first row of that order, lets an act begin that has to wait for it, and
//! then goes on to the next row: an act that had taken that one first would be a deadlock.

use latchkey::{
    domain::role::Role,
    server::{
        flows::manage::{Actor, accounts, roles},
        jobs,
        request_info::RequestInfo,
        storage::{
            own_sessions,
            sessions::{self, EndReason},
            tokens::{self, Purpose},
            users,
        },
    },
};

use crate::{
    own_sessions::id_of,
    support::{PASSWORD, World, on_both_engines},
};

/// Somebody with two live sessions; their ids, the older one first.
async fn with_two_sessions(world: &World, email: &str) -> (String, [String; 2]) {
    world.sign_up(email).await;
    world.clock.advance(1);
    world.anonymous().sign_in(email, PASSWORD).await;
    let user_id = id_of(world, email).await;
    let mut conn = world.state.db.read().await.expect("a connection");
    let live = own_sessions::live(&mut conn, &user_id, world.now(), 2).await.expect("read");
    let [newer, older] = <[_; 2]>::try_from(live).expect("two");
    (user_id, [older.id, newer.id])
}

on_both_engines! {
    async fn a_person_is_deleted_before_their_sessions(world) {
        world.sign_up("administrator@example.com").await;
        let administrator = id_of(world, "administrator@example.com").await;
        roles::grant(&world.state, Actor::CommandLine, &administrator, &Role::admin()).await.expect("granted");
        let (user_id, _) = with_two_sessions(world, "sam@example.com").await;

        let mut tx = world.state.db.begin().await.expect("a transaction");
        users::hold(&mut tx, &user_id).await.expect("held");
        let (state, id) = (world.state.clone(), user_id.clone());
        let deleting = tokio::spawn(async move { accounts::delete(&state, Actor::CommandLine, &id, None).await });
        world.somebody_waits().await;
        sessions::end_all_but(&mut tx, &user_id, "", EndReason::Revoked, world.now()).await.expect("no deadlock");
        tx.commit().await.expect("committed");
        deleting.await.expect("it ran").expect("deleted");
    }

    async fn a_link_is_replaced_after_its_person_is_held(world) {
        world.sign_up("sam@example.com").await;
        let user_id = id_of(world, "sam@example.com").await;
        let request = RequestInfo::default();
        accounts::send_reset_mail(&world.state, Actor::CommandLine, &request, &user_id).await.expect("mailed");

        let mut tx = world.state.db.begin().await.expect("a transaction");
        users::hold_to_remove(&mut tx, &user_id).await.expect("held");
        let (state, id) = (world.state.clone(), user_id.clone());
        let mailing = tokio::spawn(async move { accounts::send_reset_mail(&state, Actor::CommandLine, &request, &id).await });
        world.somebody_waits().await;
        tokens::spend_all(&mut tx, Purpose::ResetPassword, Some(&user_id), world.now()).await.expect("no deadlock");
        tx.commit().await.expect("committed");
        mailing.await.expect("it ran").expect("mailed");
    }

    async fn sessions_are_held_in_the_order_of_their_ids(world) {
        let (user_id, [older, newer]) = with_two_sessions(world, "sam@example.com").await;
        // From now on the older one lies behind the newer one in its table.
        let mut conn = world.state.db.write().await.expect("a connection");
        assert!(sessions::renew(&mut conn, &older, "another token", 0, world.now()).await.expect("renewed"));
        drop(conn);
        world.clock.advance(31 * 60);

        let mut tx = world.state.db.begin().await.expect("a transaction");
        assert!(sessions::end_by_id(&mut tx, &older, EndReason::Revoked, world.now()).await.expect("ended"));
        let state = world.state.clone();
        let overdue = tokio::spawn(async move { jobs::sessions::run(&state).await });
        world.somebody_waits().await;
        assert!(sessions::end_by_id(&mut tx, &newer, EndReason::Revoked, world.now()).await.expect("no deadlock"));
        tx.commit().await.expect("committed");
        overdue.await.expect("it ran").expect("nothing was left to end");

        let mut conn = world.state.db.read().await.expect("a connection");
        let ended = own_sessions::find(&mut conn, &user_id, &newer).await.expect("read").expect("there");
        assert_eq!(ended.end_reason.as_deref(), Some("revoked"));
    }

    /// The same for whoever ends several of a person's sessions at once.
    async fn somebodys_sessions_end_in_the_order_of_their_ids(world) {
        let (user_id, [older, newer]) = with_two_sessions(world, "sam@example.com").await;
        let mut conn = world.state.db.write().await.expect("a connection");
        assert!(sessions::renew(&mut conn, &older, "another token", 0, world.now()).await.expect("renewed"));
        drop(conn);

        let mut tx = world.state.db.begin().await.expect("a transaction");
        assert!(sessions::end_by_id(&mut tx, &older, EndReason::Revoked, world.now()).await.expect("ended"));
        let (state, id) = (world.state.clone(), user_id.clone());
        let ending = tokio::spawn(async move {
            let mut tx = state.db.begin().await?;
            let ended = sessions::end_all_but(&mut tx, &id, "", EndReason::NotMe, state.now()).await?;
            tx.commit().await.map(|()| ended)
        });
        world.somebody_waits().await;
        assert!(sessions::end_by_id(&mut tx, &newer, EndReason::Revoked, world.now()).await.expect("no deadlock"));
        tx.commit().await.expect("committed");
        assert!(ending.await.expect("it ran").expect("no deadlock").is_empty());
    }
}
