//! A thread that runs over its stack in linear memory, into the guard zone and beyond.

use std::hint::black_box;

use threadlink::thread;

/// Each frame writes all of an array that is smaller than the guard zone.
#[inline(never)]
fn fill(depth: u32) -> u32 {
    let mut frame = [0_u8; 256];
    black_box(&mut frame).fill(0x5c);
    let below = if depth == 0 { 0 } else { fill(depth - 1) };
    below.wrapping_add(u32::from(black_box(&frame)[7]))
}

#[threadlink::main]
fn main() {
    // Room below it, so that the overflow lands in memory that is nobody's.
    let cushion = vec![0_u8; 1 << 20];
    let deep = thread::Builder::new().name("deep".into()).stack_size(64 * 1024);
    let result = deep.spawn(|| fill(black_box(300))).expect("no thread").join();
    black_box(&cushion);
    threadlink::println!("went unnoticed: {}", result.is_ok());
}
