//! Threads that do nothing but hash, as many as may hash at once and the same ones for as long as they are needed, each with
//! memory of its own to work in: the allocator keeps what threads give back, so with threads that come and go, or memory that is
//! made for each hash, it would be multiplied. Must not know what they do.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::cohort::{Answer, Cohort, Others};

/// How many answers a thread has ready at most when they go out.
const TOGETHER: usize = 4;

/// How many they are at most, of all threads: more would gain little, and keep places from those who wait.
const MOST_TOGETHER: usize = 16;

/// How long an answer waits for others, about.
const PATIENCE: Duration = Duration::from_millis(100);

type Work<M> = Box<dyn FnOnce(&mut M) -> Option<Answer> + Send>;

/// A piece of work; where nobody knows how long it takes, no answer waits for it.
struct Job<M> {
    is_unlike: bool,
    work: Work<M>,
}

/// The threads, each with an `M` to work in; they end when nobody has this any more.
#[derive(Debug)]
pub(super) struct Workers<M> {
    jobs: Sender<Job<M>>,
    count: Arc<Count>,
    cohort: Arc<Cohort>,
}

/// How much there is to do.
#[derive(Debug, Default)]
struct Count {
    waiting: AtomicUsize,
    running: AtomicUsize,
}

impl<M> Clone for Workers<M> {
    fn clone(&self) -> Self {
        Self { jobs: self.jobs.clone(), count: Arc::clone(&self.count), cohort: Arc::clone(&self.cohort) }
    }
}

/// How many answers of so many threads go out together at most.
pub(super) fn together(threads: usize) -> usize {
    threads.saturating_mul(TOGETHER).min(MOST_TOGETHER)
}

