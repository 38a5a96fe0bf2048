//! Condition variables.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::api::sync::{Condvar, Mutex};
use crate::api::thread;
use crate::case::cases;

cases!("condvar":
    notify_one_wakes,
    notify_all_wakes_all,
    each_notification_wakes_someone,
    a_predicate_that_is_false_already,
    a_predicate_is_waited_for,
    notifications_are_not_kept,
    a_timeout_of_nothing,
    a_timeout_passes,
    the_longest_timeout_ends_with_a_notification,
    a_predicate_within_the_time,
    a_predicate_that_stays,
    the_mutex_is_free_during_the_wait,
    a_bounded_queue,
    statics_and_debug_output;
    unwinding: a_poison_reaches_who_waits,
);

type Pair<T> = Arc<(Mutex<T>, Condvar)>;

fn pair<T>(value: T) -> Pair<T> {
    Arc::new((Mutex::new(value), Condvar::new()))
}

fn notify_one_wakes() {
    let pair = pair(false);
    let theirs = Arc::clone(&pair);
    let thread = thread::spawn(move || {
        *theirs.0.lock().unwrap() = true;
        theirs.1.notify_one();
    });
    let mut guard = pair.0.lock().unwrap();
    while !*guard {
        guard = pair.1.wait(guard).unwrap();
    }
    drop(guard);
    thread.join().unwrap();
}

/// Starts threads that each wait until there is a turn for them, and returns when all of them do wait.
fn waiting(pair: &Pair<(usize, usize)>, threads: usize) -> Vec<thread::JoinHandle<()>> {
    let started = (0..threads)
        .map(|_| {
            let pair = Arc::clone(pair);
            thread::spawn(move || {
                let mut guard = pair.0.lock().unwrap();
                guard.0 += 1;
                let mut guard = pair.1.wait_while(guard, |(_, turns)| *turns == 0).unwrap();
                guard.1 -= 1;
            })
        })
        .collect();
    // A thread counts itself with the mutex held, which it gives up only by waiting.
    crate::support::until(|| pair.0.lock().unwrap().0 == threads);
    started
}

fn notify_all_wakes_all() {
    let pair = pair((0, 0));
    let threads = waiting(&pair, 5);
    pair.0.lock().unwrap().1 = 5;
    pair.1.notify_all();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*pair.0.lock().unwrap(), (5, 0));
}

fn each_notification_wakes_someone() {
    let pair = pair((0, 0));
    let threads = waiting(&pair, 4);
    for _ in 0..4 {
        pair.0.lock().unwrap().1 += 1;
        pair.1.notify_one();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*pair.0.lock().unwrap(), (4, 0));
}

fn a_predicate_that_is_false_already() {
    let pair = pair(1);
    let guard = pair.1.wait_while(pair.0.lock().unwrap(), |_| false).unwrap();
    assert_eq!(*guard, 1);
    let guard = pair
        .1
        .wait_timeout_while(guard, Duration::MAX, |_| false)
        .unwrap();
    assert!(!guard.1.timed_out());
}

fn a_predicate_is_waited_for() {
    let pair = pair(0);
    let theirs = Arc::clone(&pair);
    let thread = thread::spawn(move || {
        for _ in 0..50 {
            *theirs.0.lock().unwrap() += 1;
            theirs.1.notify_all();
        }
    });
    let guard = pair.1.wait_while(pair.0.lock().unwrap(), |count| {
        *count += 100;
        *count % 100 < 50
    });
    assert_eq!(
        *guard.unwrap() % 100,
        50,
        "the predicate may change what it looks at"
    );
    thread.join().unwrap();
}

fn notifications_are_not_kept() {
    let pair = pair(());
    pair.1.notify_one();
    pair.1.notify_all();
    let guard = pair.0.lock().unwrap();
    // Nobody notifies from here on, so that the predicate, which never changes, is waited for until the end.
    let (_guard, result) = pair
        .1
        .wait_timeout_while(guard, Duration::from_millis(2), |()| true)
        .unwrap();
    assert!(result.timed_out());
}

fn a_timeout_of_nothing() {
    let pair = pair(3);
    let (guard, result) = pair
        .1
        .wait_timeout_while(pair.0.lock().unwrap(), Duration::ZERO, |_| true)
        .unwrap();
    assert!(result.timed_out());
    let (guard, result) = pair
        .1
        .wait_timeout_while(guard, Duration::ZERO, |_| false)
        .unwrap();
    assert!(!result.timed_out());
    let (guard, _) = pair.1.wait_timeout(guard, Duration::ZERO).unwrap();
    assert_eq!(*guard, 3);
    assert!(pair.0.try_lock().is_err(), "the mutex is held again");
}

fn a_timeout_passes() {
    let pair = pair(());
    let mut guard = pair.0.lock().unwrap();
    loop {
        let (again, result) = pair.1.wait_timeout(guard, Duration::from_micros(500)).unwrap();
        guard = again;
        // Waking without a reason is allowed, for a while.
        if result.timed_out() {
            break;
        }
    }
}

