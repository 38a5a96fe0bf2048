//! Threads that take mutexes in orders which fit or do not.

use std::thread;

use super::{in_turn, locks, nest, part};

pub(crate) fn classic() {
    let [a, b] = locks(2) else { unreachable!() };
    in_turn(vec![part(|| nest(a, b)), part(|| nest(b, a))]);
}

pub(crate) fn dining(size: usize, ordered: bool) {
    let forks = locks(size);
    let eats = |seat: usize| {
        let (mut left, mut right) = (seat, (seat + 1) % size);
        if ordered && left > right {
            (left, right) = (right, left);
        }
        part(move || {
            let _left = forks[left].lock().unwrap();
            let _right = forks[right].lock().unwrap();
        })
    };
    in_turn((0..size).map(eats).collect());
}

pub(crate) fn gate() {
    let [x, y, z] = locks(3) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _z = z.lock().unwrap();
            nest(y, x);
        }),
        part(|| {
            let _z = z.lock().unwrap();
            nest(x, y);
        }),
    ]);
}

pub(crate) fn same_thread() {
    let [a, b] = locks(2) else { unreachable!() };
    in_turn(vec![part(|| {
        nest(a, b);
        nest(b, a);
    })]);
}

pub(crate) fn fork_join_fork() {
    let [a, b] = locks(2) else { unreachable!() };
    thread::spawn(|| nest(a, b)).join().unwrap();
    thread::spawn(|| nest(b, a)).join().unwrap();
}

pub(crate) fn pick_lock() {
    let [one, two, three, four] = locks(4) else {
        unreachable!()
    };
    in_turn(vec![
        part(|| {
            let _one = one.lock().unwrap();
            drop(two.lock().unwrap());
            let _three = three.lock().unwrap();
            drop(four.lock().unwrap());
        }),
        part(|| {
            let _two = two.lock().unwrap();
            drop(one.lock().unwrap());
            let _four = four.lock().unwrap();
            drop(three.lock().unwrap());
        }),
    ]);
}

pub(crate) fn bensalem() {
    let [g, one, two] = locks(3) else { unreachable!() };
    in_turn(vec![
        part(|| {
            {
                let _g = g.lock().unwrap();
                let _one = one.lock().unwrap();
                let _two = two.lock().unwrap();
            }
            let third = thread::spawn(|| {
                let _one = one.lock().unwrap();
                let _two = two.lock().unwrap();
            });
            third.join().unwrap();
            let _two = two.lock().unwrap();
            let _one = one.lock().unwrap();
        }),
        part(|| {
            let _g = g.lock().unwrap();
            let _two = two.lock().unwrap();
            let _one = one.lock().unwrap();
        }),
    ]);
}

pub(crate) fn shared_edge() {
    let [a, b, c] = locks(3) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _a = a.lock().unwrap();
            let _b = b.lock().unwrap();
        }),
        part(|| {
            let _b = b.lock().unwrap();
            let _a = a.lock().unwrap();
        }),
        part(|| {
            let _b = b.lock().unwrap();
            let _c = c.lock().unwrap();
        }),
        part(|| {
            let _c = c.lock().unwrap();
            let _a = a.lock().unwrap();
        }),
    ]);
}

pub(crate) fn many() {
    let [a, b] = locks(2) else { unreachable!() };
    let mut parts = vec![part(|| nest(b, a))];
    parts.extend((0..20).map(|_| part(|| nest(a, b))));
    in_turn(parts);
}

/// Two functions in the one order and two in the other.
pub(crate) fn two_and_two() {
    let [a, b] = locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _a = a.lock().unwrap();
            let _b = b.lock().unwrap();
        }),
        part(|| {
            let _b = b.lock().unwrap();
            let _a = a.lock().unwrap();
        }),
        part(|| {
            let _a = a.lock().unwrap();
            let _b = b.lock().unwrap();
        }),
        part(|| {
            let _b = b.lock().unwrap();
            let _a = a.lock().unwrap();
        }),
    ]);
}

/// A list whose locks are taken one by one, each before the one before it is released; forth, and back.
pub(crate) fn hand_over_hand(back: bool) {
    let list = locks(4);
    let walk = |order: Vec<usize>| {
        part(move || {
            let mut held = list[order[0]].lock().unwrap();
            for &at in &order[1..] {
                held = list[at].lock().unwrap();
            }
            *held += 1;
        })
    };
    let forth: Vec<usize> = (0..4).collect();
    let mut other = forth.clone();
    if back {
        other.reverse();
    }
    in_turn(vec![walk(forth), walk(other)]);
}

pub(crate) fn both_orders() {
    let [a, b] = locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            nest(a, b);
            nest(b, a);
        }),
        part(|| nest(a, b)),
    ]);
}

/// One function that takes two accounts in the order in which it is given them.
pub(crate) fn transfers() {
    let accounts = locks(6);
    let transfer = |from: usize, to: usize| part(move || nest(&accounts[from], &accounts[to]));
    in_turn(vec![
        transfer(0, 1),
        transfer(1, 0),
        transfer(2, 3),
        transfer(3, 2),
        transfer(4, 5),
        transfer(5, 4),
    ]);
}
