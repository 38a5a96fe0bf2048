//! Mutexes and their poison.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::channel;

use crate::api::sync::{Mutex, MutexGuard, TryLockError};
use crate::api::thread;
use crate::case::cases;
use crate::support::{Bomb, assert_send, assert_sync, assert_unwind_safe};

cases!("mutex":
    locked_and_unlocked,
    a_lock_is_waited_for,
    made_in_other_ways,
    trait_objects,
    a_forgotten_guard,
    debug_output,
    auto_traits;
    unwinding: a_poisoned_content_is_reachable,
    a_poison_is_cleared,
    debug_output_of_a_poisoned_one,
    the_contents_drop_panics,
);

fn locked_and_unlocked() {
    let lock = Mutex::new(1);
    let guard = lock.lock().unwrap();
    assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    drop(guard);
    *lock.try_lock().unwrap() += 1;
    assert_eq!(*lock.lock().unwrap(), 2);
    assert!(!lock.is_poisoned());
}

fn a_lock_is_waited_for() {
    let lock = Arc::new(Mutex::new(0));
    let mut guard = lock.lock().unwrap();
    let (started, wait) = channel();
    let theirs = Arc::clone(&lock);
    let thread = thread::spawn(move || {
        assert!(theirs.try_lock().is_err());
        started.send(()).unwrap();
        *theirs.lock().unwrap()
    });
    wait.recv().unwrap();
    thread::yield_now();
    *guard = 5;
    drop(guard);
    assert_eq!(thread.join().unwrap(), 5);
}

fn made_in_other_ways() {
    assert_eq!(*Mutex::<u8>::default().lock().unwrap(), 0);
    assert_eq!(*Mutex::from(3).lock().unwrap(), 3);
}

fn trait_objects() {
    let lock: Arc<Mutex<dyn FnMut() -> u8 + Send>> = Arc::new(Mutex::new({
        let mut count = 0;
        move || {
            count += 1;
            count
        }
    }));
    let theirs = Arc::clone(&lock);
    assert_eq!(
        thread::spawn(move || (theirs.lock().unwrap())()).join().unwrap(),
        1
    );
    assert_eq!((lock.lock().unwrap())(), 2);
}

fn a_forgotten_guard() {
    let mut lock = Mutex::new(1);
    std::mem::forget(lock.lock().unwrap());
    assert!(lock.try_lock().is_err());
    assert_eq!(*lock.get_mut().unwrap(), 1);
    assert_eq!(lock.into_inner().unwrap(), 1);
}

fn debug_output() {
    let lock = Mutex::new(5);
    assert_eq!(format!("{lock:?}"), "Mutex { data: 5, poisoned: false, .. }");
    let guard = lock.lock().unwrap();
    assert_eq!(
        format!("{lock:?}"),
        "Mutex { data: \"<locked>\", poisoned: false, .. }"
    );
    assert_eq!(
        (format!("{guard:?}"), format!("{guard}")),
        ("5".to_owned(), "5".to_owned())
    );
}

fn auto_traits() {
    assert_send::<Mutex<Cell<u8>>>();
    assert_sync::<Mutex<Cell<u8>>>();
    assert_sync::<MutexGuard<'_, u8>>();
    assert_unwind_safe::<Mutex<Cell<u8>>>();
}

/// A lock that was poisoned while its content was set to 2.
fn poisoned() -> Mutex<u8> {
    let lock = Arc::new(Mutex::new(1));
    let theirs = Arc::clone(&lock);
    let result = thread::spawn(move || {
        let mut guard = theirs.lock().unwrap();
        *guard = 2;
        panic!("with the lock held");
    })
    .join();
    assert!(result.is_err());
    Arc::into_inner(lock).expect("the thread has ended")
}

fn a_poisoned_content_is_reachable() {
    let mut lock = poisoned();
    assert_eq!(**lock.lock().unwrap_err().get_ref(), 2);
    *lock.lock().unwrap_err().into_inner() = 3;
    *lock.get_mut().unwrap_err().into_inner() += 1;
    // It is a lock still.
    let error = lock.lock().unwrap_err();
    assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    drop(error);
    assert_eq!(lock.into_inner().unwrap_err().into_inner(), 4);
}

fn a_poison_is_cleared() {
    let lock = poisoned();
    lock.clear_poison();
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.lock().unwrap(), 2);
}

fn debug_output_of_a_poisoned_one() {
    let lock = poisoned();
    assert_eq!(format!("{lock:?}"), "Mutex { data: 2, poisoned: true, .. }");
}

fn the_contents_drop_panics() {
    let lock = Arc::new(Mutex::new(Some(Bomb("dropped"))));
    let theirs = Arc::clone(&lock);
    let result = thread::spawn(move || *theirs.lock().unwrap() = None).join();
    assert!(result.is_err());
    assert!(lock.is_poisoned());
    assert!(lock.lock().unwrap_err().get_ref().is_none());
}
