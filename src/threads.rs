//! Work that is shared among the processors.
//!
//! A [`Value`](crate::value::Value) belongs to one thread, so each thread makes what it needs of texts; only what comes
//! out crosses over. Results stand in the order of the work, whoever did it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Address space of the stack of a thread.
///
/// Templates, values and charts nest as deep as Helm lets them, which is bounded by counts and not by the megabytes of
/// an ordinary stack. Only what is touched becomes memory.
pub(crate) const STACK: usize = 512 << 20;
/// The stack that is enough for all but hostile input, where the address space is limited.
pub(crate) const SMALL_STACK: usize = 64 << 20;
/// Threads for work that waits.
const WAITING: usize = 8;

/// Does `work` for each number below `count`, on all processors; the results stand in the order of the numbers.
///
/// Each thread makes a state of its own first. `done` is called on the caller's thread as each piece of work ends, in
/// any order. A panic of `work` goes on in the caller.
pub fn each<S, T: Send>(
    count: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
    done: impl FnMut(usize),
) -> Vec<T> {
    share(count, thread::available_parallelism().map_or(1, usize::from), state, work, done)
}

/// As [`each`] for work that waits more than it computes, such as for a disk or a server: more of it is begun at once.
pub fn each_waiting<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    share(count, WAITING, || (), |(), at| work(at), |_| ())
}

fn share<S, T: Send>(
    count: usize,
    most: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
    mut done: impl FnMut(usize),
) -> Vec<T> {
    let workers = most.min(count);
    let next = AtomicUsize::new(0);
    let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < count);
    let mut results: Vec<(usize, T)> = Vec::with_capacity(count);
    if workers > 1 {
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let start = |size| {
                let sender = sender.clone();
                let run = || {
                    let sender = sender;
                    let mut state = state();
                    while let Some(at) = take() {
                        // The receiver waits until the last sender is gone.
                        let _ = sender.send((at, work(&mut state, at)));
                    }
                };
                thread::Builder::new().stack_size(size).spawn_scoped(scope, run)
            };
            let threads: Vec<_> =
                (0..workers).filter_map(|_| start(STACK).or_else(|_| start(SMALL_STACK)).ok()).collect();
            drop(sender);
            for (at, result) in receiver {
                done(at);
                results.push((at, result));
            }
            for thread in threads {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
    }
    // What is left where there is one processor, or where no thread could be started.
    let mut own = None;
    while let Some(at) = take() {
        results.push((at, work(own.get_or_insert_with(&state), at)));
        done(at);
    }
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn results_stand_in_order() {
        let mut seen = 0;
        let squares = each(1000, || 0_usize, |own, at| (std::mem::replace(own, at), at * at).1, |_| seen += 1);
        assert_eq!(squares, (0..1000).map(|at| at * at).collect::<Vec<_>>());
        assert_eq!(seen, 1000);
        assert_eq!(super::each_waiting(40, |at| at + 1), (1..41).collect::<Vec<_>>());
        assert!(each(0, || (), |_, at| at, |_| ()).is_empty());
    }

    #[test]
    #[should_panic(expected = "piece 7")]
    fn a_panic_goes_on() {
        each(20, || (), |_, at| assert_ne!(at, 7, "piece 7"), |_| ());
    }
}
