//! Threads whose default stack `main` chose.

use std::hint::black_box;

/// Four times what threads get if nobody says anything.
const STACK: usize = 2 << 20;
/// More than that default, and less than half of the chosen one: without optimisation there are two of it.
const FRAME: usize = 600 << 10;

fn deep() -> usize {
    let bytes = black_box([1_u8; FRAME]);
    bytes.iter().map(|&byte| usize::from(byte)).sum()
}

#[threadlink::main(stack_size = STACK)]
fn main() {
    // One after the other: the second takes over the block of the first.
    for _ in 0..2 {
        let sum = threadlink::spawn(deep).join().expect("the stack is deep enough");
        threadlink::println!("{sum}");
    }
    let small = threadlink::thread::Builder::new().stack_size(64 << 10);
    let small = small.spawn(|| 1).expect("there is memory").join();
    threadlink::println!("{}", small.expect("it needs little"));
    let stats = threadlink::thread::stats();
    threadlink::println!("{} leaked", stats.leaked_blocks);
}
