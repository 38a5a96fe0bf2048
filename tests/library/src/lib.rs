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

/// Has a parameter of every type of wasm.
///
/// # Errors
/// If the divisor is 0.
#[threadlink::export]
pub fn scale(value: i32, by: u64, divisor: f64, extra: f32, double: bool) -> Result<f64, String> {
    if divisor == 0.0 {
        return Err("division by zero".to_owned());
    }
    let scaled = f64::from(value) * by as f64 / divisor + f64::from(extra);
    Ok(if double { 2.0 * scaled } else { scaled })
}

/// Whether a number is odd.
#[threadlink::export]
pub fn is_odd(number: usize) -> bool {
    !number.is_multiple_of(2)
}
