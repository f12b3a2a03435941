//! Many who sign in at once, and those who come between. Must not measure how long anything takes.

use std::{
    sync::mpsc::{Sender, channel},
    task::Poll,
    time::Duration,
};

use futures_util::{FutureExt as _, future::join_all, poll};
use latchkey::server::{
    flows::sign_in::{self, Attempt},
    request_info::RequestInfo,
    session::CurrentSession,
    storage::{line::Line, users},
    turns::Turns,
};
use tokio::{runtime::Handle, sync::oneshot, task::spawn_blocking, time::timeout};

use crate::{
    own_sessions::id_of,
    support::{PASSWORD, on_both_engines},
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_mins(1);

/// So many that they are a crowd.
const MANY: usize = 64;

/// Takes a turn and keeps it until what is answered here is dropped.
async fn keep_a_turn(turns: &Turns) -> Sender<()> {
    let (release, released) = channel::<()>();
    let (taken, is_taken) = oneshot::channel();
    let (turns, runtime) = (turns.clone(), Handle::current());
    spawn_blocking(move || {
        let mut taken = Some(taken);
        runtime.block_on(turns.take(std::future::poll_fn(|_| {
            taken.take().map(|taken| taken.send(()));
            let _ = released.recv();
            Poll::Ready(())
        })));
    });
    is_taken.await.expect("a turn");
    release
}

/// What somebody does who signs in ends although somebody else keeps the only turn, once what it waits for is let go.
async fn goes_on_without_a_turn(work: impl Future<Output = ()>, let_go: impl Future<Output = ()>) {
    let turns = Turns::new(1, LONG);
    let mut working = Box::pin(turns.take(work));
    assert!(poll!(&mut working).is_pending(), "it waits");
    let turn = keep_a_turn(&turns).await;
    let_go.await;
    timeout(LONG, working).await.expect("it waits for no turn");
    drop(turn);
}

on_both_engines! {
    /// Whoever has what others wait for, or is given it, does not keep it for longer because many sign in.
    async fn who_is_waited_for_waits_for_no_turn(world) {
        world.sign_up("sam@example.com").await;
        let id = id_of(world, "sam@example.com").await;
        let (state, now) = (&world.state, world.now());
        let mut tx = state.db.begin().await.expect("a transaction");
        users::hold(&mut tx, &id).await.expect("held");
        let writing = async {
            let mut tx = state.db.begin().await.expect("a transaction");
            assert!(users::disable(&mut tx, &id, now).await.expect("written"));
            tx.commit().await.expect("committed");
        };
        goes_on_without_a_turn(writing, async { tx.commit().await.expect("committed") }).await;

        let mut readers = Vec::new();
        for _ in 0..state.db.pools().last().expect("one that reads").most {
            readers.push(state.db.read().await.expect("a connection"));
        }
        let reading = async {
            let mut reader = state.db.read().await.expect("a connection");
            users::find(&mut reader, &id).await.expect("read").expect("somebody");
        };
        goes_on_without_a_turn(reading, async { drop(readers) }).await;

        let line = Line::before(&state.db);
        let mut all = Vec::new();
        while let Some(Ok(turn)) = line.turn().now_or_never() {
            all.push(turn);
        }
        let standing = async {
            let turn = line.turn().await.expect("a turn");
            tokio::task::yield_now().await;
            drop(turn);
        };
        goes_on_without_a_turn(standing, async { drop(all) }).await;
    }

    /// A hash is not begun while a crowd is about to be sent away.
    async fn a_crowd_is_let_pass_before_a_hash(world) {
        world.sign_up("sam@example.com").await;
        let tries = "select cast(sum(count) as text) from limits";
        let before = world.look_up(tries).await;
        let turns = Turns::new(1, LONG);
        let state = world.state.with(|state| state.turns = turns.clone());
        let turn = keep_a_turn(&turns).await;
        let mut crowd: Vec<_> = (0..MANY).map(|_| Box::pin(turns.take(async {}))).collect();
        for one in &mut crowd {
            assert!(poll!(one).is_pending(), "it waits");
        }
        let (session, request) = (CurrentSession::without_cookie(&state), RequestInfo::default());
        let attempt = Attempt { identifier: "sam@example.com".into(), password: PASSWORD.into(), remember: false };
        let mut signing_in = Box::pin(sign_in::run(&state, &session, &request, attempt));
        // A hundred questions after its try was counted: more than all of a sign-in asks.
        let counted = async {
            while world.look_up(tries).await == before {}
            for _ in 0..100 {
                world.look_up(tries).await;
            }
        };
        tokio::select! {
            _ = &mut signing_in => panic!("it is not let in before the crowd is gone"),
            () = counted => assert_eq!(state.passwords.load().running, 0),
        }
        drop(turn);
        join_all(crowd).await;
        signing_in.await.expect("let in");
    }

    /// Of many who are to be hashed, those ask the database whose turn is near.
    async fn who_is_far_from_a_hash_asks_nothing_yet(world) {
        world.sign_up("sam@example.com").await;
        let tries = "select cast(sum(count) as text) from limits";
        let before = world.look_up(tries).await;
        let state = &world.state;
        let mut near = Vec::new();
        loop {
            let place = state.passwords.enter().expect("a place");
            if place.approach().now_or_never().is_none() {
                break;
            }
            near.push(place);
        }
        let (session, request) = (CurrentSession::without_cookie(state), RequestInfo::default());
        let attempt = Attempt { identifier: "sam@example.com".into(), password: PASSWORD.into(), remember: false };
        let mut signing_in = Box::pin(sign_in::run(state, &session, &request, attempt));
        // More questions than all of a sign-in asks.
        let waits = async {
            for _ in 0..100 {
                assert_eq!(world.look_up(tries).await, before);
            }
        };
        tokio::select! {
            _ = &mut signing_in => panic!("others are before it"),
            () = waits => {}
        }
        near.pop();
        timeout(LONG, signing_in).await.expect("in time").expect("let in");
    }
}
