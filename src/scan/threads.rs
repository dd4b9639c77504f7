//! Threads that do one job together. One that unwinds ends the others, which may wait for what it
//! would have done, and what it unwound with goes on to the caller.

use std::panic::resume_unwind;

/// Runs `work` on so many threads, of which this is one. `end` ends `work` on the other threads.
pub(super) fn run(threads: usize, work: impl Fn() + Sync, end: impl Fn() + Sync) {
    let guarded = || {
        let _guard = EndOnUnwind(&end);
        work();
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(guarded)).collect();
        guarded();
        for other in others {
            if let Err(payload) = other.join() {
                resume_unwind(payload);
            }
        }
    });
}

/// Calls a function when it is dropped by a thread that unwinds.
struct EndOnUnwind<F: Fn()>(F);

impl<F: Fn()> Drop for EndOnUnwind<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_thread_that_unwinds_ends_the_others_and_says_with_what() {
        for unwinding in 0..3 {
            let (started, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
            let work = || {
                if started.fetch_add(1, Ordering::SeqCst) == unwinding {
                    resume_unwind(Box::new("lost"));
                }
                while !ended.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            };
            let end = || ended.store(true, Ordering::SeqCst);
            let payload = catch_unwind(AssertUnwindSafe(|| run(3, work, end)));
            let payload = payload.expect_err("a thread unwound");
            assert_eq!(payload.downcast_ref(), Some(&"lost"));
        }
    }
}
