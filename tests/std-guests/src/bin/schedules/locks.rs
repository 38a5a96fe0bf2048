//! Locks that are taken in different orders, and signals that nobody hears.

use std::sync::{Condvar, Mutex};

use crate::parts::{Program, Var, deadlocks, together, work};

pub(crate) const PROGRAMS: &[Program] = &[
    deadlocks("deadlock01", deadlock),
    deadlocks("din_phil2", || philosophers(2)),
    deadlocks("din_phil3", || philosophers(3)),
    deadlocks("din_phil4", || philosophers(4)),
    deadlocks("din_phil5", || philosophers(5)),
    deadlocks("din_phil6", || philosophers(6)),
    deadlocks("din_phil7", || philosophers(7)),
    deadlocks("carter01", carter),
    deadlocks("phase01", phase),
    deadlocks("sync01", || signals(1)),
    deadlocks("sync02", || signals(3)),
];

fn deadlock() {
    let (first, second) = (Mutex::new(0), Mutex::new(0));
    let nest = |outer: &Mutex<i32>, inner: &Mutex<i32>| {
        let mut outer = outer.lock().unwrap();
        *inner.lock().unwrap() += 1;
        *outer += 1;
    };
    together([
        work("there", || nest(&first, &second)),
        work("back", || nest(&second, &first)),
    ]);
}

fn philosophers(count: usize) {
    let forks: Vec<Mutex<usize>> = (0..count).map(Mutex::new).collect();
    together((0..count).map(|own| {
        let (left, right) = (&forks[own], &forks[(own + 1) % count]);
        work(&format!("philosopher-{own}"), move || {
            let mut left = left.lock().unwrap();
            *left += *right.lock().unwrap();
        })
    }));
}

/// A lock that one thread may take and another give back.
#[derive(Default)]
struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn close(&self) {
        let closed = self.closed.lock().unwrap();
        *self.opened.wait_while(closed, |closed| *closed).unwrap() = true;
    }

    fn open(&self) {
        *self.closed.lock().unwrap() = false;
        self.opened.notify_one();
    }
}

/// Two kinds of visitors; the first of a kind closes the gate to the other kind, while it has the register.
fn carter() {
    let (register, gate) = (Mutex::new([0, 0]), Gate::default());
    let visit = |kind: usize| {
        let mut visitors = register.lock().unwrap();
        visitors[kind] += 1;
        if visitors[kind] == 1 {
            gate.close();
        }
        drop(visitors);
        let mut visitors = register.lock().unwrap();
        visitors[kind] -= 1;
        if visitors[kind] == 0 {
            gate.open();
        }
    };
    together([
        work("one", || visit(0)),
        work("other", || visit(1)),
        work("idle-1", || ()),
        work("idle-2", || ()),
    ]);
}

/// In the second phase the locks are taken the other way round, and one thread may be in it while another one is in the first.
fn phase() {
    let (one, two) = (Mutex::new(0), Mutex::new(0));
    let phases = || {
        {
            let _one = one.lock().unwrap();
            *two.lock().unwrap() += 1;
        }
        let _two = two.lock().unwrap();
        *one.lock().unwrap() += 1;
    };
    together([work("one", phases), work("two", phases)]);
}

/// A place for one thing. Who finds it full or empty looks without the lock, and may wait for a signal that has been given.
fn signals(rounds: i64) {
    let (count, lock) = (Var::new(0), Mutex::new(()));
    let (filled, emptied) = (Condvar::new(), Condvar::new());
    let wait_unless = |right: bool, signal: &Condvar| {
        if !right {
            drop(signal.wait(lock.lock().unwrap()).unwrap());
        }
    };
    together([
        work("giver", || {
            for _ in 0..rounds {
                wait_unless(count.get() == 0, &emptied);
                count.add(1);
                filled.notify_one();
            }
        }),
        work("taker", || {
            for _ in 0..rounds {
                wait_unless(count.get() > 0, &filled);
                count.add(-1);
                emptied.notify_one();
            }
        }),
    ]);
}
