//! Threads that do nothing but hash, as many as may hash at once and the same ones for as long as they are needed, each with
//! memory of its own to work in: the allocator keeps what threads give back, so with threads that come and go, or memory that is
//! made for each hash, it would be multiplied. Must not know what they do.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use tokio::sync::oneshot;

type Job<M> = Box<dyn FnOnce(&mut M) + Send>;

/// The threads, each with an `M` to work in; they end when nobody has this any more.
#[derive(Debug)]
pub(super) struct Workers<M> {
    jobs: Sender<Job<M>>,
}

impl<M> Clone for Workers<M> {
    fn clone(&self) -> Self {
        Self { jobs: self.jobs.clone() }
    }
}

impl<M: Default + 'static> Workers<M> {
    /// Starts so many.
    pub(super) fn start(count: usize) -> std::io::Result<Self> {
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..count {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new().name("latchkey-hash".into()).spawn(move || work(&waiting))?;
        }
        Ok(Self { jobs })
    }

    /// Does some work on the next thread that is free, also when whoever asked has gone. `None` where it panicked.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut M) -> T + Send + 'static) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job = move |memory: &mut M| {
            // Whoever asked may have gone.
            let _ = answer.send(work(memory));
        };
        self.jobs.send(Box::new(job)).ok()?;
        answered.await.ok()
    }
}

/// How far they stand back, as `nice` counts, and no further is possible: whatever answers people goes first, and hashing has
/// what that leaves. With `SCHED_IDLE`, which leaves it next to nothing, one sign-in beside many readers takes more than twice as long.
#[cfg(target_os = "linux")]
const STANDING_BACK: i32 = 19;

/// Stands back; elsewhere than on Linux that counts for the whole process, so it is left.
fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        // Where that is refused, hashing goes on as it is.
        let _ = rustix::process::nice(STANDING_BACK);
    }
}

fn work<M: Default>(waiting: &Mutex<Receiver<Job<M>>>) {
    stand_back();
    let mut memory = M::default();
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // What panics is said by the hook, and answered for by the one who asked; the thread goes on.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// ASVS 15.2.2: however many ask, memory is that of so many threads.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_same_threads_do_everything() {
        let workers = Workers::<u64>::start(2).expect("started");
        let asked: Vec<_> = (0..64)
            .map(|_| {
                let workers = workers.clone();
                tokio::spawn(async move { workers.run(|_| thread::current().id()).await })
            })
            .collect();
        let mut threads = HashSet::new();
        for one in asked {
            threads.insert(one.await.expect("joined").expect("done"));
        }
        assert!(threads.len() <= 2, "{threads:?}");
    }

    #[tokio::test]
    async fn work_that_panics_ends_no_thread() {
        let workers = Workers::<u64>::start(1).expect("started");
        assert_eq!(workers.run(|_| -> u8 { panic!("on purpose") }).await, None);
        assert_eq!(workers.run(|_| 1).await, Some(1));
    }

    /// ASVS 15.2.2: work that was begun ends, also when nobody waits for it any more.
    #[tokio::test]
    async fn work_goes_on_when_nobody_waits() {
        let workers = Workers::<u64>::start(1).expect("started");
        let (done, ended) = oneshot::channel();
        let (go, begun) = channel::<()>();
        let asked = workers.run(move |_| {
            let _ = begun.recv();
            let _ = done.send(());
        });
        tokio::select! {
            biased;
            _ = asked => panic!("it has not begun"),
            () = std::future::ready(()) => {}
        }
        go.send(()).expect("still under way");
        assert!(ended.await.is_ok());
    }
}
