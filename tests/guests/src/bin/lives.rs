//! Locks that stand at one address one after the other, and locks that end: `lives CASE`.

use std::hint::spin_loop;
use std::mem::{self, ManuallyDrop};

use threadlink::hooks::LockName;
use threadlink::sync::{Condvar, Mutex, RwLock};

/// All made at one place, with one name.
fn made() -> Mutex<u32> {
    Mutex::with_name(0, LockName::new("slot"))
}

fn read_made() -> RwLock<u32> {
    RwLock::with_name(0, LockName::new("shelf"))
}

/// Guards that are forgotten keep locks locked that are no more, whether those were dropped or forgotten themselves.
fn overwritten() {
    let mut slot = Box::new(made());
    mem::forget(slot.lock().unwrap());
    *slot = made();
    mem::forget(slot.lock().unwrap());
    // Without tracing there is nothing to drop.
    let _ = ManuallyDrop::new(mem::replace(&mut *slot, made()));
    *slot.lock().unwrap() += 1;
    let mut shelf = Box::new(read_made());
    mem::forget(shelf.read().unwrap());
    *shelf = read_made();
    *shelf.write().unwrap() += 1;
}

/// Many locks are used, and then dropped without a lock event in between.
fn dropped() {
    let all: Vec<Mutex<u32>> = (0..100).map(|_| made()).collect();
    for lock in &all {
        *lock.lock().unwrap() += 1;
    }
    let unused: Vec<Mutex<u32>> = (0..100).map(|_| made()).collect();
    let condvar = Condvar::new();
    condvar.notify_one();
    drop((all, unused, condvar));
}

/// A lock that moves stays the same.
fn moved() {
    let lock = made();
    *lock.lock().unwrap() += 1;
    let lock = Box::new(lock);
    *lock.lock().unwrap() += 1;
}

/// A writer waits for a reader, who joins it. A guard of another lock that stood there was forgotten, and somebody runs.
fn stuck() {
    threadlink::spawn(|| {
        loop {
            spin_loop();
        }
    });
    let shelf: &'static mut RwLock<u32> = Box::leak(Box::new(read_made()));
    mem::forget(shelf.read().unwrap());
    *shelf = read_made();
    let shelf: &'static RwLock<u32> = shelf;
    let read = shelf.read().unwrap();
    let writer = threadlink::spawn(move || *shelf.write().unwrap() += 1);
    writer.join().unwrap();
    drop(read);
}

/// A thread waits for its token until another one leaves it, and then for one that nobody leaves.
fn parked() {
    let main = threadlink::thread::current();
    let child = threadlink::spawn(move || main.unpark());
    threadlink::thread::park();
    child.join().unwrap();
    threadlink::thread::park_timeout(std::time::Duration::from_millis(1));
}

#[threadlink::main]
fn main() {
    match threadlink::env::args().nth(1).as_deref() {
        Some("overwritten") => overwritten(),
        Some("dropped") => dropped(),
        Some("moved") => moved(),
        Some("stuck") => stuck(),
        Some("parked") => parked(),
        other => panic!("no case {other:?}"),
    }
}
