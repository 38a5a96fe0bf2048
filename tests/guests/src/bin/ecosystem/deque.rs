//! crossbeam-deque: an injector, a worker's own queue, and thieves.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_deque::{Injector, Stealer, Worker};

const TASKS: usize = 20_000;
const WORKERS: usize = 4;

fn next(own: &Worker<usize>, injector: &Injector<usize>, others: &[Stealer<usize>]) -> Option<usize> {
    own.pop().or_else(|| {
        iter::repeat_with(|| {
            injector
                .steal_batch_and_pop(own)
                .or_else(|| others.iter().map(Stealer::steal).collect())
        })
        .find(|stolen| !stolen.is_retry())
        .and_then(crossbeam_deque::Steal::success)
    })
}

/// Every task is done once, whoever gets hold of it; a task below a limit makes another one.
pub(crate) fn steal() {
    let injector = Arc::new(Injector::new());
    let left = Arc::new(AtomicUsize::new(TASKS));
    (0..TASKS / 2).for_each(|task| injector.push(task));
    let own: Vec<Worker<usize>> = (0..WORKERS).map(|_| Worker::new_lifo()).collect();
    let stealers: Arc<[Stealer<usize>]> = own.iter().map(Worker::stealer).collect();
    let workers: Vec<_> = own
        .into_iter()
        .map(|own| {
            let (injector, stealers, left) =
                (Arc::clone(&injector), Arc::clone(&stealers), Arc::clone(&left));
            threadlink::spawn(move || {
                let mut done = Vec::new();
                while left.load(Ordering::Acquire) > 0 {
                    let Some(task) = next(&own, &injector, &stealers) else {
                        threadlink::thread::yield_now();
                        continue;
                    };
                    if task < TASKS / 2 {
                        own.push(task + TASKS / 2);
                    }
                    done.push(task);
                    left.fetch_sub(1, Ordering::AcqRel);
                }
                done
            })
        })
        .collect();
    let mut done: Vec<usize> = workers
        .into_iter()
        .flat_map(|worker| worker.join().unwrap())
        .collect();
    done.sort_unstable();
    assert!(done.into_iter().eq(0..TASKS));
}