fn the_longest_timeout_ends_with_a_notification() {
    let pair = pair((0, 0));
    let theirs = Arc::clone(&pair);
    let thread = thread::spawn(move || {
        let mut guard = theirs.0.lock().unwrap();
        guard.0 = 1;
        while guard.1 == 0 {
            let result;
            (guard, result) = theirs.1.wait_timeout(guard, Duration::MAX).unwrap();
            assert!(!result.timed_out());
        }
    });
    crate::support::until(|| pair.0.lock().unwrap().0 == 1);
    pair.0.lock().unwrap().1 = 1;
    pair.1.notify_one();
    thread.join().unwrap();
}

fn a_predicate_within_the_time() {
    let pair = pair(false);
    let theirs = Arc::clone(&pair);
    let thread = thread::spawn(move || {
        *theirs.0.lock().unwrap() = true;
        theirs.1.notify_one();
    });
    let (guard, result) = pair
        .1
        .wait_timeout_while(pair.0.lock().unwrap(), Duration::from_secs(1_000_000), |ready| {
            !*ready
        })
        .unwrap();
    assert_eq!((*guard, result.timed_out()), (true, false));
    drop(guard);
    thread.join().unwrap();
}

fn a_predicate_that_stays() {
    let pair = pair(false);
    let (guard, result) = pair
        .1
        .wait_timeout_while(pair.0.lock().unwrap(), Duration::from_millis(1), |ready| !*ready)
        .unwrap();
    assert_eq!((*guard, result.timed_out()), (false, true));
    assert_eq!(format!("{result:?}"), "WaitTimeoutResult(true)");
    assert_eq!(result, result.clone());
}

fn the_mutex_is_free_during_the_wait() {
    let pair = pair((0, 0));
    let thread = waiting(&pair, 1);
    // `waiting` itself shows it: it has locked the mutex while the thread waits.
    let mut guard = pair.0.try_lock().expect("nobody holds it");
    guard.1 = 1;
    pair.1.notify_one();
    assert_eq!(guard.1, 1, "who is woken waits for the mutex");
    drop(guard);
    thread.into_iter().for_each(|thread| thread.join().unwrap());
}

fn a_bounded_queue() {
    struct Queue {
        items: Mutex<VecDeque<u32>>,
        filled: Condvar,
        emptied: Condvar,
    }
    const ITEMS: u32 = 500;
    let queue = Arc::new(Queue {
        items: Mutex::default(),
        filled: Condvar::default(),
        emptied: Condvar::default(),
    });
    let producers: Vec<_> = (0..2)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                for item in 1..=ITEMS {
                    let items = queue.items.lock().unwrap();
                    let mut items = queue.emptied.wait_while(items, |items| items.len() > 2).unwrap();
                    items.push_back(item);
                    queue.filled.notify_one();
                }
            })
        })
        .collect();
    let consumers: Vec<_> = (0..2)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let mut sum = 0;
                for _ in 0..ITEMS {
                    let items = queue.items.lock().unwrap();
                    let mut items = queue.filled.wait_while(items, |items| items.is_empty()).unwrap();
                    sum += items.pop_front().expect("not empty");
                    queue.emptied.notify_one();
                }
                sum
            })
        })
        .collect();
    producers.into_iter().for_each(|thread| thread.join().unwrap());
    let sum: u32 = consumers.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, ITEMS * (ITEMS + 1));
}

fn statics_and_debug_output() {
    static PAIR: (Mutex<u8>, Condvar) = (Mutex::new(0), Condvar::new());
    *PAIR.0.lock().unwrap() = 0;
    let thread = thread::spawn(|| {
        *PAIR.0.lock().unwrap() = 1;
        PAIR.1.notify_all();
    });
    drop(
        PAIR.1
            .wait_while(PAIR.0.lock().unwrap(), |value| *value == 0)
            .unwrap(),
    );
    thread.join().unwrap();
    assert_eq!(format!("{:?}", PAIR.1), "Condvar { .. }");
}

fn a_poison_reaches_who_waits() {
    let pair = pair((false, false));
    let theirs = Arc::clone(&pair);
    let thread = thread::spawn(move || {
        let mut guard = theirs.0.lock().unwrap();
        guard.0 = true;
        let error = theirs.1.wait_while(guard, |(_, done)| !*done).unwrap_err();
        assert!(error.into_inner().1, "the guard is inside");
    });
    crate::support::until(|| pair.0.lock().unwrap().0);
    let theirs = Arc::clone(&pair);
    let result = thread::spawn(move || {
        let mut guard = theirs.0.lock().unwrap();
        guard.1 = true;
        theirs.1.notify_all();
        panic!("with the lock held");
    })
    .join();
    assert!(result.is_err());
    thread.join().unwrap();
    let error = pair
        .1
        .wait_timeout(pair.0.lock().unwrap_err().into_inner(), Duration::ZERO);
    assert!(error.is_err());
}
