//! `#[traced]` on a module in braces: its imports change, and with them everything in it.

use threadlink::traced;

/// Compiles for a traced mutex only.
fn traced_mutex<T: ?Sized>(_: &threadlink::sync::Mutex<T>) {}

#[traced]
mod bank {
    //! A bank, with inner attributes.
    #![allow(dead_code)]

    use std::collections::BTreeMap;
    use std::sync::{self, Arc, Condvar, Mutex, MutexGuard, RwLock as Shelf};

    #[derive(Debug, Default)]
    pub(crate) struct Account {
        pub(crate) balance: Mutex<u64>,
        pub(crate) by_module: sync::Mutex<u64>,
        pub(crate) changed: Condvar,
    }

    pub(crate) static LEDGER: Mutex<Vec<String>> = Mutex::new(Vec::new());
    pub(crate) type Accounts = Shelf<BTreeMap<u32, Arc<Account>>>;

    #[derive(Default)]
    pub(crate) struct Bank {
        pub(crate) accounts: Accounts,
    }

    impl Bank {
        pub(crate) fn open(&self, number: u32, balance: u64) -> Arc<Account> {
            let account = Arc::new(Account {
                balance: Mutex::new(balance),
                ..Account::default()
            });
            self.accounts
                .write()
                .unwrap()
                .insert(number, Arc::clone(&account));
            LEDGER.lock().unwrap().push(format!("{number}"));
            account
        }
    }

    impl Account {
        pub(crate) fn guard(&self) -> MutexGuard<'_, u64> {
            self.balance.lock().unwrap()
        }
    }

    macro_rules! shared {
        ($value:expr) => {
            Arc::new(Mutex::new($value))
        };
    }

    pub(crate) fn from_a_macro() -> Arc<Mutex<u8>> {
        shared!(1)
    }

    /// Modules within see what this one imports.
    pub(crate) mod by_glob {
        use super::*;

        pub(crate) fn make() -> Arc<Mutex<u8>> {
            Arc::new(Mutex::new(2))
        }
    }

    pub(crate) mod by_name {
        use super::Mutex;

        pub(crate) static LOCK: Mutex<u8> = Mutex::new(3);
    }

    pub(crate) mod strangers {
        use super::super::other::{Condvar, sync};

        #[derive(Default)]
        pub(crate) struct Kept {
            pub(crate) lock: sync::Mutex<u8>,
            pub(crate) by_path: super::super::other::sync::Mutex<u8>,
            pub(crate) bell: Condvar,
        }
    }
}

/// Types with names that are std's as well.
mod other {
    pub(crate) mod sync {
        #[derive(Default)]
        pub(crate) struct Mutex<T>(pub(crate) T);
    }

    pub(crate) use std::sync::Condvar;
}

#[test]
fn everything_in_a_module_changes() {
    let bank = bank::Bank::default();
    let account = bank.open(7, 10);
    traced_mutex(&account.balance);
    traced_mutex(&account.by_module);
    traced_mutex(&bank::LEDGER);
    let _: &threadlink::sync::Condvar = &account.changed;
    let _: threadlink::sync::MutexGuard<'_, u64> = account.guard();
    assert_eq!(bank.accounts.read().unwrap().len(), 1);
    traced_mutex(&bank::from_a_macro());
    traced_mutex(&bank::by_glob::make());
    traced_mutex(&bank::by_name::LOCK);
}

#[test]
fn strangers_in_a_module_stay() {
    let kept = bank::strangers::Kept::default();
    assert_eq!(kept.lock.0 + kept.by_path.0, 0);
    let _: &std::sync::Condvar = &kept.bell;
}

mod prelude {
    pub(crate) use std::sync::{Arc, Mutex};
}

#[traced]
mod behind_globs {
    use super::prelude::*;

    pub(crate) fn make() -> Arc<Mutex<u8>> {
        let made = Arc::new(Mutex::new(1));
        let text = stringify!(Mutex::new);
        assert_eq!(text.len(), "Mutex::new".len());
        made
    }
}

#[traced]
mod behind_std_glob {
    use std::sync::*;

    pub(crate) static LOCK: Mutex<u8> = Mutex::new(1);
    pub(crate) static ONCE: Once = Once::new();
}

#[traced]
mod glob_in_a_body {
    pub(crate) fn make() -> impl AsRef<u8> {
        use super::prelude::*;
        struct Made(u8);
        impl AsRef<u8> for Made {
            fn as_ref(&self) -> &u8 {
                &self.0
            }
        }
        let lock = Arc::new(Mutex::new(1));
        super::traced_mutex(&lock);
        Made(*lock.lock().unwrap())
    }
}

