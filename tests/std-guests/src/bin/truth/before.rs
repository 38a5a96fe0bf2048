//! What happens before what for another reason than a lock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use super::{locks, nest};

pub(crate) fn condvar() {
    let [a, b] = locks(2) else { unreachable!() };
    let told = Arc::new((Mutex::new(false), Condvar::new()));
    let waits = Arc::clone(&told);
    let other = thread::spawn(move || {
        let mut done = waits.0.lock().unwrap();
        while !*done {
            done = waits.1.wait(done).unwrap();
        }
        drop(done);
        nest(b, a);
    });
    nest(a, b);
    *told.0.lock().unwrap() = true;
    told.1.notify_all();
    other.join().unwrap();
}

pub(crate) fn barrier() {
    let [a, b] = locks(2) else { unreachable!() };
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            nest(a, b);
            barrier.wait();
        });
        barrier.wait();
        nest(b, a);
    });
}

/// `early` says whether the message is there before anybody waits for it.
pub(crate) fn channel(early: bool) {
    let [a, b] = locks(2) else { unreachable!() };
    let (sender, receiver) = mpsc::channel();
    let sent = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&sent);
    let other = thread::spawn(move || {
        while early && told.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        receiver.recv().unwrap();
        nest(b, a);
    });
    nest(a, b);
    if !early {
        thread::sleep(Duration::from_millis(20));
    }
    sender.send(()).unwrap();
    sent.store(1, Ordering::Release);
    other.join().unwrap();
}

pub(crate) fn rendezvous() {
    let [a, b] = locks(2) else { unreachable!() };
    let (sender, receiver) = mpsc::sync_channel(0);
    let other = thread::spawn(move || {
        receiver.recv().unwrap();
        nest(b, a);
    });
    nest(a, b);
    sender.send(()).unwrap();
    other.join().unwrap();
}

/// The end of a bounded channel's room tells the sender that something was received.
pub(crate) fn full_channel() {
    let [a, b] = locks(2) else { unreachable!() };
    let (sender, receiver) = mpsc::sync_channel(1);
    sender.send(1).unwrap();
    let other = thread::spawn(move || {
        nest(a, b);
        receiver.recv().unwrap();
        receiver.recv().unwrap();
    });
    sender.send(2).unwrap();
    nest(b, a);
    other.join().unwrap();
}

/// The end of a channel is found when it is long there.
pub(crate) fn closed_channel() {
    let [a, b] = locks(2) else { unreachable!() };
    let (sender, receiver) = mpsc::channel::<()>();
    let other = thread::spawn(move || {
        nest(a, b);
        drop(sender);
    });
    while receiver.try_recv() == Err(mpsc::TryRecvError::Empty) {
        thread::yield_now();
    }
    nest(b, a);
    other.join().unwrap();
}

/// The receiver's end, likewise.
pub(crate) fn deserted_channel() {
    let [a, b] = locks(2) else { unreachable!() };
    let (sender, receiver) = mpsc::channel();
    let other = thread::spawn(move || {
        nest(a, b);
        drop(receiver);
    });
    while sender.send(()).is_ok() {
        thread::yield_now();
    }
    nest(b, a);
    other.join().unwrap();
}

/// One that was run: who finds that waits for nobody.
pub(crate) fn once() {
    let [a, b] = locks(2) else { unreachable!() };
    static ONCE: Once = Once::new();
    done_once(
        || ONCE.call_once(|| nest(a, b)),
        || ONCE.is_completed(),
        || nest(b, a),
    );
}

pub(crate) fn once_lock() {
    let [a, b] = locks(2) else { unreachable!() };
    static CELL: OnceLock<u32> = OnceLock::new();
    let sets = || {
        nest(a, b);
        CELL.set(1).unwrap();
    };
    done_once(sets, || CELL.get().is_some(), || nest(b, a));
}

static LOCKS: [Mutex<u32>; 2] = [const { Mutex::new(0) }; 2];
static LAZY: LazyLock<u32> = LazyLock::new(|| {
    nest(&LOCKS[0], &LOCKS[1]);
    3
});

pub(crate) fn lazy_lock() {
    let [a, b] = &LOCKS;
    let made = AtomicUsize::new(0);
    let makes = || {
        assert_eq!(*LAZY, 3);
        made.store(1, Ordering::Release);
    };
    let finds = || made.load(Ordering::Acquire) == 1 && *LAZY == 3;
    done_once(makes, finds, || nest(b, a));
}

/// The same, but nobody looks whether it was run.
pub(crate) fn ignored_once() {
    let [a, b] = locks(2) else { unreachable!() };
    static ONCE: Once = Once::new();
    let run = AtomicUsize::new(0);
    let runs = || {
        ONCE.call_once(|| nest(a, b));
        run.store(1, Ordering::Release);
    };
    done_once(runs, || run.load(Ordering::Acquire) == 1, || nest(b, a));
}

/// One thread does the first, and another one the last when it has found that done.
fn done_once(does: impl FnOnce() + Send, finds: impl Fn() -> bool + Send, then: impl FnOnce() + Send) {
    thread::scope(|scope| {
        scope.spawn(does);
        scope.spawn(move || {
            while !finds() {
                thread::yield_now();
            }
            then();
        });
    });
}

pub(crate) fn park() {
    let [a, b] = locks(2) else { unreachable!() };
    let other = thread::spawn(|| {
        thread::park();
        nest(b, a);
    });
    nest(a, b);
    other.thread().unpark();
    other.join().unwrap();
}

pub(crate) fn scopes() {
    let [a, b] = locks(2) else { unreachable!() };
    thread::scope(|scope| {
        scope.spawn(|| nest(a, b));
    });
    thread::scope(|scope| {
        scope.spawn(|| nest(b, a));
    });
}

/// Threads that are not the last ones of their scope.
pub(crate) fn crowded_scopes() {
    let [a, b] = locks(2) else { unreachable!() };
    for (outer, inner) in [(a, b), (b, a)] {
        let first = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                nest(outer, inner);
                first.store(1, Ordering::Release);
            });
            scope.spawn(|| {
                while first.load(Ordering::Acquire) == 0 {
                    thread::yield_now();
                }
                thread::sleep(Duration::from_millis(5));
            });
        });
    }
}

/// The scope ends when its thread is long through.
pub(crate) fn late_scope() {
    let [a, b] = locks(2) else { unreachable!() };
    thread::scope(|scope| {
        let thread = scope.spawn(|| nest(a, b));
        while !thread.is_finished() {
            thread::yield_now();
        }
    });
    nest(b, a);
}

/// It took what it holds before the other one began, and so did that.
pub(crate) fn forked_inside() {
    let [a, b] = locks(2) else { unreachable!() };
    nest(a, b);
    thread::spawn(|| nest(b, a)).join().unwrap();
}

/// A lock is held while its holder waits for the end of another that has used it.
pub(crate) fn held_join() {
    let [a, b] = locks(2) else { unreachable!() };
    let other = thread::spawn(|| nest(b, a));
    while !other.is_finished() {
        thread::yield_now();
    }
    let _a = a.lock().unwrap();
    other.join().unwrap();
}