impl<M: Default + 'static> Workers<M> {
    /// Starts so many.
    pub(super) fn start(threads: usize) -> std::io::Result<Self> {
        Self::with(threads, PATIENCE)
    }

    fn with(threads: usize, patience: Duration) -> std::io::Result<Self> {
        let (jobs, waiting) = channel();
        let (waiting, count) = (Arc::new(Mutex::new(waiting)), Arc::<Count>::default());
        let cohort = Arc::new(Cohort::of(together(threads), patience));
        for _ in 0..threads {
            let (waiting, count, cohort) = (Arc::clone(&waiting), Arc::clone(&count), Arc::clone(&cohort));
            thread::Builder::new().name("latchkey-hash".into()).spawn(move || work(&waiting, &count, &cohort))?;
        }
        Ok(Self { jobs, count, cohort })
    }

    /// Does some work on the next thread that is free; once it has begun also when whoever asked has gone. `None` where it panicked.
    /// Work `is_unlike` the other where it may take much longer.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        is_unlike: bool,
        work: impl FnOnce(&mut M) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let work: Work<M> = Box::new(move |memory| {
            if answer.is_closed() {
                return None;
            }
            let done = work(memory);
            // Where whoever asked has gone, this tells the others.
            Some(Box::new(move |others: Others| drop(answer.send((done, others)))))
        });
        self.count.waiting.fetch_add(1, Ordering::SeqCst);
        self.jobs.send(Job { is_unlike, work }).ok()?;
        let (done, others) = answered.await.ok()?;
        drop(others);
        Some(done)
    }

    /// How many work at this moment.
    pub(super) fn running(&self) -> usize {
        self.count.running.load(Ordering::SeqCst)
    }

    /// How many have worked, and wait for others.
    pub(super) fn ready(&self) -> usize {
        self.cohort.len()
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

fn work<M: Default>(waiting: &Mutex<Receiver<Job<M>>>, count: &Count, cohort: &Cohort) {
    stand_back();
    let mut memory = M::default();
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        count.running.fetch_add(1, Ordering::SeqCst);
        count.waiting.fetch_sub(1, Ordering::SeqCst);
        if job.is_unlike {
            cohort.part();
        }
        let began = Instant::now();
        // What panics is said by the hook, and answered for by the one who asked; the thread goes on.
        let answer = catch_unwind(AssertUnwindSafe(|| (job.work)(&mut memory))).ok().flatten();
        count.running.fetch_sub(1, Ordering::SeqCst);
        cohort.join(answer, (began, Instant::now()), || count.waiting.load(Ordering::SeqCst));
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, pin::Pin};

    use futures_util::FutureExt as _;
    use tokio::time::timeout;

    use super::*;

    /// ASVS 15.2.2: however many ask, memory is that of so many threads.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_same_threads_do_everything() {
        let workers = Workers::<u64>::start(2).expect("started");
        let asked: Vec<_> = (0..64)
            .map(|_| {
                let workers = workers.clone();
                tokio::spawn(async move { workers.run(false, |_| thread::current().id()).await })
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
        assert_eq!(workers.run(false, |_| -> u8 { panic!("on purpose") }).await, None);
        assert_eq!(workers.run(false, |_| 1).await, Some(1));
    }

    /// Work that has been asked for: what ends it, what says that it has begun, and its answer.
    type Asked = (Sender<()>, oneshot::Receiver<()>, Pin<Box<dyn Future<Output = Option<()>>>>);

    fn ask(workers: &Workers<u64>) -> Asked {
        let ((go, told), (begins, begun)) = (channel(), oneshot::channel());
        let workers = workers.clone();
        let mut asked = Box::pin(async move {
            let work = move |_: &mut u64| {
                let _ = begins.send(());
                let _ = told.recv();
            };
            workers.run(false, work).await
        });
        assert!(asked.as_mut().now_or_never().is_none());
        (go, begun, asked)
    }

    const LONG: Duration = Duration::from_mins(1);

    async fn answered(asked: impl Future<Output = Option<()>>) -> Option<()> {
        timeout(LONG, asked).await.expect("in time")
    }

    #[tokio::test]
    async fn answers_go_out_together_while_others_wait() {
        let workers = Workers::<u64>::with(2, LONG).expect("started");
        let [first, second, third, fourth] = [(); 4].map(|()| ask(&workers));
        let (mut one, _) = (first.2, (first.1.await, second.1.await));
        first.0.send(()).expect("under way");
        third.1.await.expect("begun, where the first was");
        assert!(one.as_mut().now_or_never().is_none() && workers.ready() == 1, "others wait");
        second.0.send(()).expect("under way");
        fourth.1.await.expect("begun, where the second was");
        assert_eq!((answered(one).await, answered(second.2).await), (Some(()), Some(())), "nobody waits any more");
        assert_eq!((workers.ready(), workers.running()), (0, 2));
        drop((third.0, fourth.0));
        assert_eq!((answered(third.2).await, answered(fourth.2).await), (Some(()), Some(())));
    }

    /// Work of which nobody knows how long it takes makes nobody wait.
    #[tokio::test]
    async fn no_answer_waits_for_work_of_another_kind() {
        let workers = Workers::<u64>::with(1, LONG).expect("started");
        let (go, _, asked) = ask(&workers);
        let (_go, told) = channel::<()>();
        let mut unlike = Box::pin(workers.run(true, move |_| told.recv().unwrap_or_default()));
        assert!(unlike.as_mut().now_or_never().is_none());
        let _third = ask(&workers);
        go.send(()).expect("under way");
        assert_eq!(answered(asked).await, Some(()));
    }

    /// Nobody is kept for what never comes.
    #[tokio::test]
    async fn no_answer_is_kept_by_work_that_panics_or_is_asked_for_no_more() {
        let workers = Workers::<u64>::with(1, LONG).expect("started");
        let (go, _, asked) = ask(&workers);
        let mut panics = Box::pin(workers.run(false, |_| panic!("on purpose")));
        assert!(panics.as_mut().now_or_never().is_none());
        go.send(()).expect("under way");
        assert_eq!((answered(asked).await, answered(panics).await), (Some(()), None));

        let (go, _, asked) = ask(&workers);
        let (_go, begun, gone) = ask(&workers);
        drop(gone);
        go.send(()).expect("under way");
        assert_eq!(answered(asked).await, Some(()));
        assert!(begun.await.is_err(), "nothing is hashed for who has gone");
    }

    /// ASVS 15.2.2: work that was begun ends, also when nobody waits for it any more, and others wait until it has.
    #[tokio::test]
    async fn work_goes_on_when_nobody_waits() {
        let workers = Workers::<u64>::start(1).expect("started");
        let (go, begun, asked) = ask(&workers);
        begun.await.expect("begun");
        drop(asked);
        let mut next = Box::pin(workers.run(false, |_| ()));
        assert!(next.as_mut().now_or_never().is_none() && workers.running() == 1);
        go.send(()).expect("still under way");
        assert_eq!(next.await, Some(()));
    }
}
