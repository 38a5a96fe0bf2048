//! Programs whose threads all wait for what nobody will do, and some that only look like that; the argument says which.
//! Without the feature `tracing`, no hook tells of any of it.

// xtask standstill: park
// xtask standstill: channel
// xtask standstill: barrier
// xtask standstill: once
// xtask standstill: condvar
// xtask no standstill: pool
// xtask no standstill: timed
// xtask no standstill: busy

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, mpsc};
use std::time::Duration;

use threadlink::{spawn, thread};

/// A thread parks with a lock in its hand, which the one that would unpark it wants.
fn park() {
    let lock = Arc::new(threadlink::sync::Mutex::new(()));
    let theirs = Arc::clone(&lock);
    let held = Arc::new(Barrier::new(2));
    let taken = Arc::clone(&held);
    let parked = spawn(move || {
        let _guard = theirs.lock().unwrap();
        taken.wait();
        loop {
            thread::park(); // parked for good
        }
    });
    held.wait();
    let guard = lock.lock().unwrap();
    parked.thread().unpark();
    drop(guard);
    parked.join().unwrap();
}

/// The receiver keeps a sender alive, and nobody sends.
fn channel() {
    let (sender, receiver) = mpsc::channel::<u32>();
    let kept = sender.clone();
    spawn(move || drop(sender)).join().unwrap();
    let got = receiver.recv(); // received by nobody
    drop(kept);
    panic!("{got:?}");
}

/// One thread is missing.
fn barrier() {
    let all = Arc::new(Barrier::new(3));
    let theirs = Arc::clone(&all);
    let other = spawn(move || {
        theirs.wait(); // one of three
    });
    all.wait(); // two of three
    other.join().unwrap();
}

/// What runs in the `Once` waits for a thread that waits for the `Once`.
fn once() {
    static ONCE: Once = Once::new();
    let inside = Arc::new(Barrier::new(2));
    let theirs = Arc::clone(&inside);
    let other = spawn(move || {
        theirs.wait();
        ONCE.call_once(|| unreachable!()); // wants it done
    });
    ONCE.call_once(|| {
        inside.wait();
        other.join().unwrap(); // does it
    });
}

/// Everyone waits for a notification.
fn condvar() {
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let theirs = Arc::clone(&pair);
    let other = spawn(move || {
        drop(theirs.1.wait(theirs.0.lock().unwrap()).unwrap()); // not notified
    });
    other.join().unwrap();
}

/// A pool whose threads wait for work, while the only one who gives them any sleeps.
fn pool() {
    let (sender, receiver) = mpsc::channel::<u32>();
    let receiver = Arc::new(Mutex::new(receiver));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let receiver = Arc::clone(&receiver);
            spawn(move || {
                let mut sum = 0;
                loop {
                    let job = receiver.lock().unwrap().recv();
                    match job {
                        Ok(number) => sum += number,
                        Err(_) => return sum,
                    }
                }
            })
        })
        .collect();
    for number in 0..20 {
        thread::sleep(Duration::from_millis(2));
        sender.send(number).unwrap();
    }
    thread::sleep(Duration::from_millis(20));
    drop(sender);
    let sums = workers.into_iter().map(|worker| worker.join().unwrap());
    assert_eq!(sums.sum::<u32>(), 190);
}

/// Every thread waits, but one of them not for ever.
fn timed() {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&pair);
    let other = spawn(move || {
        let woken = theirs.1.wait_while(theirs.0.lock().unwrap(), |told| !*told);
        drop(woken.unwrap());
    });
    for _ in 0..20 {
        thread::park_timeout(Duration::from_millis(2));
    }
    *pair.0.lock().unwrap() = true;
    pair.1.notify_all();
    other.join().unwrap();
}

/// All threads but one wait for ever, and that one computes.
fn busy() {
    static DONE: AtomicBool = AtomicBool::new(false);
    let parked: Vec<_> = (0..3)
        .map(|_| {
            spawn(|| {
                while !DONE.load(Ordering::Acquire) {
                    thread::park();
                }
            })
        })
        .collect();
    let worker = spawn(move || {
        let mut number = 1_u32;
        for _ in 0..20_000_000 {
            number = std::hint::black_box(number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        }
        DONE.store(true, Ordering::Release);
        for thread in &parked {
            thread.thread().unpark();
        }
        parked.into_iter().for_each(|thread| thread.join().unwrap());
        number
    });
    worker.join().unwrap();
}

#[threadlink::main]
fn main() {
    match threadlink::env::args().nth(1).as_deref() {
        Some("park") => park(),
        Some("channel") => channel(),
        Some("barrier") => barrier(),
        Some("once") => once(),
        Some("condvar") => condvar(),
        Some("pool") => pool(),
        Some("timed") => timed(),
        Some("busy") => busy(),
        other => panic!("no such case: {other:?}"),
    }
    threadlink::println!("done");
}
