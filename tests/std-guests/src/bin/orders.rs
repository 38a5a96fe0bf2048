//! Threads that take locks in orders which fit or do not, one thread after the other, so that nothing happens this time. What one
//! tells the next in an atomic variable, a trace does not know.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Condvar, Mutex, RwLock};
use std::thread;

static A: Mutex<()> = Mutex::new(());
static B: Mutex<()> = Mutex::new(());
static GATE: Mutex<()> = Mutex::new(());
static DOOR: RwLock<()> = RwLock::new(());
static X: RwLock<()> = RwLock::new(());
static Y: RwLock<()> = RwLock::new(());
static DONE: Mutex<bool> = Mutex::new(false);
static TOLD: Condvar = Condvar::new();
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Runs each of these on a thread, each when the one before is through.
fn in_turn(parts: Vec<Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = (0..)
        .zip(parts)
        .map(|(turn, part)| {
            thread::spawn(move || {
                while TURN.load(Ordering::Acquire) != turn {
                    thread::yield_now();
                }
                part();
                TURN.store(turn + 1, Ordering::Release);
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("nobody panics");
    }
}

fn a_then_b() {
    let _a = A.lock().unwrap();
    let _b = B.lock().unwrap();
}

fn b_then_a() {
    let _b = B.lock().unwrap();
    let _a = A.lock().unwrap();
}

fn main() {
    let case = std::env::args().nth(1).unwrap_or_default();
    match case.as_str() {
        "inverse" => in_turn(vec![Box::new(a_then_b), Box::new(b_then_a)]),
        "alike" => in_turn(vec![Box::new(a_then_b), Box::new(a_then_b)]),
        "one thread" => in_turn(vec![Box::new(|| {
            a_then_b();
            b_then_a();
        })]),
        "joined" => {
            thread::spawn(a_then_b).join().unwrap();
            thread::spawn(b_then_a).join().unwrap();
        }
        "gate" => in_turn(vec![
            Box::new(|| {
                let _gate = GATE.lock().unwrap();
                a_then_b();
            }),
            Box::new(|| {
                let _gate = GATE.lock().unwrap();
                b_then_a();
            }),
        ]),
        "gate for reading" => in_turn(vec![
            Box::new(|| {
                let _door = DOOR.read().unwrap();
                a_then_b();
            }),
            Box::new(|| {
                let _door = DOOR.read().unwrap();
                b_then_a();
            }),
        ]),
        "readers" => in_turn(vec![
            Box::new(|| {
                let _x = X.read().unwrap();
                let _y = Y.read().unwrap();
            }),
            Box::new(|| {
                let _y = Y.read().unwrap();
                let _x = X.read().unwrap();
            }),
        ]),
        "writers" => in_turn(vec![
            Box::new(|| {
                let _x = X.read().unwrap();
                let _y = Y.write().unwrap();
            }),
            Box::new(|| {
                let _y = Y.read().unwrap();
                let _x = X.write().unwrap();
            }),
        ]),
        "try" => in_turn(vec![
            Box::new(a_then_b),
            Box::new(|| {
                let _b = B.lock().unwrap();
                let _a = A.try_lock().unwrap();
            }),
        ]),
        "condvar" => {
            let other = thread::spawn(|| {
                let mut done = DONE.lock().unwrap();
                while !*done {
                    done = TOLD.wait(done).unwrap();
                }
                drop(done);
                b_then_a();
            });
            a_then_b();
            *DONE.lock().unwrap() = true;
            TOLD.notify_all();
            other.join().unwrap();
        }
        "barrier" => {
            let barrier = Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(|| {
                    a_then_b();
                    barrier.wait();
                });
                barrier.wait();
                b_then_a();
            });
        }
        "scopes" => {
            thread::scope(|scope| {
                scope.spawn(a_then_b);
            });
            thread::scope(|scope| {
                scope.spawn(b_then_a);
            });
        }
        "philosophers" => {
            let forks: &[Mutex<()>] = Vec::leak((0..5).map(|_| Mutex::new(())).collect());
            let eat = |seat: usize| {
                let part: Box<dyn FnOnce() + Send> = Box::new(move || {
                    let _left = forks[seat].lock().unwrap();
                    let _right = forks[(seat + 1) % forks.len()].lock().unwrap();
                });
                part
            };
            in_turn((0..5).map(eat).collect());
        }
        "many" => {
            let mut parts: Vec<Box<dyn FnOnce() + Send>> = vec![Box::new(b_then_a)];
            parts.extend((0..20).map(|_| Box::new(a_then_b) as Box<dyn FnOnce() + Send>));
            in_turn(parts);
        }
        other => panic!("no case {other:?}"),
    }
}
