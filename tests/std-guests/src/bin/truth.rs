//! Runs of which it is known what could have become of them, over std alone. Threads run one after the other unless a case is
//! about how they meet, so that nothing happens this time; what tells whose turn it is, an atomic variable, a trace does not know.

#[path = "truth/before.rs"]
mod before;
#[path = "truth/hangs.rs"]
mod hangs;
#[path = "truth/modes.rs"]
mod modes;
#[path = "truth/orders.rs"]
mod orders;
#[path = "truth/which.rs"]
mod which;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;

type Part = Box<dyn FnOnce() + Send>;

fn part(part: impl FnOnce() + Send + 'static) -> Part {
    Box::new(part)
}

/// Runs each of these on a thread, each when the one before is through.
fn in_turn(parts: Vec<Part>) {
    let turn = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..)
        .zip(parts)
        .map(|(own, part)| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || {
                while turn.load(Ordering::Acquire) != own {
                    thread::yield_now();
                }
                part();
                turn.store(own + 1, Ordering::Release);
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("nobody panics");
    }
}

/// Locks that live for ever.
fn locks(count: usize) -> &'static [Mutex<u32>] {
    Vec::leak((0..count).map(|_| Mutex::new(0)).collect())
}

fn rw_locks(count: usize) -> &'static [RwLock<u32>] {
    Vec::leak((0..count).map(|_| RwLock::new(0)).collect())
}

/// Takes one while it holds the other.
fn nest(outer: &Mutex<u32>, inner: &Mutex<u32>) {
    let _outer = outer.lock().unwrap();
    let _inner = inner.lock().unwrap();
}

fn main() {
    let case = std::env::args().nth(1).unwrap_or_default();
    match case.as_str() {
        "classic" => orders::classic(),
        "dining 2" => orders::dining(2, false),
        "dining 3" => orders::dining(3, false),
        "dining 5" => orders::dining(5, false),
        "ordered 2" => orders::dining(2, true),
        "ordered 3" => orders::dining(3, true),
        "ordered 5" => orders::dining(5, true),
        "gate" => orders::gate(),
        "same thread" => orders::same_thread(),
        "fork-join-fork" => orders::fork_join_fork(),
        "PickLock" => orders::pick_lock(),
        "Bensalem" => orders::bensalem(),
        "read-read" => modes::read_read(),
        "read-write" => modes::read_write(),
        "half read" => modes::half_read(),
        "read of a writer's" => modes::read_of_a_writers(),
        "read gate" => modes::read_gate(false),
        "read-write gate" => modes::read_gate(true),
        "try" => modes::tried(),
        "try first" => modes::tried_first(),
        "try read" => modes::tried_for_reading(),
        "shared edge" => orders::shared_edge(),
        "many" => orders::many(),
        "two and two" => orders::two_and_two(),
        "hand over hand" => orders::hand_over_hand(false),
        "forth and back" => orders::hand_over_hand(true),
        "both orders" => orders::both_orders(),
        "transfers" => orders::transfers(),
        "condvar" => before::condvar(),
        "barrier" => before::barrier(),
        "channel" => before::channel(false),
        "early channel" => before::channel(true),
        "rendezvous" => before::rendezvous(),
        "full channel" => before::full_channel(),
        "closed channel" => before::closed_channel(),
        "deserted channel" => before::deserted_channel(),
        "once" => before::once(),
        "once lock" => before::once_lock(),
        "lazy lock" => before::lazy_lock(),
        "ignored once" => before::ignored_once(),
        "park" => before::park(),
        "scopes" => before::scopes(),
        "crowded scopes" => before::crowded_scopes(),
        "late scope" => before::late_scope(),
        "forked inside" => before::forked_inside(),
        "held join" => before::held_join(),
        "one address" => which::one_address(),
        "one address, two orders" => which::one_address_two_orders(),
        "moved" => which::moved(),
        "made" => which::made(),
        "internals" => which::internals(),
        "deadlock" => hangs::deadlock(),
        "deadlock join" => hangs::deadlock_join(),
        "deadlock self" => hangs::deadlock_self(),
        other => panic!("no case {other:?}"),
    }
}
