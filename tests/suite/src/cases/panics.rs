//! Panics of threads, and who learns of them.

use std::panic::{catch_unwind, panic_any, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::api::thread::{self, Builder};
use crate::case::cases;
use crate::support::{Bomb, Drops, message, until};

cases!("panics":
    the_joiner_gets_the_message,
    others_go_on,
    is_finished,
    nobody_joins;
    unwinding: a_payload_is_dropped_once,
    resumed_payloads,
    caught_in_the_thread,
    panicking_while_it_unwinds,
    what_it_owned_is_dropped,
    a_destructor_of_what_it_owns,
    a_destructor_that_catches,
    a_result_is_dropped_by_the_joiner,
);

fn the_joiner_gets_the_message() {
    let payload = thread::spawn(|| -> u8 { panic!("literal") }).join().unwrap_err();
    assert_eq!(message(&*payload), "literal");
    let number = 3;
    let payload = thread::spawn(move || -> u8 { panic!("number {number}") })
        .join()
        .unwrap_err();
    assert_eq!(message(&*payload), "number 3");
    let named = Builder::new().name("named".to_owned()).spawn(|| assert_eq!(1, 2));
    let text = message(&*named.unwrap().join().unwrap_err());
    assert!(text.contains("left: 1") && text.contains("right: 2"), "{text}");
}

fn others_go_on() {
    let threads: Vec<_> = (0..6)
        .map(|number| thread::spawn(move || assert!(number % 2 == 0, "odd")))
        .collect();
    for (number, thread) in threads.into_iter().enumerate() {
        assert_eq!(thread.join().is_ok(), number % 2 == 0);
    }
    assert_eq!(thread::spawn(|| 1).join().unwrap(), 1);
}

fn is_finished() {
    let thread = thread::spawn(|| panic!("finished"));
    until(|| thread.is_finished());
    assert_eq!(message(&*thread.join().unwrap_err()), "finished");
}

fn nobody_joins() {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&flag);
    drop(thread::spawn(move || {
        theirs.store(true, Ordering::Release);
        panic!("nobody joins");
    }));
    until(|| flag.load(Ordering::Acquire));
    assert_eq!(thread::spawn(|| 2).join().unwrap(), 2);
}

fn a_payload_is_dropped_once() {
    let drops = Drops::default();
    let value = drops.value();
    let payload = thread::spawn(move || panic_any(value)).join().unwrap_err();
    assert_eq!(drops.count(), 0);
    drop(payload);
    assert_eq!(drops.count(), 1);
    let value = drops.value();
    drop(thread::spawn(move || panic_any(value)));
    until(|| drops.count() == 2);
}

fn resumed_payloads() {
    let thread = thread::spawn(|| {
        let inner = thread::spawn(|| panic_any(11_u64)).join().unwrap_err();
        resume_unwind(inner)
    });
    let payload = thread.join().unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&11_u64));
}

fn caught_in_the_thread() {
    let thread = thread::spawn(|| {
        let payload = catch_unwind(|| panic_any(1_u8)).unwrap_err();
        (*payload.downcast::<u8>().unwrap(), thread::panicking())
    });
    assert_eq!(thread.join().unwrap(), (1, false));
}

fn panicking_while_it_unwinds() {
    struct Looks(Arc<AtomicBool>);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.0.store(thread::panicking(), Ordering::Relaxed);
        }
    }
    for panics in [false, true] {
        let seen = Arc::new(AtomicBool::new(!panics));
        let looks = Looks(Arc::clone(&seen));
        let thread = thread::spawn(move || {
            let _looks = looks;
            assert!(!panics, "on purpose");
        });
        assert_eq!(thread.join().is_err(), panics);
        assert_eq!(seen.load(Ordering::Relaxed), panics);
    }
}

fn what_it_owned_is_dropped() {
    let drops = Drops::default();
    let (capture, local) = (drops.value(), drops.value());
    let thread = thread::spawn(move || {
        let _local = local;
        let _more = [drops.value(), drops.value()];
        let _capture = &capture;
        resume_unwind(Box::new(drops.clone()))
    });
    let payload = thread.join().unwrap_err();
    assert_eq!(payload.downcast::<Drops>().unwrap().count(), 4);
}

fn a_destructor_of_what_it_owns() {
    let bomb = Bomb("the capture's");
    let payload = thread::spawn(move || drop(bomb)).join().unwrap_err();
    assert_eq!(message(&*payload), "the capture's");
    // Dropped at the end of the closure, after its value is there.
    let bomb = Bomb("too late");
    let thread = thread::spawn(move || {
        let _bomb = bomb;
        1
    });
    assert_eq!(message(&*thread.join().unwrap_err()), "too late");
}

fn a_destructor_that_catches() {
    struct Catches;
    impl Drop for Catches {
        fn drop(&mut self) {
            assert!(catch_unwind(|| panic!("inner")).is_err());
        }
    }
    let thread = thread::spawn(|| {
        let _catches = Catches;
        panic!("outer");
    });
    assert_eq!(message(&*thread.join().unwrap_err()), "outer");
}

fn a_result_is_dropped_by_the_joiner() {
    let result = thread::spawn(|| Bomb("the result's")).join();
    assert_eq!(crate::support::panic_of(|| drop(result)), "the result's");
}
