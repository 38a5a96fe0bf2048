//! The smallest threaded program: some threads print a line each and return a number, which main adds up.

use threadlink::thread::Builder;

const GREETERS: u32 = 4;

#[threadlink::main]
fn main() -> std::io::Result<()> {
    let mut greeters = Vec::new();
    for number in 1..=GREETERS {
        let greeter = Builder::new().name(format!("greeter {number}")).spawn(move || {
            threadlink::println!("hello from thread {number}");
            number
        })?;
        greeters.push(greeter);
    }

    let sum: u32 = greeters
        .into_iter()
        .map(|greeter| greeter.join().expect("no greeter panics"))
        .sum();
    threadlink::println!("hello from main: {GREETERS} threads are done, their numbers add up to {sum}");
    Ok(())
}
