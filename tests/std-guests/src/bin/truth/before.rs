//! What happens before what for another reason than a lock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, mpsc};
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

pub(crate) fn once() {
    let [a, b] = locks(2) else { unreachable!() };
    static ONCE: Once = Once::new();
    let first = thread::spawn(|| ONCE.call_once(|| nest(a, b)));
    while !ONCE.is_completed() {
        thread::yield_now();
    }
    let second = thread::spawn(|| {
        ONCE.call_once(|| ());
        nest(b, a);
    });
    first.join().unwrap();
    second.join().unwrap();
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
