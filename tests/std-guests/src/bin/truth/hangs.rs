//! Deadlocks that happen.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{locks, nest};

pub(crate) fn deadlock() {
    let [a, b] = locks(2) else { unreachable!() };
    let met = Arc::new(AtomicUsize::new(0));
    let meets = |first: &'static Mutex<u32>, second: &'static Mutex<u32>| {
        let met = Arc::clone(&met);
        thread::spawn(move || {
            let _first = first.lock().unwrap();
            met.fetch_add(1, Ordering::AcqRel);
            while met.load(Ordering::Acquire) < 2 {
                thread::yield_now();
            }
            let _second = second.lock().unwrap();
        })
    };
    let threads = [meets(a, b), meets(b, a)];
    for thread in threads {
        thread.join().unwrap();
    }
}

pub(crate) fn deadlock_join() {
    let [a] = locks(1) else { unreachable!() };
    let _a = a.lock().unwrap();
    thread::spawn(|| drop(a.lock().unwrap())).join().unwrap();
}

pub(crate) fn deadlock_self() {
    let [a] = locks(1) else { unreachable!() };
    nest(a, a);
}
