//! Two threads that take two locks in opposite order, and wait for each other until the host ends the program.
//!
//! A barrier makes sure that each holds its first lock before either wants its second, so this deadlocks in every
//! run, not once in a thousand. Built with the feature `tracing`, it ends by itself with exit code 3 and a report
//! that names both threads, both locks, and the lines of this file where they were taken and are waited for. Built
//! without, nobody can see the locks, and it waits until `threadlink run --timeout` ends it.

use std::sync::{Arc, Barrier, Mutex};

use threadlink::thread::Builder;
use threadlink::traced;

#[traced]
struct Table {
    left: Mutex<u32>,
    right: Mutex<u32>,
}

#[traced]
impl Table {
    fn new() -> Table {
        Table {
            left: Mutex::new(0),
            right: Mutex::new(0),
        }
    }
}

fn left_first(table: &Table, both_hold_one: &Barrier) -> u32 {
    let left = table.left.lock().unwrap(); // left takes left
    both_hold_one.wait();
    let right = table.right.lock().unwrap(); // left wants right
    *left + *right
}

fn right_first(table: &Table, both_hold_one: &Barrier) -> u32 {
    let right = table.right.lock().unwrap(); // right takes right
    both_hold_one.wait();
    let left = table.left.lock().unwrap(); // right wants left
    *left + *right
}

#[threadlink::main]
fn main() -> std::io::Result<()> {
    let table = Arc::new(Table::new());
    let both_hold_one = Arc::new(Barrier::new(2));

    let (their_table, their_barrier) = (Arc::clone(&table), Arc::clone(&both_hold_one));
    let left = Builder::new()
        .name("left".to_owned())
        .spawn(move || left_first(&their_table, &their_barrier))?;
    let right = Builder::new()
        .name("right".to_owned())
        .spawn(move || right_first(&table, &both_hold_one))?;

    threadlink::println!("two threads are about to wait for each other");
    let sum = left.join().expect("left does not panic") + right.join().expect("right does not panic");
    threadlink::println!("this is never printed: {sum}");
    Ok(())
}

// xtask standstill:
