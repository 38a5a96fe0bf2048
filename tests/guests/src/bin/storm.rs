//! Many threads in a way that hosts find hard; the first argument says which, the second how many. Prints what was asked for,
//! and for `time` the nanoseconds that starting and joining one thread takes.

// xtask stress: nested 40
// xtask stress: wide 256
// xtask stress: growth 300

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};

use threadlink::sync::{Arc, Barrier};
use threadlink::thread;
use threadlink::time::Instant;

/// Each thread starts one more and joins it: all of them are alive at the end.
fn nested(depth: usize) -> usize {
    match depth {
        0 => 0,
        _ => 1 + thread::spawn(move || nested(depth - 1)).join().unwrap(),
    }
}

/// All of them at once.
fn wide(count: usize) -> usize {
    let barrier = Arc::new(Barrier::new(count));
    let threads: Vec<_> = (0..count)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || usize::from(barrier.wait().is_leader()))
        })
        .collect();
    let leaders: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(leaders, 1);
    count
}

/// Threads make the memory grow in turn, while those whose turn it is not spin, and touch the new memory when they see it.
fn growth(count: usize) -> usize {
    const THREADS: usize = 4;
    const PIECE: usize = 1 << 20;
    static TURN: AtomicUsize = AtomicUsize::new(0);
    static NEWEST: AtomicUsize = AtomicUsize::new(0);
    let work = move |own: usize| {
        let mut kept = Vec::new();
        loop {
            let turn = TURN.load(Ordering::Acquire);
            if turn >= count {
                return kept.len();
            }
            if turn % THREADS == own {
                let piece: &'static [AtomicUsize] = Vec::leak(
                    (0..PIECE / size_of::<usize>())
                        .map(|_| AtomicUsize::new(turn))
                        .collect(),
                );
                kept.push(piece);
                NEWEST.store(piece.as_ptr().addr(), Ordering::Release);
                TURN.store(turn + 1, Ordering::Release);
            } else {
                let newest = NEWEST.load(Ordering::Acquire) as *const AtomicUsize;
                // SAFETY: it is null, or the beginning of a piece, and none of them is given back.
                if let Some(word) = unsafe { newest.as_ref() } {
                    word.fetch_or(0, Ordering::AcqRel);
                }
                spin_loop();
            }
        }
    };
    let threads: Vec<_> = (0..THREADS).map(|own| thread::spawn(move || work(own))).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).sum()
}

/// One thread after the other.
fn time(count: usize) -> usize {
    let one_by_one = |count: usize| (0..count).for_each(|_| thread::spawn(|| ()).join().unwrap());
    one_by_one(1000);
    let started = Instant::now();
    one_by_one(count);
    usize::try_from(started.elapsed().as_nanos() / count as u128).unwrap()
}

#[threadlink::main]
fn main() {
    let words: Vec<String> = threadlink::env::args().skip(1).collect();
    let [how, count] = words.as_slice() else {
        panic!("storm HOW COUNT")
    };
    let count = count.parse().expect("a number");
    let done = match how.as_str() {
        "nested" => nested(count),
        "wide" => wide(count),
        "growth" => growth(count),
        "time" => time(count),
        _ => panic!("no such storm: {how}"),
    };
    threadlink::println!("{how} {done}");
}
