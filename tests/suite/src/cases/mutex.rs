//! Mutexes and their poison.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::channel;

use crate::api::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use crate::api::thread;
use crate::case::cases;
use crate::support::{Bomb, Drops, assert_send, assert_sync, assert_unwind_safe};

cases!("mutex":
    many_threads_add,
    locked_and_unlocked,
    a_lock_is_waited_for,
    exclusive_access,
    statics,
    unsized_content,
    trait_objects,
    content_is_dropped,
    a_forgotten_guard,
    debug_output,
    error_text,
    auto_traits;
    unwinding: a_panic_poisons,
    a_poisoned_content_is_reachable,
    a_poison_is_cleared,
    a_guard_taken_during_a_panic_does_not_poison,
    a_caught_panic_poisons_too,
    debug_output_of_a_poisoned_one,
    the_contents_drop_panics,
    error_text_of_poison,
);

fn many_threads_add() {
    let total = Arc::new(Mutex::new(0_u32));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let total = Arc::clone(&total);
            thread::spawn(move || (0..1_000).for_each(|_| *total.lock().unwrap() += 1))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*total.lock().unwrap(), 4_000);
}

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

fn exclusive_access() {
    let mut lock = Mutex::new("a".to_owned());
    lock.get_mut().unwrap().push('b');
    assert_eq!(lock.into_inner().unwrap(), "ab");
    assert_eq!(*Mutex::<u8>::default().lock().unwrap(), 0);
    assert_eq!(*Mutex::from(3).lock().unwrap(), 3);
}

fn statics() {
    static LOCK: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    LOCK.lock().unwrap().clear();
    thread::spawn(|| LOCK.lock().unwrap().push(4)).join().unwrap();
    assert_eq!(*LOCK.lock().unwrap(), [4]);
}

fn unsized_content() {
    let lock: &Mutex<[i32]> = &Mutex::new([1, 2, 3]);
    lock.lock().unwrap()[0] = 4;
    assert_eq!(*lock.lock().unwrap(), [4, 2, 3]);
    assert_eq!(
        format!("{lock:?}"),
        "Mutex { data: [4, 2, 3], poisoned: false, .. }"
    );
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

fn content_is_dropped() {
    let drops = Drops::default();
    drop(Mutex::new(drops.value()));
    drop(Mutex::new(drops.value()).into_inner());
    assert_eq!(drops.count(), 2);
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

fn error_text() {
    let error = TryLockError::<u8>::WouldBlock;
    assert_eq!(
        error.to_string(),
        "try_lock failed because the operation would block"
    );
    assert_eq!(format!("{error:?}"), "\"WouldBlock\"");
}

fn error_text_of_poison() {
    // std refuses to make one by hand where nothing can be poisoned.
    let error = PoisonError::new(1);
    assert_eq!(error.to_string(), "poisoned lock: another task failed inside");
    assert_eq!(format!("{error:?}"), "PoisonError { .. }");
    assert_eq!((*error.get_ref(), error.into_inner()), (1, 1));
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

fn a_panic_poisons() {
    let lock = poisoned();
    assert!(lock.is_poisoned() && lock.lock().is_err() && lock.is_poisoned());
    assert!(matches!(lock.try_lock(), Err(TryLockError::Poisoned(_))));
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

fn a_guard_taken_during_a_panic_does_not_poison() {
    static LOCK: Mutex<u8> = Mutex::new(0);
    struct Locks;
    impl Drop for Locks {
        fn drop(&mut self) {
            assert!(thread::panicking());
            *LOCK.lock().unwrap() += 1;
        }
    }
    *LOCK.lock().unwrap() = 0;
    let result = thread::spawn(|| {
        let _locks = Locks;
        panic!("before the lock is taken");
    })
    .join();
    assert!(result.is_err());
    assert_eq!((LOCK.is_poisoned(), *LOCK.lock().unwrap()), (false, 1));
}

fn a_caught_panic_poisons_too() {
    let lock = Mutex::new(());
    let caught = std::panic::catch_unwind(|| {
        let _guard = lock.lock().unwrap();
        panic!("caught");
    });
    assert!(caught.is_err());
    assert!(lock.is_poisoned());
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
