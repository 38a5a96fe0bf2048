//! Programs in each of which two accesses race, whatever the schedule.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Barrier, Mutex, RwLock};
use std::thread;

use super::shared::Shared;

pub(super) const PROGRAMS: &[(&str, fn())] = &[
    ("plain", plain),
    ("static-mut", static_mut),
    ("relaxed-flag", relaxed_flag),
    ("relaxed-acquire", relaxed_acquire),
    ("release-relaxed", release_relaxed),
    ("fence-missing", fence_missing),
    ("broken-release", broken_release),
    ("two-mutexes", two_mutexes),
    ("read-lock-writes", read_lock_writes),
    ("arc-relaxed", arc_relaxed),
    ("barrier-late", barrier_late),
    ("raw-pointer", raw_pointer),
    ("stack-variable", stack_variable),
    ("atomic-and-plain", atomic_and_plain),
    ("sequence-lock", sequence_lock),
    ("detached", detached),
    ("published-box", published_box),
];

fn plain() {
    static VALUE: Shared<u32> = Shared::new(0);
    let other = thread::spawn(|| VALUE.set(1));
    VALUE.set(2);
    other.join().unwrap();
}

#[allow(static_mut_refs)]
fn static_mut() {
    static mut COUNT: [u64; 4] = [0; 4];
    // SAFETY: none, on purpose.
    let other = thread::spawn(|| unsafe { (&raw mut COUNT[2]).write_volatile(1) });
    // SAFETY: none, on purpose.
    let seen = unsafe { (&raw const COUNT[2]).read_volatile() };
    other.join().unwrap();
    assert!(seen < 2);
}

/// Hands a value over by a flag with these orderings.
fn by_flag(store: Ordering, load: Ordering) {
    static VALUE: Shared<u32> = Shared::new(0);
    static FLAG: AtomicBool = AtomicBool::new(false);
    let other = thread::spawn(move || {
        VALUE.set(7);
        FLAG.store(true, store);
    });
    while !FLAG.load(load) {
        thread::yield_now();
    }
    assert_eq!(VALUE.get(), 7);
    other.join().unwrap();
}

fn relaxed_flag() {
    by_flag(Ordering::Relaxed, Ordering::Relaxed);
}

fn relaxed_acquire() {
    by_flag(Ordering::Relaxed, Ordering::Acquire);
}

fn release_relaxed() {
    by_flag(Ordering::Release, Ordering::Relaxed);
}

fn fence_missing() {
    static VALUE: Shared<u32> = Shared::new(0);
    static FLAG: AtomicBool = AtomicBool::new(false);
    let other = thread::spawn(|| {
        VALUE.set(7);
        fence(Ordering::Release);
        FLAG.store(true, Ordering::Relaxed);
    });
    while !FLAG.load(Ordering::Relaxed) {
        thread::yield_now();
    }
    assert_eq!(VALUE.get(), 7);
    other.join().unwrap();
}

/// A relaxed store ends what a release store of another thread has begun.
fn broken_release() {
    static VALUE: Shared<u32> = Shared::new(0);
    static FLAG: AtomicU32 = AtomicU32::new(0);
    let first = thread::spawn(|| {
        VALUE.set(7);
        FLAG.store(1, Ordering::Release);
    });
    let second = thread::spawn(|| {
        while FLAG.load(Ordering::Relaxed) != 1 {
            thread::yield_now();
        }
        FLAG.store(2, Ordering::Relaxed);
    });
    while FLAG.load(Ordering::Relaxed) != 2 {
        thread::yield_now();
    }
    assert_eq!(FLAG.load(Ordering::Acquire), 2);
    assert_eq!(VALUE.get(), 7);
    first.join().unwrap();
    second.join().unwrap();
}

fn two_mutexes() {
    static VALUE: Shared<u32> = Shared::new(0);
    static ONE: Mutex<()> = Mutex::new(());
    static OTHER: Mutex<()> = Mutex::new(());
    let other = thread::spawn(|| {
        let _held = ONE.lock().unwrap();
        VALUE.set(VALUE.get() + 1);
    });
    {
        let _held = OTHER.lock().unwrap();
        VALUE.set(VALUE.get() + 1);
    }
    other.join().unwrap();
}

fn read_lock_writes() {
    static VALUE: Shared<u32> = Shared::new(0);
    static LOCK: RwLock<()> = RwLock::new(());
    static STEP: AtomicU32 = AtomicU32::new(0);
    let until = |step| {
        while STEP.load(Ordering::Relaxed) != step {
            thread::yield_now();
        }
    };
    let other = thread::spawn(move || {
        let _held = LOCK.read().unwrap();
        VALUE.set(1);
        STEP.store(1, Ordering::Relaxed);
        until(2);
    });
    until(1);
    {
        let _held = LOCK.read().unwrap();
        VALUE.set(2);
        STEP.store(2, Ordering::Relaxed);
    }
    other.join().unwrap();
}

