//! Thread-locals: values, initialisation, destructors.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::LocalKey;

use crate::api::thread;
use crate::case::cases;
use crate::support::{Counted, Drops, panic_of};

cases!("tls":
    initialised_once_a_thread,
    destructors_run_before_join_returns,
    destructors_run_for_detached_threads,
    what_was_never_used_is_never_dropped,
    destructors_run_last_first,
    a_destructor_may_use_what_lives,
    a_destructor_locks_and_starts_threads,
    threads_of_a_scope;
    unwinding: with_panics_where_try_with_fails,
    destructors_run_after_a_panic,
);

fn initialised_once_a_thread() {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static VALUE: usize = COUNT.fetch_add(1, Ordering::Relaxed));
    let before = COUNT.load(Ordering::Relaxed);
    for _ in 0..3 {
        thread::spawn(|| {
            let first = VALUE.with(|value| *value);
            assert_eq!(VALUE.with(|value| *value), first);
        })
        .join()
        .unwrap();
    }
    assert_eq!(COUNT.load(Ordering::Relaxed), before + 3);
}

thread_local!(static HELD: RefCell<Option<Counted>> = const { RefCell::new(None) });

fn hold(key: &'static LocalKey<RefCell<Option<Counted>>>, value: Counted) {
    key.with(|slot| *slot.borrow_mut() = Some(value));
}

fn destructors_run_before_join_returns() {
    let drops = Drops::default();
    for number in 1..=20 {
        let value = drops.value();
        thread::spawn(|| hold(&HELD, value)).join().unwrap();
        assert_eq!(drops.count(), number);
    }
}

fn destructors_run_for_detached_threads() {
    let (sender, receiver) = channel();
    struct Tell(Sender<u8>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.send(1).unwrap();
        }
    }
    thread_local!(static TELL: RefCell<Option<Tell>> = const { RefCell::new(None) });
    drop(thread::spawn(|| TELL.set(Some(Tell(sender)))));
    assert_eq!(receiver.recv(), Ok(1));
    assert!(receiver.recv().is_err());
}

fn what_was_never_used_is_never_dropped() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Never;
    impl Drop for Never {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }
    thread_local!(static NEVER: Never = const { Never });
    thread::spawn(|| ()).join().unwrap();
    assert_eq!(DROPS.load(Ordering::Relaxed), 0);
    thread::spawn(|| NEVER.with(|_| ())).join().unwrap();
    assert_ne!(DROPS.load(Ordering::Relaxed), 0);
}

/// Sends its number when it is dropped.
struct Numbered(u8, Sender<u8>);

impl Drop for Numbered {
    fn drop(&mut self) {
        self.1.send(self.0).unwrap();
    }
}

fn destructors_run_last_first() {
    thread_local! {
        static ONE: RefCell<Option<Numbered>> = RefCell::new(None);
        static TWO: RefCell<Option<Numbered>> = RefCell::new(None);
        static THREE: RefCell<Option<Numbered>> = RefCell::new(None);
    }
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for (number, key) in [(2, &TWO), (1, &ONE), (3, &THREE)] {
            key.set(Some(Numbered(number, sender.clone())));
        }
    })
    .join()
    .unwrap();
    assert!(receiver.iter().eq([3, 1, 2]));
}

fn a_destructor_may_use_what_lives() {
    thread_local! {
        static FIRST: Cell<u8> = const { Cell::new(7) };
        static SECOND: RefCell<Option<Reader>> = const { RefCell::new(None) };
    }
    struct Reader(Sender<(u8, thread::ThreadId)>);
    impl Drop for Reader {
        fn drop(&mut self) {
            self.0.send((FIRST.get(), thread::current().id())).unwrap();
        }
    }
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || {
        FIRST.set(8);
        SECOND.set(Some(Reader(sender)));
    });
    let id = thread.thread().id();
    thread.join().unwrap();
    assert!(receiver.iter().eq([(8, id)]));
}

fn a_destructor_locks_and_starts_threads() {
    use crate::api::sync::Mutex;
    static TOTAL: Mutex<u32> = Mutex::new(0);
    thread_local!(static WORKER: RefCell<Option<Works>> = const { RefCell::new(None) });
    struct Works;
    impl Drop for Works {
        fn drop(&mut self) {
            *TOTAL.lock().unwrap() += 1;
            thread::spawn(|| *TOTAL.lock().unwrap() += 10).join().unwrap();
        }
    }
    *TOTAL.lock().unwrap() = 0;
    thread::spawn(|| WORKER.set(Some(Works))).join().unwrap();
    assert_eq!(*TOTAL.lock().unwrap(), 11);
}

fn threads_of_a_scope() {
    let drops = Drops::default();
    thread::scope(|scope| {
        // Joined: a scope by itself waits for closures, not for destructors of thread-locals.
        scope.spawn(|| hold(&HELD, drops.value())).join().unwrap();
        assert_eq!(drops.count(), 1);
    });
}

fn with_panics_where_try_with_fails() {
    thread_local!(static GONE: RefCell<Option<Asks>> = RefCell::new(None));
    struct Asks(Sender<String>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.send(panic_of(|| GONE.with(|_| ()))).unwrap();
        }
    }
    let (sender, receiver) = channel();
    thread::spawn(move || GONE.set(Some(Asks(sender))))
        .join()
        .unwrap();
    let message = receiver.recv().unwrap();
    assert!(message.contains("during or after destruction"), "{message}");
}

fn destructors_run_after_a_panic() {
    let drops = Drops::default();
    let value = drops.value();
    let result = thread::spawn(|| {
        hold(&HELD, value);
        panic!("after it was set");
    })
    .join();
    assert!(result.is_err());
    assert_eq!(drops.count(), 1);
}
