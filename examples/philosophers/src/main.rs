//! The dining philosophers, without a deadlock: whoever needs two forks takes the one with the lower number first.
//!
//! Around the table everybody needs the fork to the left and the one to the right. If all took the left one first,
//! all could end up holding one fork and waiting for the next. An order on the forks rules that out: whoever holds
//! the highest-numbered fork of those in use waits for nobody. Build this with the feature `tracing` and the host
//! watches every wait; it finds nothing to report.

use std::sync::{Arc, Mutex};

use threadlink::thread::Builder;
use threadlink::traced;

const PHILOSOPHERS: usize = 5;
const MEALS: u32 = 40;

#[traced]
struct Table {
    /// How often each fork was used.
    forks: Vec<Mutex<u32>>,
}

#[traced]
impl Table {
    fn new() -> Table {
        Table {
            forks: (0..PHILOSOPHERS).map(|_| Mutex::new(0)).collect(),
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
}

#[threadlink::main]
fn main() -> std::io::Result<()> {
    let table = Arc::new(Table::new());
    let mut guests = Vec::new();
    for seat in 0..PHILOSOPHERS {
        let table = Arc::clone(&table);
        let guest = Builder::new()
            .name(format!("philosopher {seat}"))
            .spawn(move || {
                for _ in 0..MEALS {
                    table.eat(seat);
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
