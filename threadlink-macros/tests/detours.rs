//! `#[traced]` where std is reached by detours: glob imports, other names, `super`, re-exports, and imports that a
//! condition chooses. The types that result say whose items were found.

use threadlink::thread::JoinHandle;
use threadlink::traced;

#[traced(std)]
mod by_module {
    use std::thread as th;

    pub(super) mod re_exported {
        pub(crate) use std::thread::*;
        pub(crate) use std::{sync::mpsc as chan, time as clock};
    }

    pub(super) mod glob_of_parent {
        use super::*;

        pub(crate) fn start() -> th::JoinHandle<u8> {
            th::spawn(|| 1)
        }
    }

    pub(super) mod name_from_parent {
        use super::th;

        pub(crate) fn start() -> th::JoinHandle<u8> {
            th::spawn(|| 2)
        }
    }

    pub(super) mod path_through_parent {
        pub(crate) fn start() -> super::th::JoinHandle<u8> {
            super::th::spawn(|| 3)
        }
    }

    pub(super) mod glob_of_std {
        use std::thread::*;

        pub(crate) fn start() -> JoinHandle<u8> {
            sleep(std::time::Duration::ZERO);
            spawn(|| 4)
        }
    }

    pub(super) mod through_another {
        use super::re_exported::{chan, clock::Instant, spawn};

        pub(crate) fn start() -> super::re_exported::JoinHandle<u8> {
            let (sender, receiver) = chan::channel();
            sender.send(Instant::now()).unwrap();
            spawn(move || receiver.iter().map(|_| 5).sum())
        }
    }

    pub(super) mod whole_std {
        use std as s;
        extern crate std as t;

        pub(crate) fn start() -> s::thread::JoinHandle<u8> {
            t::thread::spawn(|| 6)
        }
    }

    pub(super) mod everything {
        use std::*;

        pub(crate) fn start() -> thread::JoinHandle<u8> {
            let value: sync::Mutex<u8> = sync::Mutex::new(7);
            thread::spawn(move || *value.lock().unwrap())
        }
    }
}

#[traced(std)]
fn glob_in_a_body() -> std::thread::JoinHandle<u8> {
    use std::sync::*;
    use std::thread::*;
    let value = Arc::new(Mutex::new(8));
    let _: &threadlink::sync::Mutex<u8> = &value;
    let handle: JoinHandle<u8> = spawn(move || *value.lock().unwrap());
    handle
}

#[test]
fn all_of_them_lead_to_threadlink() {
    let all: [fn() -> JoinHandle<u8>; 8] = [
        by_module::glob_of_parent::start,
        by_module::name_from_parent::start,
        by_module::path_through_parent::start,
        by_module::glob_of_std::start,
        by_module::through_another::start,
        by_module::whole_std::start,
        by_module::everything::start,
        glob_in_a_body,
    ];
    for (start, result) in all.into_iter().zip(1..) {
        assert_eq!(start().join().unwrap(), result);
    }
}

/// Where only locks are asked for, a whole module or std itself keeps the rest.
#[traced]
mod only_locks {
    use std as s;
    use std::sync;
    use std::thread as th;

    pub(super) fn run() -> th::JoinHandle<u8> {
        let lock: s::sync::Mutex<u8> = sync::Mutex::new(1);
        let _: &threadlink::sync::Mutex<u8> = &lock;
        s::thread::spawn(move || *lock.lock().unwrap())
    }
}

#[test]
fn what_was_not_asked_for_stays_on_detours() {
    let handle: std::thread::JoinHandle<u8> = only_locks::run();
    assert_eq!(handle.join().unwrap(), 1);
}

/// What is left out of it stays std's, though its module was imported.
#[traced(std)]
mod left_out {
    use std::sync::Mutex;
    use std::thread as th;

    pub(super) static LOCK: Mutex<u8> = Mutex::new(0);

    #[traced(skip)]
    pub(super) fn start() -> th::JoinHandle<u8> {
        th::spawn(|| *LOCK.lock().unwrap())
    }
}

#[test]
fn what_is_left_out_stays_std() {
    let handle: std::thread::JoinHandle<u8> = left_out::start();
    assert_eq!(handle.join().unwrap(), 0);
}