#[test]
fn names_that_globs_bring_change() {
    traced_mutex(&behind_globs::make());
    traced_mutex(&behind_std_glob::LOCK);
    behind_std_glob::ONCE.call_once(|| ());
    assert_eq!(*glob_in_a_body::make().as_ref(), 1);
}

#[traced(Guarded)]
mod renamed {
    use super::other::sync as theirs;
    use super::reexport::Guarded;
    use std::sync as s;

    pub(crate) static MODULE: s::Mutex<u8> = s::Mutex::new(1);
    pub(crate) static TOLD: Guarded<u8> = Guarded::new(2);
    pub(crate) static THEIRS: theirs::Mutex<u8> = theirs::Mutex(3);
}

mod reexport {
    pub(crate) use std::sync::Mutex as Guarded;
}

use std::sync::Condvar;

#[traced]
mod from_around {
    use super::Condvar;

    pub(crate) static BELL: Condvar = Condvar::new();
}

#[test]
fn imports_from_the_module_around_are_followed() {
    let _: &threadlink::sync::Condvar = &from_around::BELL;
}

#[test]
fn renamed_imports_are_followed() {
    traced_mutex(&renamed::MODULE);
    traced_mutex(&renamed::TOLD);
    assert_eq!(renamed::THEIRS.0, 3);
}

#[traced]
mod parts_of_it {
    #[traced(skip)]
    use std::sync::RwLock;
    use std::sync::{Mutex, MutexGuard};

    #[derive(Default)]
    pub(crate) struct Locks {
        pub(crate) traced: Mutex<u8>,
        /// Not this one.
        #[traced(skip)]
        pub(crate) plain: Mutex<u8>,
        pub(crate) skipped_import: RwLock<u8>,
    }

    #[derive(Default)]
    pub(crate) struct Chosen {
        #[traced(only)]
        pub(crate) traced: Mutex<u8>,
        pub(crate) plain: Mutex<u8>,
    }

    impl Locks {
        pub(crate) fn new() -> Self {
            Self {
                traced: Mutex::new(1),
                #[traced(skip)]
                plain: Mutex::new(2),
                skipped_import: RwLock::new(3),
            }
        }

        #[traced(skip)]
        pub(crate) fn plain(&self) -> MutexGuard<'_, u8> {
            let local: std::sync::Mutex<u8> = Mutex::new(1);
            assert_eq!(*local.lock().unwrap(), 1);
            self.plain.lock().unwrap()
        }
    }

    #[traced(skip)]
    pub(crate) static PLAIN: Mutex<u8> = Mutex::new(4);
}

#[test]
fn parts_can_be_excepted() {
    let locks = parts_of_it::Locks::new();
    traced_mutex(&locks.traced);
    let _: &std::sync::Mutex<u8> = &locks.plain;
    let _: &std::sync::RwLock<u8> = &locks.skipped_import;
    let guard: std::sync::MutexGuard<'_, u8> = locks.plain();
    assert_eq!(*guard, 2);
    let chosen = parts_of_it::Chosen::default();
    traced_mutex(&chosen.traced);
    let _: &std::sync::Mutex<u8> = &chosen.plain;
    let _: &std::sync::Mutex<u8> = &parts_of_it::PLAIN;
}

mod outside_of_modules {
    use std::sync::Mutex;

    use threadlink::traced;

    #[traced]
    pub(crate) struct Locks {
        pub(crate) traced: Mutex<u8>,
        #[traced(skip)]
        pub(crate) plain: Mutex<u8>,
    }

    #[traced]
    pub(crate) enum Either {
        One(#[threadlink::traced(only)] Mutex<u8>, Mutex<u8>),
        #[traced(skip)]
        Other {
            lock: Mutex<u8>,
        },
    }

    #[traced]
    impl Locks {
        pub(crate) fn new() -> Self {
            #[traced(skip)]
            let plain: Mutex<u8> = Mutex::new(2);
            Self {
                traced: Mutex::new(1),
                plain,
            }
        }
    }
}

#[test]
fn parts_can_be_excepted_outside_of_modules() {
    use outside_of_modules::{Either, Locks};
    let locks = Locks::new();
    traced_mutex(&locks.traced);
    let _: &std::sync::Mutex<u8> = &locks.plain;
    let other = Either::Other {
        lock: std::sync::Mutex::new(1),
    };
    let one = Either::One(threadlink::sync::Mutex::new(1), std::sync::Mutex::new(2));
    for either in [one, other] {
        let sum = match either {
            Either::One(one, other) => *one.lock().unwrap() + *other.lock().unwrap(),
            Either::Other { lock } => *lock.lock().unwrap(),
        };
        assert!(sum == 3 || sum == 1);
    }
}
