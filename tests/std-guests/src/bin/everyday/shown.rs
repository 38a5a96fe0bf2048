//! What std shows of its own types: times, locks, threads, errors of channels.

use std::sync::mpsc::{self, TrySendError};
use std::sync::{Condvar, Mutex, Once, OnceLock, RwLock};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

pub(crate) fn run() {
    println!("{:?}", UNIX_EPOCH + Duration::new(1, 5));
    println!("{:?}", UNIX_EPOCH - Duration::new(0, 1));
    println!("{:#?}", UNIX_EPOCH.checked_add(Duration::MAX));
    // Its numbers are the machine's.
    let now = format!("{:?}", Instant::now());
    println!("{}", now.replace(|c: char| c.is_ascii_digit(), ""));
    let (mutex, lock) = (Mutex::new("free"), RwLock::new(vec![1]));
    println!("{mutex:?} {lock:?} {:?}", Condvar::new());
    let (guard, reader) = (mutex.lock().unwrap(), lock.read().unwrap());
    println!(
        "{mutex:?} {lock:?} {guard:?} {reader:?} {:?}",
        lock.try_write().is_err()
    );
    println!("{:?} {:?}", Once::new(), OnceLock::from(3));
    let (sender, receiver) = mpsc::sync_channel(1);
    println!("{sender:?} {receiver:?} {:?}", sender.send(1));
    match sender.try_send(2) {
        Err(TrySendError::Full(left)) => println!("{left} is left"),
        other => println!("{other:?}"),
    }
    drop(receiver);
    println!("{:?} {}", sender.send(3), sender.send(4).unwrap_err());
    let named = thread::Builder::new()
        .name("named".to_owned())
        .spawn(|| 7)
        .unwrap();
    println!("{:?} {:?}", named.thread().name(), thread::current().name());
    println!("{:?}", named.join());
    let pair = (Mutex::new(()), Condvar::new());
    let (_guard, waited) = pair
        .1
        .wait_timeout(pair.0.lock().unwrap(), Duration::from_millis(1))
        .unwrap();
    println!("{waited:?} {:?}", Duration::from_micros(1500));
}
