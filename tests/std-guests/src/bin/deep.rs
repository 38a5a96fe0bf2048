//! Calls itself on a thread as deep as a stack of two megabytes allows, and says nothing.

use std::hint::black_box;
use std::thread::{self, Builder};

#[inline(never)]
fn deep(levels: u32) -> u32 {
    let mut frame = [0_u8; 1024];
    black_box(&mut frame).fill(1);
    let below = if levels == 0 { 0 } else { deep(levels - 1) };
    below + u32::from(black_box(&frame)[7])
}

fn main() {
    // What asks for more gets more, whatever is said about the others.
    let own = Builder::new().stack_size(4 << 20).spawn(|| deep(1000));
    let own = own.expect("there is memory").join();
    let usual = thread::spawn(|| deep(1000)).join();
    assert!(matches!((own, usual), (Ok(1001), Ok(1001))), "another sum");
}
