//! Read-write locks, which readers share, and attempts, which wait for nothing.

use super::{in_turn, locks, nest, part, rw_locks};

pub(crate) fn read_read() {
    let [x, y] = rw_locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _x = x.read().unwrap();
            let _y = y.read().unwrap();
        }),
        part(|| {
            let _y = y.read().unwrap();
            let _x = x.read().unwrap();
        }),
    ]);
}

/// Each reads one and writes the other.
pub(crate) fn read_write() {
    let [x, y] = rw_locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _x = x.read().unwrap();
            let _y = y.write().unwrap();
        }),
        part(|| {
            let _y = y.read().unwrap();
            let _x = x.write().unwrap();
        }),
    ]);
}

/// One of the two edges is between readers.
pub(crate) fn half_read() {
    let [x, y] = rw_locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _x = x.read().unwrap();
            let _y = y.write().unwrap();
        }),
        part(|| {
            let _y = y.write().unwrap();
            let _x = x.read().unwrap();
        }),
    ]);
}

/// One reads, and waits all the same for the other, who writes.
pub(crate) fn read_of_a_writers() {
    let [x, y] = rw_locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _x = x.write().unwrap();
            let _y = y.write().unwrap();
        }),
        part(|| {
            let _y = y.write().unwrap();
            let _x = x.read().unwrap();
        }),
    ]);
}

pub(crate) fn read_gate(second_writes: bool) {
    let [door] = rw_locks(1) else { unreachable!() };
    let [a, b] = locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _door = door.read().unwrap();
            nest(a, b);
        }),
        part(move || {
            if second_writes {
                let _door = door.write().unwrap();
                nest(b, a);
            } else {
                let _door = door.read().unwrap();
                nest(b, a);
            }
        }),
    ]);
}

pub(crate) fn tried() {
    let [a, b] = locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| nest(a, b)),
        part(|| {
            let _b = b.lock().unwrap();
            let _a = a.try_lock().unwrap();
        }),
    ]);
}

/// What an attempt got is held.
pub(crate) fn tried_first() {
    let [a, b] = locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| nest(a, b)),
        part(|| {
            let _b = b.try_lock().unwrap();
            let _a = a.lock().unwrap();
        }),
    ]);
}

pub(crate) fn tried_for_reading() {
    let [x, y] = rw_locks(2) else { unreachable!() };
    in_turn(vec![
        part(|| {
            let _x = x.write().unwrap();
            let _y = y.write().unwrap();
        }),
        part(|| {
            let _y = y.write().unwrap();
            let _x = x.try_read().unwrap();
        }),
    ]);
}
