//! Turns of those who sign in, so that whoever reads a page waits behind a few of the many that sign in at once, not behind all of
//! them. A turn is one stretch of work between two waits: nobody holds one while a database or a hash is waited for. Must not
//! refuse anybody, nor know what the work is.
//!
//! Who has a connection to the database, or its place in a line, is [`Urgent`] and waits for no turn: there are few of them, others wait
//! for them, and in a crowd each would be kept for as many laps as questions are asked.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::ready,
    thread::available_parallelism,
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How many who wait for a turn are a crowd. They wait for nothing but a processor, so that it is soon gone, whatever a client does
/// or leaves undone.
const CROWD: usize = 16;

/// How long a crowd is let pass, as it is known at the next turn after it.
const PATIENCE: Duration = Duration::from_millis(100);

tokio::task_local! {
    /// How many things the work at hand holds, or is about to, that others wait for.
    static HELD: Arc<AtomicUsize>;
}

/// How many such stretches may be under way at once, and how many wait.
#[derive(Clone, Debug)]
pub struct Turns {
    free: Arc<Semaphore>,
    crowd: Arc<Crowd>,
    patience: Duration,
}

#[derive(Debug, Default)]
struct Crowd {
    waiting: AtomicUsize,
    /// It is one no longer.
    gone: Notify,
}

/// Somebody who waits, until it is dropped.
struct Waiting(Arc<Crowd>);

impl Waiting {
    fn among(crowd: &Arc<Crowd>) -> Self {
        crowd.waiting.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(crowd))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::SeqCst) == CROWD {
            self.0.gone.notify_waiters();
        }
    }
}

/// While it is there, the work that made it goes on without a turn, and then to its next wait. Made before what others wait for is
/// waited for, as whoever is given it holds it from then on.
#[derive(Debug)]
pub struct Urgent(Option<Arc<AtomicUsize>>);

impl Urgent {
    /// From now on; means nothing where nobody takes turns.
    pub fn now() -> Self {
        let held = HELD.try_with(Arc::clone).ok();
        if let Some(held) = &held {
            held.fetch_add(1, Ordering::SeqCst);
        }
        Self(held)
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        if let Some(held) = &self.0 {
            held.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Turns {
    /// On half of the processors, at least on one: the others are there for those who read, and for the few who are [`Urgent`].
    pub fn for_this_machine() -> Self {
        Self::new(available_parallelism().map_or(1, |processors| processors.get() / 2).max(1), PATIENCE)
    }

    /// So many at once; a crowd is let pass so long.
    #[must_use]
    pub fn new(count: usize, patience: Duration) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), crowd: Arc::default(), patience }
    }

    /// Does some work, a turn at a time.
    pub async fn take<F: Future>(&self, work: F) -> F::Output {
        let held = Arc::<AtomicUsize>::default();
        let mut work = pin!(HELD.scope(Arc::clone(&held), work));
        let mut next: Option<Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>> = None;
        poll_fn(|context| {
            if held.load(Ordering::SeqCst) > 0 {
                return work.as_mut().poll(context);
            }
            let turn = next.get_or_insert_with(|| {
                let (turns, waiting) = (Arc::clone(&self.free), Waiting::among(&self.crowd));
                Box::pin(async move {
                    let turn = turns.acquire_owned().await.ok();
                    drop(waiting);
                    turn
                })
            });
            let turn = ready!(turn.as_mut().poll(context));
            next = None;
            let done = work.as_mut().poll(context);
            drop(turn);
            done
        })
        .await
    }

    /// Lets a crowd pass before work that takes long, and much memory: most of a crowd is sent away, and gone in a moment. Not for
    /// ever, or a crowd that does not end would keep everybody from it.
    pub async fn let_pass(&self) {
        // Whether it passed or not.
        let _ = timeout(self.patience, self.passed()).await;
    }

    async fn passed(&self) {
        let gone = self.crowd.gone.notified();
        if self.crowd.waiting.load(Ordering::SeqCst) >= CROWD {
            gone.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::Barrier, task::JoinSet};

    use super::*;

    /// However many are under way, a stretch without a wait is alone; and who waits stands in nobody's way.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn stretches_are_taken_in_turns_and_waits_are_not() {
        const MANY: usize = 64;
        let turns = Turns::new(1, Duration::from_millis(1));
        let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = Arc::new(Barrier::new(MANY));
        let mut tasks = JoinSet::new();
        for _ in 0..MANY {
            let (turns, busy, most, all) = (turns.clone(), Arc::clone(&busy), Arc::clone(&most), Arc::clone(&all));
            tasks.spawn(async move {
                let work = async {
                    for _ in 0..8 {
                        most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        busy.fetch_sub(1, Ordering::SeqCst);
                        // Nobody comes past this before all others are here, too.
                        all.wait().await;
                    }
                };
                turns.take(work).await;
            });
        }
        tasks.join_all().await;
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    /// What takes long waits while there is a crowd, and not for one that never passes.
    #[tokio::test]
    async fn a_crowd_is_let_pass() {
        let turns = Turns::new(1, Duration::from_millis(1));
        let held = Arc::clone(&turns.free).acquire_owned().await.expect("a turn");
        let mut crowd: Vec<_> = (0..CROWD).map(|_| Box::pin(turns.take(async {}))).collect();
        for one in &mut crowd {
            turns.passed().await;
            assert!(futures_util::poll!(one).is_pending());
        }
        let mut passed = Box::pin(turns.passed());
        assert!(futures_util::poll!(&mut passed).is_pending());
        turns.let_pass().await;
        assert!(futures_util::poll!(&mut passed).is_pending(), "it is there still");
        drop(crowd.pop());
        passed.await;
        drop(held);
        futures_util::future::join_all(crowd).await;
        turns.passed().await;
    }

    /// What others wait for is not held for longer because there is a crowd; whoever has given it back is one of the crowd again.
    #[tokio::test]
    async fn nobody_is_waited_for_who_waits_for_a_turn() {
        let turns = Turns::new(1, Duration::from_millis(1));
        let steps = AtomicUsize::new(0);
        let step = async || {
            steps.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        };
        let mut work = Box::pin(turns.take(async {
            let urgent = Urgent::now();
            step().await;
            let more = Urgent::now();
            drop(urgent);
            step().await;
            drop(more);
            step().await;
            step().await;
        }));
        assert!(futures_util::poll!(&mut work).is_pending());
        let held = Arc::clone(&turns.free).acquire_owned().await.expect("a turn");
        for _ in 0..8 {
            assert!(futures_util::poll!(&mut work).is_pending());
        }
        assert_eq!(steps.load(Ordering::SeqCst), 3, "there is no turn for the last");
        drop(held);
        work.await;
        drop(Urgent::now());
    }

    #[tokio::test]
    async fn who_goes_away_takes_no_turn_along() {
        let turns = Turns::new(1, Duration::from_millis(1));
        let held = Arc::clone(&turns.free).acquire_owned().await.expect("a turn");
        let mut gone = Box::pin(turns.take(async {}));
        assert!(futures_util::poll!(&mut gone).is_pending());
        drop(held);
        drop(gone);
        turns.take(async {}).await;
    }
}
