//! Scoped threads.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::api::thread::{self, Builder, Scope, ScopedJoinHandle};
use crate::case::cases;
use crate::support::{Drops, assert_send, assert_sync, message, panic_of, until};

cases!("scope":
    threads_borrow,
    threads_borrow_mutably,
    the_value_of_the_closure_comes_back,
    results_come_back_through_join,
    no_threads,
    a_scope_waits_for_threads_that_nobody_joins,
    threads_start_threads_in_the_scope,
    scopes_nest,
    results_may_borrow,
    results_nobody_takes_are_dropped_in_the_scope,
    many,
    builders,
    is_finished,
    debug_output,
    auto_traits;
    unwinding: an_unjoined_panic_is_the_scopes,
    a_joined_panic_is_the_joiners,
    a_panic_of_the_closure_waits_for_the_threads,
    the_closures_panic_comes_first,
    a_payload_resumed_in_a_thread,
    what_a_panicked_thread_borrowed_is_whole,
);

fn threads_borrow() {
    let text = "borrowed".to_owned();
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| count.fetch_add(text.len(), Ordering::Relaxed));
        }
    });
    assert_eq!(count.into_inner(), 3 * text.len());
}

fn threads_borrow_mutably() {
    let mut numbers = [1, 2, 3, 4];
    let (left, right) = numbers.split_at_mut(2);
    thread::scope(|scope| {
        scope.spawn(|| left[0] += 10);
        scope.spawn(|| right[1] += 20);
    });
    assert_eq!(numbers, [11, 2, 3, 24]);
}

fn the_value_of_the_closure_comes_back() {
    let mut number = 1;
    let text = thread::scope(|scope| {
        scope.spawn(|| number = 2);
        "value"
    });
    assert_eq!((text, number), ("value", 2));
}

fn results_come_back_through_join() {
    let numbers: Vec<u64> = (1..=100).collect();
    let sum: u64 = thread::scope(|scope| {
        let threads: Vec<ScopedJoinHandle<'_, u64>> = numbers
            .chunks(30)
            .map(|part| scope.spawn(move || part.iter().sum()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(sum, 5_050);
}

fn no_threads() {
    assert_eq!(thread::scope(|_| 1), 1);
}

fn a_scope_waits_for_threads_that_nobody_joins() {
    let done = AtomicUsize::new(0);
    let gate = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                gate.wait();
                thread::yield_now();
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        // They have not even begun their work when this closure ends.
        gate.wait();
    });
    assert_eq!(done.into_inner(), 3);
}

fn threads_start_threads_in_the_scope() {
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            scope.spawn(|| {
                count.fetch_add(1, Ordering::Relaxed);
                scope.spawn(|| count.fetch_add(1, Ordering::Relaxed));
            });
            count.fetch_add(1, Ordering::Relaxed);
        });
    });
    assert_eq!(count.into_inner(), 3);
}

fn scopes_nest() {
    let mut outer = 1;
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut inner = 10;
            thread::scope(|scope| {
                scope.spawn(|| inner += 1);
            });
            outer += inner;
        });
    });
    assert_eq!(outer, 12);
}

fn results_may_borrow() {
    let text = "left right".to_owned();
    let right: &str = thread::scope(|scope| scope.spawn(|| &text[5..]).join().unwrap());
    assert_eq!(right, "right");
}

fn results_nobody_takes_are_dropped_in_the_scope() {
    let drops = Drops::default();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| drops.value());
        }
        let kept = scope.spawn(|| drops.value());
        until(|| kept.is_finished());
    });
    assert_eq!(drops.count(), 4);
}

fn many() {
    let sum = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..40 {
            let sum = &sum;
            scope.spawn(move || sum.fetch_add(number, Ordering::Relaxed));
        }
    });
    assert_eq!(sum.into_inner(), 780);
}

fn builders() {
    let text = "captured".to_owned();
    thread::scope(|scope| {
        let thread = Builder::new()
            .name("scoped".to_owned())
            .stack_size(256 * 1024)
            .spawn_scoped(scope, || (text.len(), thread::current()))
            .unwrap();
        assert_eq!(thread.thread().name(), Some("scoped"));
        let id = thread.thread().id();
        let (len, inside) = thread.join().unwrap();
        assert_eq!((len, inside.id(), inside.name()), (8, id, Some("scoped")));
    });
}

fn is_finished() {
    let gate = Barrier::new(2);
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            gate.wait();
        });
        assert!(!thread.is_finished());
        gate.wait();
        until(|| thread.is_finished());
        thread.join().unwrap();
    });
}

fn debug_output() {
    thread::scope(|scope| {
        let text = format!("{scope:?}");
        assert!(text.starts_with("Scope {") && text.ends_with(".. }"), "{text}");
        let thread = scope.spawn(|| ());
        let text = format!("{thread:?}");
        assert!(
            text.starts_with("ScopedJoinHandle {") && text.ends_with(".. }"),
            "{text}"
        );
    });
}

fn auto_traits() {
    assert_send::<&Scope<'_, '_>>();
    assert_sync::<Scope<'_, '_>>();
    assert_send::<ScopedJoinHandle<'_, Cell<u8>>>();
    assert_sync::<ScopedJoinHandle<'_, Cell<u8>>>();
}

fn an_unjoined_panic_is_the_scopes() {
    let done = AtomicUsize::new(0);
    let message = panic_of(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("not joined"));
            for _ in 0..2 {
                scope.spawn(|| done.fetch_add(1, Ordering::Relaxed));
            }
        });
    });
    assert_eq!(message, "a scoped thread panicked");
    assert_eq!(done.into_inner(), 2, "the others were waited for");
}

fn a_joined_panic_is_the_joiners() {
    let value = thread::scope(|scope| {
        let payload = scope.spawn(|| -> u8 { panic_any(5_u16) }).join().unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&5_u16));
        "and the scope goes on"
    });
    assert_eq!(value, "and the scope goes on");
}

fn a_panic_of_the_closure_waits_for_the_threads() {
    let done = AtomicUsize::new(0);
    let gate = Barrier::new(2);
    let payload = catch_unwind(AssertUnwindSafe(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                gate.wait();
                thread::yield_now();
                done.fetch_add(1, Ordering::Relaxed);
            });
            gate.wait();
            panic_any(9_i8);
        });
    }))
    .unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&9_i8));
    assert_eq!(done.into_inner(), 1);
}

fn the_closures_panic_comes_first() {
    let message = panic_of(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("the thread's"));
            panic!("the closure's");
        });
    });
    assert_eq!(message, "the closure's");
}

fn a_payload_resumed_in_a_thread() {
    thread::scope(|scope| {
        let thread = scope.spawn(|| resume_unwind(Box::new("resumed")));
        assert_eq!(message(&*thread.join().unwrap_err()), "resumed");
    });
}

fn what_a_panicked_thread_borrowed_is_whole() {
    let mut list = vec![1, 2, 3];
    let result = thread::scope(|scope| {
        scope
            .spawn(|| {
                list.push(4);
                assert!(list.is_empty(), "not empty");
            })
            .join()
    });
    assert!(result.is_err());
    assert_eq!(list, [1, 2, 3, 4]);
}