/// A count of references whose last one does not see what the others have done.
fn arc_relaxed() {
    struct Counted {
        count: AtomicUsize,
        value: Shared<u32>,
    }
    fn release(counted: *mut Counted) {
        // SAFETY: whoever gets here has one of the references.
        let counted = unsafe {
            (*counted).value.get();
            if (*counted).count.fetch_sub(1, Ordering::Relaxed) != 1 {
                return;
            }
            Box::from_raw(counted)
        };
        drop(counted);
    }
    let counted = Box::into_raw(Box::new(Counted {
        count: AtomicUsize::new(2),
        value: Shared::new(1),
    }));
    let shared = AtomicPtr::new(counted);
    thread::scope(|scope| {
        scope.spawn(|| release(shared.load(Ordering::Relaxed)));
        release(shared.load(Ordering::Relaxed));
    });
}

fn barrier_late() {
    static VALUE: Shared<u32> = Shared::new(0);
    let barrier = Arc::new(Barrier::new(2));
    let other = barrier.clone();
    let other = thread::spawn(move || {
        other.wait();
        VALUE.set(1);
    });
    barrier.wait();
    VALUE.set(2);
    other.join().unwrap();
}

fn raw_pointer() {
    let mut values = vec![0_u16; 64];
    let pointer = AtomicPtr::new(values.as_mut_ptr());
    thread::scope(|scope| {
        let middle = || {
            // SAFETY: inside the vector.
            let at = unsafe { pointer.load(Ordering::Relaxed).add(31) };
            // SAFETY: none, on purpose.
            unsafe { at.write_volatile(at.read_volatile() + 1) };
        };
        scope.spawn(middle);
        scope.spawn(middle);
    });
}

fn stack_variable() {
    let value = Shared::new(0_u8);
    thread::scope(|scope| {
        scope.spawn(|| value.set(1));
        scope.spawn(|| value.get());
    });
}

fn atomic_and_plain() {
    static VALUE: AtomicU32 = AtomicU32::new(0);
    let other = thread::spawn(|| VALUE.store(1, Ordering::Release));
    // SAFETY: the pointer is valid; that somebody writes atomically does not help.
    let seen = unsafe { VALUE.as_ptr().read_volatile() };
    other.join().unwrap();
    assert!(seen < 2);
}

/// With plain data, a sequence lock is a race, though it finds out that it was one.
fn sequence_lock() {
    static SEQUENCE: AtomicU32 = AtomicU32::new(0);
    static VALUE: Shared<u64> = Shared::new(0);
    let other = thread::spawn(|| {
        SEQUENCE.store(1, Ordering::Relaxed);
        fence(Ordering::Release);
        VALUE.set(5);
        SEQUENCE.store(2, Ordering::Release);
    });
    let before = SEQUENCE.load(Ordering::Acquire);
    let value = VALUE.get();
    fence(Ordering::Acquire);
    let after = SEQUENCE.load(Ordering::Relaxed);
    if before == after && before == 2 {
        assert_eq!(value, 5);
        // The other order of the two is no race: let there be one all the same.
        VALUE.set(6);
    }
    other.join().unwrap();
    if before != 2 {
        return;
    }
    let last = thread::spawn(|| VALUE.set(7));
    VALUE.get();
    last.join().unwrap();
}

/// Nobody waits for the end of a thread but by a relaxed flag; that its stack is used again orders nothing.
fn detached() {
    static VALUE: Shared<u32> = Shared::new(0);
    static DONE: AtomicBool = AtomicBool::new(false);
    drop(thread::spawn(|| {
        VALUE.set(1);
        DONE.store(true, Ordering::Relaxed);
    }));
    while !DONE.load(Ordering::Relaxed) {
        thread::yield_now();
    }
    for _ in 0..4 {
        thread::spawn(|| ()).join().unwrap();
    }
    assert_eq!(VALUE.get(), 1);
}

/// The allocation itself, zeroed by the allocator, is what races.
fn published_box() {
    static PLACE: AtomicPtr<[u64; 8]> = AtomicPtr::new(std::ptr::null_mut());
    let other = thread::spawn(|| {
        let zeroed = vec![0_u64; 8].into_boxed_slice();
        let zeroed: Box<[u64; 8]> = zeroed.try_into().unwrap();
        PLACE.store(Box::into_raw(zeroed), Ordering::Relaxed);
    });
    let mut place = PLACE.load(Ordering::Relaxed);
    while place.is_null() {
        thread::yield_now();
        place = PLACE.load(Ordering::Relaxed);
    }
    // SAFETY: it was a box; that nothing orders this is the point.
    let seen = unsafe { (&raw const (*place)[5]).read_volatile() };
    assert_eq!(seen, 0);
    other.join().unwrap();
}
