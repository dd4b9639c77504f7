//! Turns: batches are made by several threads and taken one by one, in the order of reading. The
//! thread that brings the batch whose turn it is takes that one and those that wait behind it; the
//! others leave theirs and go on matching.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

use super::deliver::lock;

/// Batches that wait for their turn, `B` each.
pub(super) struct Turns<B> {
    state: Mutex<State<B>>,
    changed: Condvar,
    /// How many batches may wait: a thread that is further ahead waits itself, so that memory is
    /// bounded.
    limit: u64,
}

struct State<B> {
    waiting: BTreeMap<u64, B>,
    next: u64,
    /// A thread is taking batches.
    is_taking: bool,
    is_over: bool,
}

impl<B> Turns<B> {
    /// No batch waits; the first to be taken has the number 0.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: BTreeMap::new(),
                next: 0,
                is_taking: false,
                is_over: false,
            }),
            changed: Condvar::new(),
            limit,
        }
    }

    /// Brings a batch. `take` is called with each batch whose turn it is, by one thread at a time,
    /// and says whether to go on. Returns whether to bring more.
    pub(super) fn bring(&self, number: u64, batch: B, mut take: impl FnMut(B) -> bool) -> bool {
        let mut state = lock(&self.state);
        while number > state.next + self.limit && !state.is_over {
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.insert(number, batch);
        if state.is_taking {
            return !state.is_over;
        }
        state.is_taking = true;
        while !state.is_over {
            let next = state.next;
            let Some(batch) = state.waiting.remove(&next) else {
                break;
            };
            state.next += 1;
            drop(state);
            let goes_on = take(batch);
            state = lock(&self.state);
            state.is_over |= !goes_on;
            self.changed.notify_all();
        }
        state.is_taking = false;
        !state.is_over
    }

    /// No more batch is taken, and no thread waits.
    pub(super) fn end(&self) {
        lock(&self.state).is_over = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;
    use crate::scan::threads;

    /// What is taken when threads bring the numbers up to `count`, and `take` says how far to go.
    fn taken(threads: usize, count: u64, last: u64) -> Vec<u64> {
        let turns = Turns::new(3);
        let (given, taken) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        let is_taking = AtomicBool::new(false);
        let work = || {
            loop {
                let number = given.fetch_add(1, Ordering::SeqCst);
                if number >= count {
                    return;
                }
                if number % 7 == 3 {
                    std::thread::yield_now();
                }
                let goes_on = turns.bring(number, number, |batch| {
                    assert!(!is_taking.swap(true, Ordering::SeqCst), "two at a time");
                    lock(&taken).push(batch);
                    assert!(is_taking.swap(false, Ordering::SeqCst));
                    batch < last
                });
                if !goes_on {
                    return;
                }
            }
        };
        threads::run(threads, work, || turns.end());
        taken.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    #[test]
    fn every_batch_is_taken_in_order_for_any_number_of_threads() {
        for threads in 1..=5 {
            for count in [0, 1, 2, 10, 500] {
                let all: Vec<u64> = (0..count).collect();
                assert_eq!(taken(threads, count, u64::MAX), all, "{threads} {count}");
            }
        }
    }

    #[test]
    fn nothing_is_taken_after_the_end() {
        for threads in 1..=5 {
            let until: Vec<u64> = (0..=20).collect();
            assert_eq!(taken(threads, 500, 20), until, "{threads}");
        }
    }

    #[test]
    fn a_thread_that_waits_ends_with_the_others() {
        let turns = Turns::new(1);
        let goes_on = std::thread::scope(|scope| {
            let waits = scope.spawn(|| turns.bring(5, (), |()| true));
            turns.end();
            waits.join()
        });
        assert_eq!(goes_on.ok(), Some(false));
    }
}
