//! Answers that go out together: a hash leaves nothing else in the processor's caches, so what follows it is slow for the first who
//! goes on and quick for those right behind. Must not keep an answer back when nobody's work is to come that would let it go.

use std::sync::{Mutex, PoisonError};

/// What tells somebody their answer.
pub(super) type Answer = Box<dyn FnOnce() + Send>;

/// Answers that wait for each other.
pub(super) struct Cohort {
    most: usize,
    held: Mutex<Vec<Answer>>,
}

impl Cohort {
    /// Of so many at most.
    pub(super) fn of(most: usize) -> Self {
        Self { most, held: Mutex::default() }
    }

    /// Takes one that is ready, where there is any, and lets all go when they are enough, or more than those whose work waits: the
    /// threads have something to do while those come back. How many wait is asked only once the answer is here, so that whoever
    /// ends last sees all answers.
    pub(super) fn join(&self, answer: Option<Answer>, waiting: impl FnOnce() -> usize) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend(answer);
        if held.len() < self.most && held.len() <= waiting() {
            return;
        }
        let all = std::mem::take(&mut *held);
        drop(held);
        for answer in all {
            answer();
        }
    }
}