mod own {
    #[derive(Default)]
    pub(crate) struct Mutex<T>(T);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(value)
        }

        pub(crate) const fn lock(&self) -> Result<&T, ()> {
            Ok(&self.0)
        }
    }

    pub(crate) mod thread {
        pub(crate) struct Handle(#[allow(dead_code)] pub(crate) u8);

        pub(crate) fn spawn(work: impl FnOnce() -> u8) -> Handle {
            Handle(work())
        }
    }
}

/// A module whose imports a condition chooses, in this order.
macro_rules! chosen {
    ($name:ident, $lock:ty, $handle:ty: $($imports:tt)*) => {
        #[traced(std)]
        mod $name {
            $($imports)*
            use std::sync::RwLock;

            #[derive(Default)]
            pub(super) struct Both {
                pub(super) one: Mutex<u8>,
                other: RwLock<u8>,
            }

            pub(super) static ONE: Mutex<u8> = Mutex::new(1);

            mod inner {
                use super::*;
                use super::{Mutex as Lock, thread as th};

                pub(super) fn sum() -> u8 {
                    let (one, other) = (Mutex::new(1), Lock::new(2));
                    let _ = th::spawn(|| 1);
                    let sum = *one.lock().unwrap() + *other.lock().unwrap();
                    sum
                }
            }

            pub(super) fn run() -> u8 {
                let both = Both { one: Mutex::new(inner::sum()), other: RwLock::new(2) };
                let (one, other, first) =
                    (both.one.lock().unwrap(), both.other.read().unwrap(), ONE.lock().unwrap());
                *one + *other + *first
            }

            pub(super) fn start() -> $handle {
                thread::spawn(|| 1)
            }
        }

        #[test]
        fn $name() {
            assert_eq!($name::run(), 6);
            let _: $handle = $name::start();
            let both = $name::Both::default();
            let _: &$lock = &both.one;
        }
    };
}

chosen! { own_first, crate::own::Mutex<u8>, crate::own::thread::Handle:
    #[cfg(test)]
    use crate::own::{Mutex, thread};
    #[cfg(not(test))]
    use std::{sync::Mutex, thread};
}
chosen! { own_last, crate::own::Mutex<u8>, crate::own::thread::Handle:
    #[cfg(not(test))]
    use std::{sync::Mutex, thread};
    #[cfg(test)]
    use crate::own::{Mutex, thread};
}
chosen! { std_first, threadlink::sync::Mutex<u8>, threadlink::thread::JoinHandle<u8>:
    #[cfg(test)]
    use std::{sync::Mutex, thread};
    #[cfg(not(test))]
    use crate::own::{Mutex, thread};
}
chosen! { std_last, threadlink::sync::Mutex<u8>, threadlink::thread::JoinHandle<u8>:
    #[cfg(not(test))]
    use crate::own::{Mutex, thread};
    #[cfg(test)]
    use std::{sync::Mutex, thread};
}

/// parking_lot's guards of every kind, and its time limits.
#[traced]
mod of_parking_lot {
    use parking_lot::{
        MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard, Mutex, MutexGuard, RwLock,
        RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard,
    };
    use std::time::Duration;

    fn part(lock: &Mutex<Vec<u8>>) -> MappedMutexGuard<'_, u8> {
        MutexGuard::map(lock.lock(), |list| &mut list[0])
    }

    fn read(lock: &RwLock<Vec<u8>>) -> MappedRwLockReadGuard<'_, u8> {
        RwLockReadGuard::map(lock.read(), |list| &list[0])
    }

    fn write(lock: &RwLock<Vec<u8>>) -> MappedRwLockWriteGuard<'_, u8> {
        RwLockWriteGuard::map(lock.write(), |list| &mut list[0])
    }

    pub(super) fn run() -> u8 {
        let lock = Mutex::new(vec![1]);
        let _: &threadlink::mutex::TracingMutex<Vec<u8>> = &lock;
        assert!(lock.try_lock_for(Duration::from_millis(1)).is_some());
        let cell = RwLock::new(vec![2]);
        let seen: RwLockUpgradableReadGuard<'_, _> = cell.upgradable_read();
        RwLockUpgradableReadGuard::upgrade(seen).push(3);
        *write(&cell) += 1;
        *part(&lock) + *read(&cell)
    }
}

#[test]
fn every_guard_of_parking_lot_is_replaced() {
    assert_eq!(of_parking_lot::run(), 4);
}
