//! Values that come to be later: `OnceLock` and `LazyLock`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::api::sync::{LazyLock, OnceLock};
use crate::api::thread;
use crate::case::cases;
use crate::support::{Drops, assert_send, assert_sync, panic_of};

cases!("lazy":
    set_once,
    initialised_once_for_many_threads,
    waiting_for_a_value,
    taken_out_again,
    comparisons_and_copies,
    values_are_dropped,
    debug_output,
    lazy_values,
    a_lazy_static_for_many_threads,
    auto_traits;
    unwinding: an_initialiser_that_panics_may_be_tried_again,
    a_lazy_value_that_panicked_is_poisoned,
);

fn set_once() {
    let cell = OnceLock::new();
    assert_eq!(cell.get(), None);
    assert_eq!((cell.set(1), cell.set(2)), (Ok(()), Err(2)));
    assert_eq!((cell.get(), cell.get_or_init(|| 3)), (Some(&1), &1));
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

fn taken_out_again() {
    let mut cell = OnceLock::from(1);
    *cell.get_mut().unwrap() += 1;
    assert_eq!((cell.take(), cell.take(), cell.get()), (Some(2), None, None));
    cell.set(3).unwrap();
    assert_eq!(cell.into_inner(), Some(3));
}

fn comparisons_and_copies() {
    let cell = OnceLock::from("x".to_owned());
    assert_eq!(cell.clone(), cell);
    assert_ne!(cell, OnceLock::new());
    assert_eq!(OnceLock::<u8>::default(), OnceLock::new());
}

fn values_are_dropped() {
    let drops = Drops::default();
    drop(OnceLock::from(drops.value()));
    drop(OnceLock::<crate::support::Counted>::new());
    let lazy = LazyLock::new(|| drops.value());
    LazyLock::force(&lazy);
    drop(lazy);
    drop(LazyLock::new(|| drops.value()));
    assert_eq!(drops.count(), 2);
}

fn debug_output() {
    let cell = OnceLock::new();
    assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
    cell.set(3).unwrap();
    assert_eq!(format!("{cell:?}"), "OnceLock(3)");
    let lazy = LazyLock::new(|| 5);
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    assert_eq!(*lazy, 5);
    assert_eq!(format!("{lazy:?}"), "LazyLock(5)");
}

fn lazy_values() {
    let count = AtomicUsize::new(0);
    let lazy = LazyLock::new(|| count.fetch_add(1, Ordering::Relaxed) + 7);
    assert_eq!(count.load(Ordering::Relaxed), 0);
    assert_eq!((*lazy, *LazyLock::force(&lazy), *lazy), (7, 7, 7));
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert_eq!(*LazyLock::<String>::default(), "");
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

fn auto_traits() {
    assert_send::<OnceLock<u8>>();
    assert_sync::<OnceLock<u8>>();
    assert_sync::<LazyLock<u8>>();
}

fn an_initialiser_that_panics_may_be_tried_again() {
    let cell = OnceLock::new();
    assert_eq!(panic_of(|| *cell.get_or_init(|| panic!("not now"))), "not now");
    assert_eq!((cell.get(), cell.get_or_init(|| 6)), (None, &6));
}

fn a_lazy_value_that_panicked_is_poisoned() {
    let lazy: LazyLock<u8> = LazyLock::new(|| panic!("never"));
    assert_eq!(panic_of(|| *lazy), "never");
    let message = panic_of(|| *lazy);
    assert!(message.contains("poisoned"), "{message}");
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
}
