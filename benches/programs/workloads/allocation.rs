//! Allocating: sizes from 16 to 516 bytes, as programs ask for them.

use crate::platform::{sync::mpsc, thread};

/// Allocations that a thread keeps alive.
const ALIVE: usize = 1_000;
/// What the producer hands over at once, so that the channel is not what is measured.
const BATCH: usize = 100;

/// Repeatable numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A piece of memory of a size by chance. Only its beginning is written: the rest would measure memset.
    fn piece(&mut self) -> Vec<u8> {
        let number = self.next();
        let mut piece = Vec::with_capacity(16 + (number >> 16) as usize % 501);
        piece.extend_from_slice(&number.to_le_bytes());
        piece
    }
}

/// What a piece says, which is wrong if two had the same memory.
fn sum(piece: &[u8]) -> u64 {
    piece
        .try_into()
        .map(u64::from_le_bytes)
        .expect("it is as it was made")
}

/// Each thread allocates `rounds` pieces, and frees one for each as soon as it has so many.
pub(crate) fn allocate(rounds: u64, threads: u64) -> u64 {
    let work = move |seed: u64| {
        let mut numbers = Numbers(seed);
        let mut alive: Vec<Vec<u8>> = Vec::with_capacity(ALIVE);
        let mut total = 0_u64;
        for _ in 0..rounds {
            let piece = numbers.piece();
            if alive.len() < ALIVE {
                alive.push(piece);
            } else {
                let place = numbers.next() as usize % ALIVE;
                total = total.wrapping_add(sum(&std::mem::replace(&mut alive[place], piece)));
            }
        }
        alive
            .iter()
            .fold(total, |total, piece| total.wrapping_add(sum(piece)))
    };
    let seed = |thread: u64| 0x9e37_79b9_7f4a_7c15 ^ (thread << 32);
    let others: Vec<_> = (1..threads)
        .map(|thread| thread::spawn(move || work(seed(thread))))
        .collect();
    let mut total = work(seed(0));
    for other in others {
        total = total.wrapping_add(other.join().expect("the thread returns"));
    }
    total
}

/// One thread allocates `rounds` pieces, another one frees them.
pub(crate) fn freed_elsewhere(rounds: u64) -> u64 {
    let (give, take) = mpsc::sync_channel::<Vec<Vec<u8>>>(16);
    let producer = thread::spawn(move || {
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        let mut left = rounds as usize;
        while left > 0 {
            let batch: Vec<_> = (0..BATCH.min(left)).map(|_| numbers.piece()).collect();
            left -= batch.len();
            give.send(batch).expect("the consumer waits");
        }
    });
    let mut total = 0_u64;
    for batch in take {
        for piece in batch {
            total = total.wrapping_add(sum(&piece));
        }
    }
    producer.join().expect("the thread returns");
    total
}

/// Grows a vector to a mebibyte in small steps, `rounds` times: reallocation.
pub(crate) fn grow(rounds: u64) -> u64 {
    let mut total = 0_u64;
    for round in 0..rounds {
        let mut grown: Vec<u64> = Vec::new();
        for number in 0..131_072_u64 {
            grown.push(number ^ round);
        }
        total = total.wrapping_add(grown.iter().sum::<u64>());
    }
    total
}
