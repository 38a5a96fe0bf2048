//! A bank: tellers move money between accounts, an auditor counts it meanwhile, a clerk writes the journal.
//!
//! It is here twice: `plain.rs` is an ordinary program, `traced.rs` is the same with attributes on it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard};
use std::thread::{self, JoinHandle};
use std::time::Instant;

const ACCOUNTS: u32 = 12;
const OPENING_BALANCE: i64 = 1_000;
const TELLERS: u32 = 4;
const TRANSFERS: u32 = 400;
/// How many entries may wait for the clerk.
const TRAY: usize = 16;

/// Why a transfer was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    NotCovered,
    SameAccount,
    NoSuchAccount(u32),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotCovered => write!(f, "there is too little money"),
            Refusal::SameAccount => write!(f, "both accounts are the same"),
            Refusal::NoSuchAccount(number) => write!(f, "there is no account {number}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// One line of the journal.
#[derive(Debug, Clone, Copy)]
struct Entry {
    from: u32,
    to: u32,
    amount: i64,
}

#[threadlink::traced]
#[derive(Debug)]
struct Account {
    balance: Mutex<i64>,
    transfers: AtomicU32,
}

#[threadlink::traced]
impl Account {
    const fn new(balance: i64) -> Self {
        Self {
            balance: Mutex::new(balance),
            transfers: AtomicU32::new(0),
        }
    }

    fn balance(&self) -> MutexGuard<'_, i64> {
        self.transfers.fetch_add(1, Ordering::Relaxed);
        self.balance.lock().expect("no teller dies with an account open")
    }
}

/// Where tellers leave entries for the clerk.
#[threadlink::traced]
#[derive(Debug, Default)]
struct Tray {
    entries: Mutex<VecDeque<Entry>>,
    filled: Condvar,
    emptied: Condvar,
    closed: AtomicBool,
}

impl Tray {
    fn put(&self, entry: Entry) {
        let entries = self.entries.lock().unwrap();
        let mut entries = self
            .emptied
            .wait_while(entries, |entries| entries.len() >= TRAY)
            .unwrap();
        entries.push_back(entry);
        self.filled.notify_one();
    }

    /// The next entry; `None` when there will be no more.
    fn take(&self) -> Option<Entry> {
        let mut entries = self.entries.lock().unwrap();
        loop {
            if let Some(entry) = entries.pop_front() {
                self.emptied.notify_one();
                return Some(entry);
            }
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
            entries = self.filled.wait(entries).unwrap();
        }
    }

    fn close(&self) {
        let _entries = self.entries.lock().unwrap();
        self.closed.store(true, Ordering::Release);
        self.filled.notify_all();
    }
}

#[threadlink::traced]
type Accounts = RwLock<BTreeMap<u32, Arc<Account>>>;

#[derive(Debug, Default)]
struct Bank {
    accounts: Accounts,
    tray: Tray,
}

#[threadlink::traced]
impl Bank {
    fn open(&self, number: u32, balance: i64) {
        let account = Arc::new(Account::new(balance));
        self.accounts.write().unwrap().insert(number, account);
    }

    fn accounts(&self) -> RwLockReadGuard<'_, BTreeMap<u32, Arc<Account>>> {
        self.accounts.read().unwrap()
    }

    fn account(&self, number: u32) -> Result<Arc<Account>, Refusal> {
        let accounts = self.accounts();
        accounts
            .get(&number)
            .cloned()
            .ok_or(Refusal::NoSuchAccount(number))
    }

    fn transfer(&self, entry: Entry) -> Result<(), Refusal> {
        let Entry { from, to, amount } = entry;
        if from == to {
            return Err(Refusal::SameAccount);
        }
        let (source, destination) = (self.account(from)?, self.account(to)?);
        // The account with the lower number first, so that no two tellers wait for each other.
        let (mut source, mut destination) = if from < to {
            let source = source.balance();
            (source, destination.balance())
        } else {
            let destination = destination.balance();
            (source.balance(), destination)
        };
        if *source < amount {
            return Err(Refusal::NotCovered);
        }
        *source -= amount;
        *destination += amount;
        drop((source, destination));
        self.tray.put(entry);
        Ok(())
    }

    /// All the money, with every account held at once.
    fn total(&self) -> i64 {
        let accounts = self.accounts();
        let balances: Vec<MutexGuard<'_, i64>> = accounts.values().map(|account| account.balance()).collect();
        balances.iter().map(|balance| **balance).sum()
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as u32 % limit
    }
}

