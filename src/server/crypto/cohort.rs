//! Answers that go out together: a hash leaves nothing else in the processor's caches, so what follows it is slow for the first who
//! goes on and quick for those right behind. Must not keep an answer back when nobody's work is to come that would let it go.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What tells somebody their answer, and gives them those of others to tell.
pub(super) type Answer = Box<dyn FnOnce(Others) + Send>;

/// Answers of others, told when this is dropped: by whoever is told first, who has been woken already, or else by whoever has it.
#[derive(Default)]
pub(super) struct Others(Vec<Answer>);

impl Drop for Others {
    fn drop(&mut self) {
        for answer in std::mem::take(&mut self.0) {
            // One that panics is nobody else's.
            let _ = catch_unwind(AssertUnwindSafe(|| answer(Self::default())));
        }
    }
}

/// Answers that wait for each other.
pub(super) struct Cohort {
    most: usize,
    patience: Duration,
    ready: Mutex<Vec<(Instant, Answer)>>,
}

impl fmt::Debug for Cohort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cohort")
            .field("most", &self.most)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Cohort {
    /// Of so many at most, none of which is kept for much longer than so long.
    pub(super) fn of(most: usize, patience: Duration) -> Self {
        Self { most, patience, ready: Mutex::default() }
    }

    /// How many are ready and wait.
    pub(super) fn len(&self) -> usize {
        self.ready().len()
    }

    /// Takes one that is ready, where there is any, and lets all go when they are enough, or more than those whose work waits, as the
    /// threads have something to do while those come back; or when another piece of work that takes as long would be too long for
    /// the first of them. How many wait is asked only once the answer is here, so that whoever ends last sees all answers.
    pub(super) fn join(
        &self,
        answer: Option<Answer>,
        (began, ended): (Instant, Instant),
        waiting: impl FnOnce() -> usize,
    ) {
        let mut ready = self.ready();
        ready.extend(answer.map(|answer| (ended, answer)));
        let next = ended + ended.saturating_duration_since(began);
        let is_in_time = ready.first().is_none_or(|(first, _)| next.saturating_duration_since(*first) <= self.patience);
        if !(is_in_time && ready.len() < self.most && ready.len() <= waiting()) {
            tell(ready);
        }
    }

    /// Lets all go, before work of which nobody knows how long it takes.
    pub(super) fn part(&self) {
        tell(self.ready());
    }

    fn ready(&self) -> MutexGuard<'_, Vec<(Instant, Answer)>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells all of them, through the first.
fn tell(mut ready: MutexGuard<'_, Vec<(Instant, Answer)>>) {
    let all = std::mem::take(&mut *ready);
    drop(ready);
    let mut all = all.into_iter().map(|(_, answer)| answer);
    let Some(first) = all.next() else { return };
    let others = Others(all.collect());
    let _ = catch_unwind(AssertUnwindSafe(|| first(others)));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    const WORK: Duration = Duration::from_millis(20);

    fn answer(told: &Sender<usize>, number: usize) -> Answer {
        let told = told.clone();
        Box::new(move |_others| told.send(number).expect("somebody listens"))
    }

    /// The answers of so many pieces of work that end one after the other, as many waiting after each as is said: which were told
    /// after each.
    fn told(cohort: &Cohort, waiting: &[usize]) -> Vec<usize> {
        let (tells, told) = channel();
        let start = Instant::now();
        let after = |(number, waiting): (usize, &usize)| {
            let began = start + WORK * u32::try_from(number).expect("few");
            cohort.join(Some(answer(&tells, number)), (began, began + WORK), || *waiting);
            told.try_iter().count()
        };
        waiting.iter().enumerate().map(after).collect()
    }

    #[test]
    fn answers_go_when_more_are_ready_than_wait_or_enough() {
        const LONG: Duration = Duration::from_mins(1);
        for (most, waiting, expected) in [
            (4, &[0, 0][..], &[1, 1][..]),
            (4, &[1, 0], &[0, 2]),
            (4, &[2, 1, 1, 0], &[0, 2, 0, 2]),
            (4, &[9, 9, 9, 9, 9], &[0, 0, 0, 4, 0]),
            (8, &[5, 4, 3, 2, 1], &[0, 0, 0, 4, 0]),
            (1, &[9, 9], &[1, 1]),
        ] {
            assert_eq!(told(&Cohort::of(most, LONG), waiting), expected, "{most} {waiting:?}");
        }
    }

    /// Work that takes long makes nobody else's answer late.
    #[test]
    fn no_answer_is_kept_for_long() {
        assert_eq!(told(&Cohort::of(8, WORK), &[9, 9, 9]), [0, 2, 0]);
        assert_eq!(told(&Cohort::of(8, WORK / 2), &[9, 9, 9]), [1, 1, 1]);
        let cohort = Cohort::of(8, WORK * 2);
        assert_eq!(told(&cohort, &[9, 9]), [0, 0]);
        assert_eq!(cohort.len(), 2);
        cohort.part();
        assert_eq!(cohort.len(), 0);
    }

    /// Whoever is told first tells the others, or whoever finds that nobody is there, and one that panics harms no other.
    #[test]
    fn all_are_told_whoever_of_them_has_gone() {
        let (tells, told) = channel();
        let (cohort, now) = (Cohort::of(8, WORK), Instant::now());
        let (hands_on, given) = channel();
        let first: Answer = Box::new(move |others| hands_on.send(others).expect("it is there"));
        cohort.join(Some(first), (now, now), || 9);
        cohort.join(Some(answer(&tells, 1)), (now, now), || 9);
        cohort.join(Some(Box::new(|_| panic!("on purpose"))), (now, now), || 9);
        cohort.join(Some(answer(&tells, 3)), (now, now), || 0);
        assert_eq!(told.try_iter().count(), 0, "the first has them");
        drop(given);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 3]);
    }
}
