//! Two entry points and no main.

use threadlink::println;

/// Sums with threads.
#[threadlink::export]
pub fn sum() {
    let threads: Vec<_> = (1..=4)
        .map(|number| threadlink::spawn(move || number * 10))
        .collect();
    let sum: i32 = threads
        .into_iter()
        .map(|thread| thread.join().expect("a thread died"))
        .sum();
    println!("{sum}");
}

/// Greets.
#[threadlink::export]
pub fn greet() {
    println!("hello from a library");
}
