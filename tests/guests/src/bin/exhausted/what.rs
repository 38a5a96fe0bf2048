//! What a program can run out of: `memory`, small `pieces` of it, `stacks` for threads, its `stack` by degrees or in one
//! `frame`, or the `engine`'s; or it traps for want of `nothing`. On the main thread, or with `thread` as a second argument
//! on one called 'worker'.

use std::hint::black_box;
use std::mem::MaybeUninit;

use threadlink::thread;

/// Frames that write all over an array that is smaller than a guard zone.
#[inline(never)]
fn fill(depth: u32) -> u32 {
    let mut frame = [0_u8; 512];
    black_box(&mut frame).fill(0x5c);
    let below = if depth == 0 { 0 } else { fill(depth - 1) };
    below.wrapping_add(u32::from(black_box(&frame)[7]))
}

/// A frame that is larger than the whole stack and steps over the guard zone, in which the thread dies before it writes
/// anything.
#[inline(never)]
fn step_over() {
    let mut frame = MaybeUninit::<[u8; 3 << 20]>::uninit();
    if !black_box(&mut frame).as_ptr().is_null() {
        std::process::abort();
    }
}

/// Frames that need nothing of the stack in memory.
#[inline(never)]
fn descend(depth: u32) -> u32 {
    if depth == 0 {
        return black_box(0);
    }
    black_box(descend(black_box(depth - 1))).wrapping_add(1)
}

fn exhaust(what: &str, depth: u32) {
    match what {
        "memory" => drop(black_box(vec![1_u8; 100 << 20])),
        "pieces" => {
            let mut pieces = Vec::new();
            loop {
                pieces.push(black_box(Box::new([1_u8; 64])));
            }
        }
        "stack" => drop(black_box(fill(black_box(depth)))),
        "frame" => step_over(),
        "engine" => drop(black_box(descend(black_box(10_000_000)))),
        "stacks" => {
            let handles: Vec<_> = (0..1_000)
                .map(|_| {
                    let builder = thread::Builder::new().stack_size(1 << 20);
                    builder
                        .spawn(thread::park)
                        .unwrap_or_else(|error| panic!("{error}"))
                })
                .collect();
            drop(handles);
        }
        "nothing" => black_box(None::<u32>).map_or_else(|| std::process::abort(), |_| ()),
        other => panic!("{other}?"),
    }
}

/// The whole program.
pub(super) fn run() {
    let arguments: Vec<String> = threadlink::env::args().skip(1).collect();
    let what = arguments[0].clone();
    if arguments.len() == 1 {
        return exhaust(&what, 5_000);
    }
    // Room below its stack, so that an overflow lands in memory that is nobody's.
    let cushion = vec![0_u8; 4 << 20];
    let worker = thread::Builder::new()
        .name("worker".into())
        .stack_size(128 * 1024);
    let result = worker
        .spawn(move || exhaust(&what, 280))
        .expect("no thread")
        .join();
    black_box(&cushion);
    if let Err(payload) = result {
        let message = payload.downcast_ref::<String>().map_or("(no text)", |text| text);
        threadlink::println!("joined: {message}");
    }
}
