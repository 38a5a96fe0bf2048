//! Game of life in bands, a barrier between generations.
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::*};
use std::sync::{Arc, Barrier};
use std::thread;

const N: usize = 32;

pub(crate) fn run() {
    let boards: Arc<[Vec<AtomicU8>; 2]> = Arc::new([
        (0..N * N)
            .map(|i| AtomicU8::new((i * 7 + i / N * 13).is_multiple_of(5) as u8))
            .collect(),
        (0..N * N).map(|_| AtomicU8::new(0)).collect(),
    ]);
    let barrier = Arc::new(Barrier::new(4));
    let leaders = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..4)
        .map(|band| {
            let (boards, barrier, leaders) = (boards.clone(), barrier.clone(), leaders.clone());
            thread::spawn(move || {
                for generation in 0..50 {
                    let (from, to) = (&boards[generation % 2], &boards[(generation + 1) % 2]);
                    for y in band * N / 4..(band + 1) * N / 4 {
                        for x in 0..N {
                            let mut n = 0;
                            for (dy, dx) in [
                                (N - 1, N - 1),
                                (N - 1, 0),
                                (N - 1, 1),
                                (0, N - 1),
                                (0, 1),
                                (1, N - 1),
                                (1, 0),
                                (1, 1),
                            ] {
                                n += from[(y + dy) % N * N + (x + dx) % N].load(Relaxed);
                            }
                            let alive = from[y * N + x].load(Relaxed) == 1;
                            to[y * N + x].store((n == 3 || alive && n == 2) as u8, Relaxed);
                        }
                    }
                    if barrier.wait().is_leader() {
                        leaders.fetch_add(1, Relaxed);
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    for row in boards[0].chunks(N) {
        println!(
            "{}",
            row.iter()
                .map(|c| if c.load(Relaxed) == 1 { '#' } else { '.' })
                .collect::<String>()
        );
    }
    println!("{} generations", leaders.load(Relaxed));
}
