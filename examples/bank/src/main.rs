//! A bank whose locks can be watched: many threads move money between accounts, and none of it gets lost.
//!
//! The struct is written with std's `Mutex`. `#[traced]` is all that makes its locks visible: build this with the
//! feature `tracing`, run it with `--trace`, and `threadlink analyze` shows which locks are waited for, and where.
//! Every transfer needs the journal, whichever accounts it is about: that shows.

use std::sync::{Arc, Mutex};

use threadlink::traced;

const TELLERS: u64 = 4;
const TRANSFERS: u32 = 500;
const ACCOUNTS: usize = 8;
const OPENING_BALANCE: i64 = 10_000;
/// Sealing an entry costs something, on purpose: forging one would cost as much.
const SEAL_ROUNDS: u32 = 300;

#[traced]
struct Bank {
    accounts: Vec<Mutex<i64>>,
    journal: Mutex<Journal>,
}

#[traced]
impl Bank {
    fn new() -> Bank {
        Bank {
            accounts: (0..ACCOUNTS).map(|_| Mutex::new(OPENING_BALANCE)).collect(),
            journal: Mutex::new(Journal::default()),
        }
    }

    /// Moves money, both accounts locked meanwhile, so that nobody ever sees it on neither or on both.
    fn transfer(&self, from: usize, to: usize, amount: i64) {
        // Always the lower account first: with an order of its own for every transfer, two transfers in opposite
        // directions could wait for each other forever (see the example `deadlock`).
        let mut lower = self.accounts[from.min(to)].lock().unwrap();
        let mut higher = self.accounts[from.max(to)].lock().unwrap();
        let (source, destination) = if from < to {
            (&mut lower, &mut higher)
        } else {
            (&mut higher, &mut lower)
        };
        let covered = **source >= amount;
        if covered {
            **source -= amount;
            **destination += amount;
        }
        self.journal.lock().unwrap().enter(amount, covered);
    }

    fn total(&self) -> i64 {
        self.accounts.iter().map(|account| *account.lock().unwrap()).sum()
    }
}

/// What the bank remembers of all transfers.
#[derive(Default)]
struct Journal {
    refused: u32,
    /// A checksum chained over all entries, so that none can be changed later without being noticed.
    seal: u64,
}

impl Journal {
    fn enter(&mut self, amount: i64, covered: bool) {
        self.refused += u32::from(!covered);
        for _ in 0..SEAL_ROUNDS {
            self.seal = (self.seal ^ amount.unsigned_abs())
                .rotate_left(5)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }
}

/// Numbers that look random and are the same in every run (a linear congruential generator).
struct Dice(u64);

impl Dice {
    /// A number below `limit`, which is at most 2^32.
    fn roll(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) % limit
    }
}

/// One thread's work: transfers between two different accounts.
fn work(bank: &Bank, seed: u64) {
    let mut dice = Dice(seed);
    for _ in 0..TRANSFERS {
        let from = dice.roll(ACCOUNTS as u64) as usize;
        let to = (from + 1 + dice.roll(ACCOUNTS as u64 - 1) as usize) % ACCOUNTS;
        bank.transfer(from, to, dice.roll(5_000) as i64);
    }
}

#[threadlink::main]
fn main() {
    let bank = Arc::new(Bank::new());
    threadlink::println!("before: {}", bank.total());

    let tellers: Vec<_> = (0..TELLERS)
        .map(|number| {
            let bank = Arc::clone(&bank);
            threadlink::spawn(move || work(&bank, number))
        })
        .collect();
    for teller in tellers {
        teller.join().expect("no teller panics");
    }

    let refused = bank.journal.lock().unwrap().refused;
    threadlink::println!("after:  {}", bank.total());
    threadlink::println!("{TELLERS} tellers made {TRANSFERS} transfers each, {refused} refused in all");
    assert_eq!(
        bank.total(),
        ACCOUNTS as i64 * OPENING_BALANCE,
        "money came or went"
    );
}
