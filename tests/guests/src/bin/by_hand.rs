//! A program with threadlink's names written out. `by_attr.rs` is the same in std style with attributes: the two
//! must become the same module.

use threadlink::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use threadlink::thread;

#[derive(Default)]
struct Account {
    balance: Mutex<u64>,
    changed: Condvar,
    limit: RwLock<u64>,
}

static TOTAL: Mutex<u64> = Mutex::new(0);

impl Account {
    fn open(balance: u64) -> Self {
        Self {
            balance: Mutex::new(balance),
            limit: RwLock::new(1_000),
            ..Self::default()
        }
    }

    fn balance(&self) -> MutexGuard<'_, u64> {
        self.balance.lock().unwrap()
    }

    fn deposit(&self, amount: u64) {
        let amount = amount.min(*self.limit.read().unwrap());
        *self.balance() += amount;
        *TOTAL.lock().unwrap() += amount;
        self.changed.notify_all();
    }

    fn wait_for(&self, balance: u64) -> u64 {
        let enough = self.changed.wait_while(self.balance(), |now| *now < balance);
        *enough.unwrap()
    }
}

fn run() -> u64 {
    let accounts: Vec<Arc<Account>> = (0..3).map(|number| Arc::new(Account::open(number))).collect();
    let workers: Vec<_> = accounts
        .iter()
        .map(|account| {
            let account = Arc::clone(account);
            thread::spawn(move || (0..4).for_each(|amount| account.deposit(amount)))
        })
        .collect();
    let sum = accounts.iter().map(|account| account.wait_for(6)).sum();
    for worker in workers {
        worker.join().unwrap();
    }
    threadlink::println!("{sum} {}", TOTAL.lock().unwrap());
    sum
}

#[threadlink::main]
fn main() {
    assert!(run() > 0);
}
