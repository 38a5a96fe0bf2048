//! Read-write locks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use crate::api::sync::{Barrier, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};
use crate::api::thread;
use crate::case::cases;
use crate::support::{assert_send, assert_sync, assert_unwind_safe};

cases!("rwlock":
    readers_are_in_together,
    who_keeps_whom_out,
    a_writer_waits_for_readers,
    made_in_other_ways,
    downgrading_lets_readers_in,
    debug_output,
    auto_traits;
    unwinding: a_writers_panic_poisons,
    a_poison_is_cleared,
);

fn readers_are_in_together() {
    const READERS: usize = 4;
    let shared = Arc::new((RwLock::new(7), Barrier::new(READERS)));
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let guard = shared.0.read().unwrap();
                // Only passed if all of them hold the lock.
                shared.1.wait();
                *guard
            })
        })
        .collect();
    assert!(readers.into_iter().all(|reader| reader.join().unwrap() == 7));
}

fn who_keeps_whom_out() {
    let lock = RwLock::new(1);
    let one = lock.read().unwrap();
    let other = lock.try_read().unwrap();
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    drop(one);
    assert!(lock.try_write().is_err());
    drop(other);
    let mut writer = lock.try_write().unwrap();
    *writer = 2;
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    assert!(lock.try_write().is_err());
    drop(writer);
    assert_eq!(*lock.read().unwrap(), 2);
}

fn a_writer_waits_for_readers() {
    let lock = Arc::new(RwLock::new(0));
    let reader = lock.read().unwrap();
    let written = Arc::new(AtomicBool::new(false));
    let (started, wait) = channel();
    let (theirs, done) = (Arc::clone(&lock), Arc::clone(&written));
    let writer = thread::spawn(move || {
        started.send(()).unwrap();
        *theirs.write().unwrap() = 1;
        done.store(true, Ordering::Release);
    });
    wait.recv().unwrap();
    thread::yield_now();
    assert_eq!((*reader, written.load(Ordering::Acquire)), (0, false));
    drop(reader);
    writer.join().unwrap();
    assert_eq!(*lock.read().unwrap(), 1);
}

fn made_in_other_ways() {
    assert_eq!(*RwLock::<u8>::default().read().unwrap(), 0);
    assert_eq!(*RwLock::from("x").read().unwrap(), "x");
}

fn downgrading_lets_readers_in() {
    let lock = Arc::new(RwLock::new(0));
    let mut writer = lock.write().unwrap();
    *writer = 1;
    let theirs = Arc::clone(&lock);
    let reader = thread::spawn(move || *theirs.read().unwrap());
    thread::yield_now();
    let guard = RwLockWriteGuard::downgrade(writer);
    assert_eq!((*guard, reader.join().unwrap()), (1, 1));
    assert!(lock.try_read().is_ok());
}

fn debug_output() {
    let lock = RwLock::new(5);
    assert_eq!(format!("{lock:?}"), "RwLock { data: 5, poisoned: false, .. }");
    {
        let guard = lock.read().unwrap();
        assert_eq!(format!("{lock:?}"), "RwLock { data: 5, poisoned: false, .. }");
        assert_eq!(
            (format!("{guard:?}"), format!("{guard}")),
            ("5".into(), "5".into())
        );
    }
    let guard = lock.write().unwrap();
    assert_eq!(
        format!("{lock:?}"),
        "RwLock { data: <locked>, poisoned: false, .. }"
    );
    assert_eq!(
        (format!("{guard:?}"), format!("{guard}")),
        ("5".into(), "5".into())
    );
}

fn auto_traits() {
    assert_send::<RwLock<u8>>();
    assert_sync::<RwLock<u8>>();
    assert_sync::<RwLockReadGuard<'_, u8>>();
    assert_sync::<RwLockWriteGuard<'_, u8>>();
    assert_unwind_safe::<RwLock<std::cell::Cell<u8>>>();
}

fn panic_with<F: FnOnce(&RwLock<u8>) + Send + 'static>(f: F) -> RwLock<u8> {
    let lock = Arc::new(RwLock::new(1));
    let theirs = Arc::clone(&lock);
    assert!(thread::spawn(move || f(&theirs)).join().is_err());
    Arc::into_inner(lock).expect("the thread has ended")
}

fn a_writers_panic_poisons() {
    let mut lock = panic_with(|lock| {
        let mut guard = lock.write().unwrap();
        *guard = 2;
        panic!("writing");
    });
    assert!(lock.is_poisoned());
    assert_eq!(**lock.read().unwrap_err().get_ref(), 2);
    assert_eq!(**lock.write().unwrap_err().get_ref(), 2);
    assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
    assert_eq!(format!("{lock:?}"), "RwLock { data: 2, poisoned: true, .. }");
    assert!(lock.get_mut().is_err());
    assert_eq!(lock.into_inner().unwrap_err().into_inner(), 2);
}

fn a_poison_is_cleared() {
    let lock = panic_with(|lock| {
        let _guard = lock.write().unwrap();
        panic!("writing");
    });
    lock.clear_poison();
    assert!(lock.read().is_ok() && lock.write().is_ok());
}
