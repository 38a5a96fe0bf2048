//! Sums that are wrong, as something was read before and written after somebody else had written.

use std::sync::{Condvar, Mutex};

use crate::parts::{Program, Var, panics, together, work};

pub(crate) const PROGRAMS: &[Program] = &[
    panics("account", account),
    panics("arithmetic_prog", arithmetic),
    panics("lazy01", lazy),
    panics("wronglock", || wrong_lock(1)),
    panics("wronglock_3", || wrong_lock(3)),
    panics("qsort_mt", sort),
];

/// Whoever withdraws looks first, and then takes the lock.
fn account() {
    struct Account {
        balance: Mutex<i64>,
    }
    impl Account {
        fn balance(&self) -> i64 {
            *self.balance.lock().unwrap()
        }
    }
    let account = Account {
        balance: Mutex::new(10),
    };
    together([
        work("deposit", || *account.balance.lock().unwrap() += 5),
        work("withdraw", || *account.balance.lock().unwrap() -= 8),
        work("withdraw-all", || {
            let all = account.balance();
            let mut balance = account.balance.lock().unwrap();
            *balance -= all;
            assert!(*balance >= 0, "more was taken than there was");
        }),
    ]);
}

/// Numbers are handed over one by one; the sum is looked at when the last was handed over, not when it was added.
fn arithmetic() {
    const LAST: i64 = 3;
    let (slot, changed) = (Mutex::new(None), Condvar::new());
    let (total, given) = (Var::new(0), Var::new(0));
    together([
        work("giver", || {
            for number in 1..=LAST {
                let full = slot.lock().unwrap();
                let mut slot = changed.wait_while(full, |slot| slot.is_some()).unwrap();
                *slot = Some(number);
                changed.notify_all();
            }
            given.set(1);
        }),
        work("adder", || {
            for _ in 0..LAST {
                let empty = slot.lock().unwrap();
                let mut slot = changed.wait_while(empty, |slot| slot.is_none()).unwrap();
                let number = slot.take().unwrap();
                drop(slot);
                changed.notify_all();
                total.add(number);
            }
        }),
        work("reader", || {
            if given.get() == 1 {
                assert_eq!(total.get(), LAST * (LAST + 1) / 2, "not all was added");
            }
        }),
    ]);
}

/// Each thread has the lock, but in one order they come to a sum that nobody expects.
fn lazy() {
    let data = Mutex::new(0);
    together([
        work("one", || *data.lock().unwrap() += 1),
        work("two", || *data.lock().unwrap() += 2),
        work("checker", || {
            assert!(*data.lock().unwrap() < 3, "both were before");
        }),
    ]);
}

/// One value, two locks.
fn wrong_lock(others: usize) {
    let (value, lock, other) = (Var::new(0), Mutex::new(()), Mutex::new(()));
    let mut works = vec![work("right", || {
        let _lock = lock.lock().unwrap();
        let before = value.get();
        value.bump(1);
        assert_eq!(value.get(), before + 1, "somebody has another lock");
    })];
    works.extend((0..others).map(|own| {
        work(&format!("wrong-{own}"), || {
            let _lock = other.lock().unwrap();
            value.bump(1);
        })
    }));
    together(works);
}

/// Sorts both halves at once; how many are at work is counted without a lock, and the last one merges.
fn sort() {
    let halves = [Mutex::new(vec![4, 2, 3]), Mutex::new(vec![9, 1])];
    let (active, merged) = (Var::new(2), Mutex::new(Vec::new()));
    let half = |own: usize| {
        halves[own].lock().unwrap().sort_unstable();
        active.bump(-1);
        if active.get() == 0 {
            let mut all = [&halves[0], &halves[1]]
                .map(|half| half.lock().unwrap().clone())
                .concat();
            all.sort_unstable();
            *merged.lock().unwrap() = all;
        }
    };
    together([work("left", || half(0)), work("right", || half(1))]);
    assert_eq!(*merged.lock().unwrap(), [1, 2, 3, 4, 9], "nobody was the last");
}
