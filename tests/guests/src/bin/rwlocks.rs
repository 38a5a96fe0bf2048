//! Read-write locks and condition variables: deadlocks, and programs that end; the argument says which.

// xtask stress: pipeline
// xtask standstill: upgrade
// xtask standstill: crossed
// xtask standstill: lost
// xtask standstill: left

use std::sync::Arc;

use threadlink::sync::{Barrier, Condvar, Mutex, RwLock};
use threadlink::thread;

fn named<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .expect("no thread")
}

/// Both read, and both want to write before they let go.
fn upgrade() {
    let lock = Arc::new(RwLock::new(0));
    let both_read = Arc::new(Barrier::new(2));
    let upgrade = |name| {
        let (lock, both_read) = (Arc::clone(&lock), Arc::clone(&both_read));
        named(name, move || {
            let read = lock.read().unwrap(); // upgrade reads
            both_read.wait();
            *lock.write().unwrap() += *read; // upgrade wants to write
        })
    };
    let threads = [upgrade("left"), upgrade("right")];
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Two read-write locks, each written by one thread and then read by the other.
fn crossed() {
    let locks = Arc::new((RwLock::new(0), RwLock::new(0)));
    let both_hold = Arc::new(Barrier::new(2));
    let (left_locks, left_hold) = (Arc::clone(&locks), Arc::clone(&both_hold));
    let left = named("left", move || {
        let mut first = left_locks.0.write().unwrap(); // left writes
        left_hold.wait();
        *first += *left_locks.1.read().unwrap(); // left wants to read
    });
    let right = named("right", move || {
        let mut second = locks.1.write().unwrap(); // right writes
        both_hold.wait();
        *second += *locks.0.read().unwrap(); // right wants to read
    });
    left.join().unwrap();
    right.join().unwrap();
}

/// A consumer waits for what nobody produces.
fn lost() {
    let queue = Arc::new((Mutex::new(Vec::<u32>::new()), Condvar::new()));
    let consumer = named("consumer", move || {
        let mut items = queue.0.lock().unwrap();
        while items.is_empty() {
            items = queue.1.wait(items).unwrap(); // waits for nothing
        }
        items.pop()
    });
    consumer.join().unwrap();
}

/// Two consumers wait, and one item comes.
fn left() {
    let queue = Arc::new((Mutex::new((Vec::<u32>::new(), 0)), Condvar::new()));
    let consume = |name| {
        let queue = Arc::clone(&queue);
        named(name, move || {
            let mut state = queue.0.lock().unwrap();
            state.1 += 1;
            while state.0.is_empty() {
                state = queue.1.wait(state).unwrap(); // one is left here
            }
            state.0.pop()
        })
    };
    let consumers = [consume("first"), consume("second")];
    while queue.0.lock().unwrap().1 < 2 {
        thread::yield_now();
    }
    queue.0.lock().unwrap().0.push(7);
    queue.1.notify_one();
    for consumer in consumers {
        consumer.join().unwrap();
    }
}

/// Producers and consumers of numbers, with a table that all read and one writes now and then.
fn pipeline() {
    const ITEMS: u32 = 500;
    let queue = Arc::new((Mutex::new(Vec::<u32>::new()), Condvar::new()));
    let table = Arc::new(RwLock::new(1));
    let consume = |name| {
        let (queue, table) = (Arc::clone(&queue), Arc::clone(&table));
        named(name, move || {
            let mut sum = 0;
            loop {
                let mut items = queue.0.lock().unwrap();
                let item = loop {
                    match items.pop() {
                        Some(item) => break item,
                        None => items = queue.1.wait(items).unwrap(), // waits for an item
                    }
                };
                drop(items);
                if item == 0 {
                    return sum;
                }
                sum += item * *table.read().unwrap();
            }
        })
    };
    let consumers = [consume("first"), consume("second")];
    for item in 1..=ITEMS {
        queue.0.lock().unwrap().push(item);
        queue.1.notify_one(); // notifies one
        if item % 100 == 0 {
            *table.write().unwrap() *= 1;
        }
    }
    // The ends lie on top of what is left, so they come when the queue has been seen to be empty.
    while !queue.0.lock().unwrap().is_empty() {
        thread::yield_now();
    }
    queue.0.lock().unwrap().extend([0, 0]);
    queue.1.notify_all();
    let sum: u32 = consumers
        .into_iter()
        .map(|consumer| consumer.join().unwrap())
        .sum();
    assert_eq!(sum, ITEMS * (ITEMS + 1) / 2);
}

#[threadlink::main]
fn main() {
    match threadlink::env::args().nth(1).as_deref() {
        Some("upgrade") => upgrade(),
        Some("crossed") => crossed(),
        Some("lost") => lost(),
        Some("left") => left(),
        Some("pipeline") => pipeline(),
        other => panic!("no such case: {other:?}"),
    }
    threadlink::println!("done");
}
