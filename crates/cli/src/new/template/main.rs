//! Accounts, and threads that move money between them.
//!
//! - `threadlink run` builds and runs this; `threadlink run --trace out.trace` also records what its locks do, and
//!   `threadlink analyze out.trace` reports on it.
//! - `threadlink test` runs the tests on the guest, `cargo test` natively.

use std::sync::{Arc, Mutex};

use threadlink::traced;

const ACCOUNTS: usize = 4;
const OPENING_BALANCE: u64 = 1_000;

#[traced]
struct Bank {
    accounts: Vec<Mutex<u64>>,
}

#[traced]
impl Bank {
    fn new(accounts: usize, balance: u64) -> Bank {
        Bank {
            accounts: (0..accounts).map(|_| Mutex::new(balance)).collect(),
        }
    }

    /// Moves money, if there is enough of it. Never holds two locks at once.
    fn transfer(&self, from: usize, to: usize, amount: u64) -> bool {
        {
            let mut balance = self.accounts[from].lock().unwrap();
            if *balance < amount {
                return false;
            }
            *balance -= amount;
        }
        *self.accounts[to].lock().unwrap() += amount;
        true
    }

    /// What all accounts hold together. Right only while nobody transfers.
    fn total(&self) -> u64 {
        self.accounts.iter().map(|account| *account.lock().unwrap()).sum()
    }
}

/// Lets each of some threads move money around.
fn move_money(bank: &Arc<Bank>, threads: usize, transfers: usize) {
    let threads: Vec<_> = (0..threads)
        .map(|number| {
            let bank = Arc::clone(bank);
            threadlink::spawn(move || {
                for step in 0..transfers {
                    bank.transfer((number + step) % ACCOUNTS, (number * step) % ACCOUNTS, 7);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[threadlink::main]
fn main() {
    let bank = Arc::new(Bank::new(ACCOUNTS, OPENING_BALANCE));
    move_money(&bank, 4, 1_000);
    threadlink::println!("all accounts together hold {}", bank.total());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[threadlink::test]
    fn no_money_is_lost() {
        let bank = Arc::new(Bank::new(ACCOUNTS, OPENING_BALANCE));
        move_money(&bank, 3, 100);
        assert_eq!(bank.total(), ACCOUNTS as u64 * OPENING_BALANCE);
    }

    #[threadlink::test]
    fn nobody_overdraws() {
        let bank = Bank::new(2, 5);
        assert!(!bank.transfer(0, 1, 6));
        assert!(bank.transfer(0, 1, 5));
        assert_eq!(bank.total(), 10);
    }
}