/// Starts a teller, who says how many transfers were made and how many refused.
#[threadlink::traced(std)]
fn teller(bank: &Arc<Bank>, number: u32) -> JoinHandle<(u32, u32)> {
    let bank = Arc::clone(bank);
    let work = move || {
        let mut dice = Dice(u64::from(number));
        let (mut made, mut refused) = (0, 0);
        for _ in 0..TRANSFERS {
            let entry = Entry {
                from: dice.roll(ACCOUNTS),
                to: dice.roll(ACCOUNTS + 1),
                amount: i64::from(dice.roll(100)),
            };
            match bank.transfer(entry) {
                Ok(()) => made += 1,
                Err(_) => refused += 1,
            }
        }
        (made, refused)
    };
    thread::Builder::new()
        .name(format!("teller {number}"))
        .spawn(work)
        .expect("there is room for a teller")
}

/// Starts the clerk, who says what the accounts must hold by the journal.
#[threadlink::traced(std)]
fn clerk(bank: &Arc<Bank>) -> JoinHandle<BTreeMap<u32, i64>> {
    let bank = Arc::clone(bank);
    thread::spawn(move || {
        let mut balances: BTreeMap<u32, i64> =
            (0..ACCOUNTS).map(|number| (number, OPENING_BALANCE)).collect();
        while let Some(Entry { from, to, amount }) = bank.tray.take() {
            *balances.entry(from).or_default() -= amount;
            *balances.entry(to).or_default() += amount;
        }
        balances
    })
}

#[threadlink::main]
#[threadlink::traced(std)]
fn main() -> Result<(), Refusal> {
    let start = Instant::now();
    let bank = Arc::new(Bank::default());
    for number in 0..ACCOUNTS {
        bank.open(number, OPENING_BALANCE);
    }
    println!("{ACCOUNTS} accounts hold {}", bank.total());

    let clerk = clerk(&bank);
    let tellers: Vec<JoinHandle<(u32, u32)>> = (1..=TELLERS).map(|number| teller(&bank, number)).collect();
    let done = Arc::new(AtomicBool::new(false));
    let auditor = {
        let (bank, done) = (Arc::clone(&bank), Arc::clone(&done));
        thread::spawn(move || {
            let mut right = true;
            while !done.load(Ordering::Acquire) {
                right &= bank.total() == i64::from(ACCOUNTS) * OPENING_BALANCE;
                thread::yield_now();
            }
            right
        })
    };

    let mut all = 0;
    for teller in tellers {
        let (made, refused) = teller.join().expect("no teller panics");
        all += made + refused;
    }
    done.store(true, Ordering::Release);
    bank.tray.close();
    let by_journal = clerk.join().expect("the clerk does not panic");
    let right = auditor.join().expect("the auditor does not panic");
    println!("{TELLERS} tellers were asked for {all} transfers");
    println!("every audit was right: {right}");

    let agree = bank
        .accounts()
        .iter()
        .all(|(number, account)| by_journal[number] == *account.balance());
    println!("the journal agrees: {agree}");
    println!("{ACCOUNTS} accounts hold {}", bank.total());
    let absurd = Entry {
        from: 0,
        to: 99,
        amount: 1,
    };
    match bank.transfer(absurd) {
        Ok(()) => println!("money has gone nowhere"),
        Err(refusal) => println!("refused: {refusal}"),
    }
    assert!(start.elapsed() <= Instant::now().duration_since(start));
    bank.account(1).map(drop)
}
