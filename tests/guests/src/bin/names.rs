//! Locks with names: of fields, statics and variables, in all flavours. Each is locked once, so that a trace knows it.

use std::sync::{Arc, Condvar, Mutex, RwLock};

#[threadlink::traced]
#[derive(Default)]
struct Account {
    balance: Mutex<u64>, // Account.balance
    limit: RwLock<u64>,  // Account.limit
    changed: Condvar,    // Account.changed
}

#[threadlink::traced]
impl Account {
    const fn new(balance: u64) -> Self {
        Self {
            balance: Mutex::new(balance), // Account.balance
            limit: RwLock::new(1_000),    // Account.limit
            changed: Condvar::new(),      // Account.changed
        }
    }
}

impl Account {
    fn visit(&self) {
        let mut balance = self.balance.lock().unwrap();
        *balance += *self.limit.read().unwrap();
        self.changed.notify_all();
    }
}

#[threadlink::traced]
static LEDGER: Mutex<u64> = Mutex::new(0); // names::LEDGER

#[threadlink::traced(std)]
mod vault {
    use parking_lot::Mutex as Fast;
    use std::sync::Mutex as Lock;
    use std::sync::{Arc, RwLock};

    static DOOR: Lock<u64> = Lock::new(0); // names::vault::DOOR

    thread_local! {
        static KEY: Lock<u64> = const { Lock::new(0) }; // names::vault::KEY
    }

    struct Shelf {
        boxes: Vec<Arc<RwLock<u64>>>,
        fast: Fast<u64>,
    }

    pub(super) fn visit() {
        let shelf = Shelf {
            boxes: (0..2).map(|index| Arc::new(RwLock::new(index))).collect(), // Shelf.boxes
            fast: Fast::new(1),                                                // Shelf.fast
        };
        for index in &shelf.boxes {
            *index.write().unwrap() += 1;
        }
        *shelf.fast.lock() += *DOOR.lock().unwrap();
        KEY.with(|key| *key.lock().unwrap() += 1);
        let local = Lock::new(1); // local
        assert_eq!(*local.lock().unwrap(), 1);
        println!("{}", shelf.fast.lock());
    }
}

#[threadlink::main]
fn main() {
    let account = Arc::new(Account::new(1));
    account.visit();
    let fresh = Account::default();
    fresh.visit();
    *LEDGER.lock().unwrap() += 1;
    vault::visit();
}
