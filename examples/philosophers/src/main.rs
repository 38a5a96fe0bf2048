//! The dining philosophers, without a deadlock: whoever needs two forks takes the one with the lower number first.
//!
//! Around the table everybody needs the fork to the left and the one to the right. If all took the left one first,
//! all could end up holding one fork and waiting for the next. An order on the forks rules that out: whoever holds
//! the highest-numbered fork of those in use waits for nobody. Build this with the feature `tracing` and the host
//! watches every wait; it finds nothing to report.
//!
//! With the argument `hasty` all do take the left one first. They come to the table one after the other, so nothing happens, this
//! time; `threadlink run --analyze` says what could have happened.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use threadlink::thread::Builder;
use threadlink::traced;

const PHILOSOPHERS: usize = 5;
const MEALS: u32 = 40;

#[traced]
struct Table {
    /// How often each fork was used.
    forks: Vec<Mutex<u32>>,
    /// How many have left, where one comes after the other.
    left: AtomicUsize,
}

#[traced]
impl Table {
    fn new() -> Table {
        Table {
            forks: (0..PHILOSOPHERS).map(|_| Mutex::new(0)).collect(),
            left: AtomicUsize::new(0),
        }
    }

    fn eat(&self, seat: usize) {
        let (left, right) = (seat, (seat + 1) % PHILOSOPHERS);
        let mut first = self.forks[left.min(right)].lock().unwrap();
        // Gives the neighbours a chance to take their first fork, so that the order is what saves everybody.
        threadlink::thread::yield_now();
        let mut second = self.forks[left.max(right)].lock().unwrap();
        *first += 1;
        *second += 1;
    }

    /// The same without the order, when all before have left.
    fn eat_hastily(&self, seat: usize) {
        while self.left.load(Ordering::Acquire) != seat {
            threadlink::thread::yield_now();
        }
        for _ in 0..MEALS {
            let mut left = self.forks[seat].lock().unwrap();
            let mut right = self.forks[(seat + 1) % PHILOSOPHERS].lock().unwrap();
            *left += 1;
            *right += 1;
        }
        self.left.store(seat + 1, Ordering::Release);
    }
}

#[threadlink::main]
fn main() -> std::io::Result<()> {
    let hasty = threadlink::env::args().any(|argument| argument == "hasty");
    let table = Arc::new(Table::new());
    let mut guests = Vec::new();
    for seat in 0..PHILOSOPHERS {
        let table = Arc::clone(&table);
        let guest = Builder::new()
            .name(format!("philosopher {seat}"))
            .spawn(move || {
                if hasty {
                    table.eat_hastily(seat);
                } else {
                    (0..MEALS).for_each(|_| table.eat(seat));
                }
            })?;
        guests.push(guest);
    }
    for guest in guests {
        guest.join().expect("no philosopher panics");
    }

    for (number, fork) in table.forks.iter().enumerate() {
        let uses = *fork.lock().unwrap();
        assert_eq!(uses, 2 * MEALS, "fork {number} serves two philosophers");
    }
    threadlink::println!("{PHILOSOPHERS} philosophers had {MEALS} meals each");
    Ok(())
}

// xtask no standstill:
