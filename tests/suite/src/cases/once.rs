//! What is to happen once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::api::sync::{LazyLock, Once, OnceLock};
use crate::api::thread;
use crate::case::cases;

cases!("once":
    everybody_waits_until_it_has_happened,
    initialised_once_for_many_threads,
    waiting_for_a_value,
    a_lazy_static_for_many_threads,
);

fn everybody_waits_until_it_has_happened() {
    let shared = Arc::new((Once::new(), AtomicUsize::new(0)));
    let theirs = Arc::clone(&shared);
    shared.0.call_once(|| {
        let late = thread::spawn({
            let theirs = Arc::clone(&theirs);
            move || {
                theirs.1.store(1, Ordering::Release);
                theirs.0.call_once(|| unreachable!());
                theirs.1.load(Ordering::Relaxed)
            }
        });
        crate::support::until(|| theirs.1.load(Ordering::Acquire) == 1);
        thread::yield_now();
        assert!(!late.is_finished() && !theirs.0.is_completed());
        theirs.1.store(2, Ordering::Relaxed);
    });
    assert!(shared.0.is_completed());
}

fn initialised_once_for_many_threads() {
    let shared = Arc::new((OnceLock::new(), AtomicUsize::new(0)));
    let threads: Vec<_> = (0..6)
        .map(|number| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                *shared.0.get_or_init(|| {
                    thread::yield_now();
                    shared.1.fetch_add(1, Ordering::Relaxed);
                    number
                })
            })
        })
        .collect();
    let first = *threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect::<Vec<usize>>()
        .iter()
        .reduce(|one, other| {
            assert_eq!(one, other);
            one
        })
        .unwrap();
    assert_eq!(
        (shared.0.get(), shared.1.load(Ordering::Relaxed)),
        (Some(&first), 1)
    );
}

fn waiting_for_a_value() {
    let cell = Arc::new(OnceLock::new());
    let theirs = Arc::clone(&cell);
    let waiter = thread::spawn(move || *theirs.wait());
    thread::yield_now();
    cell.set(4).unwrap();
    assert_eq!((waiter.join().unwrap(), *cell.wait()), (4, 4));
}

fn a_lazy_static_for_many_threads() {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static LAZY: LazyLock<Vec<usize>> = LazyLock::new(|| vec![COUNT.fetch_add(1, Ordering::Relaxed)]);
    let threads: Vec<_> = (0..6).map(|_| thread::spawn(|| LAZY.as_ptr().addr())).collect();
    let address = LAZY.as_ptr().addr();
    assert!(
        threads
            .into_iter()
            .all(|thread| thread.join().unwrap() == address)
    );
    assert_eq!((COUNT.load(Ordering::Relaxed), LAZY.as_slice()), (1, &[0][..]));
}
