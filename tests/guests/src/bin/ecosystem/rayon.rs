//! rayon: the global pool, a pool of one's own, nested jobs, jobs inside threads of ours, and what panics do.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use rayon::prelude::*;
use threadlink::rayon::ThreadPoolBuilder;
use threadlink::thread::{available_parallelism, current};

fn fibonacci(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (one, other) = rayon::join(|| fibonacci(n - 1), || fibonacci(n - 2));
    one + other
}

fn global() {
    threadlink::rayon::build_global().unwrap();
    assert_eq!(
        rayon::current_num_threads(),
        available_parallelism().unwrap().get()
    );
    let sum: u64 = (1..=100_000_u64).into_par_iter().filter(|n| n % 3 == 0).sum();
    assert_eq!(sum, (1..=100_000).filter(|n| n % 3 == 0).sum());
    assert_eq!(fibonacci(18), 2_584, "joins nest");
    let mut words: Vec<String> = (0..5_000).map(|n| format!("{}", (n * 7919) % 5_000)).collect();
    let mut expected = words.clone();
    words.par_sort();
    expected.sort();
    assert_eq!(words, expected);
    assert!(threadlink::rayon::build_global().is_err(), "there is one already");
}

/// All threads of a pool at once, each with its name.
fn own() {
    const THREADS: usize = 5;
    let pool = ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .stack_size(128 * 1024)
        .build()
        .unwrap();
    let all = Barrier::new(THREADS);
    let names: HashSet<String> = pool
        .broadcast(|_| {
            // Nobody gets past this unless all of them run at the same time.
            all.wait();
            current().name().unwrap().to_owned()
        })
        .into_iter()
        .collect();
    assert_eq!(
        names,
        (0..THREADS).map(|index| format!("rayon {index}")).collect()
    );

    let counted = AtomicUsize::new(0);
    let mut parts = [0_usize; 64];
    pool.scope(|scope| {
        for (number, part) in parts.iter_mut().enumerate() {
            let counted = &counted;
            scope.spawn(move |scope| {
                *part = number;
                scope.spawn(|_| {
                    counted.fetch_add(1, Ordering::Relaxed);
                });
            });
        }
    });
    assert!(parts.into_iter().eq(0..64));
    assert_eq!(counted.into_inner(), 64);

    // Used by threads that belong to no pool, at the same time.
    let pool = Arc::new(pool);
    let users: Vec<_> = (0..3)
        .map(|_| {
            let pool = Arc::clone(&pool);
            threadlink::spawn(move || pool.install(|| fibonacci(15)))
        })
        .collect();
    for user in users {
        assert_eq!(user.join().unwrap(), 610);
    }
}

/// Pools come and go, and leave no memory behind: their threads end by themselves.
fn many() {
    let ended = Arc::new(AtomicUsize::new(0));
    for round in 1..=50 {
        let counter = Arc::clone(&ended);
        let pool = ThreadPoolBuilder::new()
            .num_threads(2)
            .exit_handler(move |_| {
                counter.fetch_add(1, Ordering::Release);
            })
            .build()
            .unwrap();
        assert_eq!(pool.install(|| fibonacci(5)), 5);
        drop(pool);
        while ended.load(Ordering::Acquire) < 2 * round {
            threadlink::thread::yield_now();
        }
    }
    let stats = threadlink::thread::stats();
    assert!(stats.blocks < 40, "{stats:?}");
}

pub(crate) fn all() {
    global();
    own();
    many();
    assert_eq!(threadlink::thread::stats().leaked_blocks, 0);
}

/// What rayon does if nobody tells it how to start threads.
pub(crate) fn untold() {
    let main = current().id();
    let elsewhere = (0..1_000)
        .into_par_iter()
        .filter(|_| current().id() != main)
        .count();
    threadlink::println!(
        "{} threads, {elsewhere} items elsewhere",
        rayon::current_num_threads()
    );
}

/// In a build that unwinds.
pub(crate) fn panic() {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        pool.install(|| rayon::join(|| fibonacci(10), || panic_any(7_u8)))
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&7_u8));
    let caught = catch_unwind(AssertUnwindSafe(|| {
        pool.install(|| {
            (0..100)
                .into_par_iter()
                .for_each(|n| assert_ne!(n, 70, "seventy"));
        });
    }));
    let message = caught.unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().contains("seventy"));
    assert_eq!(pool.install(|| fibonacci(10)), 55, "the pool goes on");
}

/// In a build that does not unwind: never returns.
pub(crate) fn death() {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| rayon::join(|| (), die));
}

fn die() {
    panic!("a job died");
}
