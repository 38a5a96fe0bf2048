//! `#[traced]` on every kind of item.

// Shapes that clippy advises against are shapes that people write.
#![allow(clippy::declare_interior_mutable_const, clippy::large_enum_variant)]

use std::mem::ManuallyDrop;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use threadlink::traced;

/// Compiles for a traced mutex only.
fn traced_mutex<T: ?Sized>(_: &threadlink::sync::Mutex<T>) {}

#[traced]
#[derive(Debug, Default)]
#[repr(u8)]
enum State {
    #[default]
    Idle = { size_of::<u8>() as u8 },
    Running(Mutex<u8>) = 7,
    Waiting {
        /// A bell.
        bell: Arc<Condvar>,
        lock: RwLock<u8>,
    },
}

#[test]
fn enums() {
    let states = [
        State::default(),
        State::Running(threadlink::sync::Mutex::new(1)),
        State::Waiting {
            bell: Arc::default(),
            lock: threadlink::sync::RwLock::new(2),
        },
    ];
    let sum: u8 = states
        .iter()
        .map(|state| match state {
            State::Idle => 0,
            State::Running(lock) => *lock.lock().unwrap(),
            State::Waiting { bell, lock } => {
                bell.notify_one();
                *lock.read().unwrap()
            }
        })
        .sum();
    assert_eq!(sum, 3);
}

#[traced]
union Either {
    lock: ManuallyDrop<Mutex<u8>>,
    number: u64,
}

#[test]
fn unions() {
    let either = Either { number: 0 };
    assert_eq!(
        size_of_val(&either),
        size_of::<threadlink::sync::Mutex<u8>>().max(8)
    );
    let _ = Either {
        lock: ManuallyDrop::new(threadlink::sync::Mutex::new(1)),
    };
}

#[traced]
type Shared<T> = Arc<Mutex<T>>;

#[test]
fn type_aliases() {
    let shared: Shared<u8> = Arc::new(threadlink::sync::Mutex::new(1));
    traced_mutex(&shared);
}

#[traced]
static LEDGER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[traced]
static TABLE: [RwLock<u8>; 2] = [RwLock::new(1), std::sync::RwLock::new(2)];

#[traced]
const FRESH: Mutex<u8> = {
    use std::sync::Mutex as Lock;
    Lock::new(3)
};

#[test]
fn statics_and_constants() {
    traced_mutex(&LEDGER);
    LEDGER.lock().unwrap().push(1);
    assert_eq!(*TABLE[1].read().unwrap() + FRESH.into_inner().unwrap(), 5);
}

#[traced]
trait Guarded {
    type Lock: AsRef<Mutex<u8>>;
    const EMPTY: Mutex<u8> = Mutex::new(4);

    fn lock(&self) -> &Mutex<u8>;

    fn read(&self) -> MutexGuard<'_, u8> {
        let _: Mutex<u8> = Mutex::default();
        self.lock().lock().unwrap()
    }
}

struct Holder(threadlink::sync::Mutex<u8>);

impl AsRef<threadlink::sync::Mutex<u8>> for Holder {
    fn as_ref(&self) -> &threadlink::sync::Mutex<u8> {
        &self.0
    }
}

#[traced]
impl Guarded for Holder {
    type Lock = Holder;

    fn lock(&self) -> &Mutex<u8> {
        self.as_ref()
    }
}

#[test]
fn traits() {
    let holder = Holder(Holder::EMPTY);
    assert_eq!(*holder.read(), 4);
    fn lock<T: Guarded>(lock: &T::Lock) -> &threadlink::sync::Mutex<u8> {
        lock.as_ref()
    }
    traced_mutex(lock::<Holder>(&holder));
}

#[traced]
fn total<'a, const N: usize>(locks: [&'a RwLock<u8>; N]) -> (Mutex<u8>, RwLockReadGuard<'a, u8>)
where
    Mutex<u8>: Sized,
{
    let add = |sum: u8, lock: &RwLock<u8>| -> u8 { sum + *lock.read().unwrap() };
    let mut first: RwLockWriteGuard<'_, u8> = locks[0].write().unwrap();
    *first += 1;
    drop(first);
    let sum = locks.iter().fold(0, |sum, lock| add(sum, lock));
    let made = [sum].map(Mutex::<u8>::new);
    let [made] = made;
    (made, locks[0].read().unwrap())
}

#[test]
fn functions() {
    let locks = [1, 2].map(threadlink::sync::RwLock::new);
    let (sum, first) = total([&locks[0], &locks[1]]);
    traced_mutex(&sum);
    assert_eq!(sum.into_inner().unwrap() + *first, 6);
}

#[traced]
fn nested_items() -> u8 {
    enum Inner {
        Lock(Mutex<u8>),
    }
    static LOCK: Mutex<u8> = Mutex::new(1);
    const LOCKS: [Mutex<u8>; 2] = [const { Mutex::new(2) }; 2];
    mod deeper {
        use std::sync::Mutex;

        pub(super) static LOCK: Mutex<u8> = Mutex::new(3);

        pub(super) mod deepest {
            pub(in super::super) static LOCK: std::sync::RwLock<u8> = std::sync::RwLock::new(4);
        }
    }
    impl Inner {
        fn get(&self) -> u8 {
            let Self::Lock(lock) = self;
            traced_mutex(lock);
            *lock.lock().unwrap()
        }
    }
    traced_mutex(&LOCK);
    traced_mutex(&deeper::LOCK);
    let _: &threadlink::sync::RwLock<u8> = &deeper::deepest::LOCK;
    let [first, _] = LOCKS;
    Inner::Lock(first).get() + *deeper::LOCK.lock().unwrap()
}

#[test]
fn items_in_a_function() {
    assert_eq!(nested_items(), 5);
}

/// Locks of parking_lot get the flavour of `lock_api`.
mod of_parking_lot {
    use threadlink::traced;

    #[traced]
    pub(super) struct Locks {
        pub(super) mutex: parking_lot::Mutex<u8>,
        pub(super) rw_lock: ::parking_lot::RwLock<u8>,
        pub(super) alone: parking_lot::Once,
    }

    #[traced]
    impl Locks {
        pub(super) fn new() -> Self {
            use parking_lot::{Mutex, Once};
            Self {
                mutex: Mutex::new(1),
                rw_lock: parking_lot::RwLock::new(2),
                alone: Once::new(),
            }
        }

        pub(super) fn guards(
            &self,
        ) -> (
            parking_lot::MutexGuard<'_, u8>,
            parking_lot::RwLockReadGuard<'_, u8>,
        ) {
            *self.rw_lock.write() += 1;
            (self.mutex.lock(), self.rw_lock.read())
        }
    }
}

#[test]
fn parking_lot_by_its_path() {
    let locks = of_parking_lot::Locks::new();
    let _: &threadlink::mutex::TracingMutex<u8> = &locks.mutex;
    let _: &threadlink::rwlock::TracingRwLock<u8> = &locks.rw_lock;
    let _: &parking_lot::Once = &locks.alone;
    let (mutex, rw_lock) = locks.guards();
    assert_eq!(*mutex + *rw_lock, 4);
}

/// Imports under other names, which the attribute is told of.
mod told {
    use parking_lot::Mutex as Fast;
    use std::sync::{Condvar as Bell, Mutex as Lock, RwLock as Shelf};

    use threadlink::traced;

    #[traced(Lock, Fast = parking_lot::Mutex, Shelf = RwLock, Bell = std::sync::Condvar)]
    #[derive(Default)]
    pub(super) struct Locks {
        pub(super) lock: Lock<u8>,
        pub(super) fast: Fast<u8>,
        pub(super) shelf: Shelf<u8>,
        pub(super) bell: Bell,
    }

    #[traced(Lock, Fast = parking_lot::Mutex)]
    impl Locks {
        pub(super) fn new() -> Self {
            Self {
                lock: Lock::new(1),
                fast: Fast::new(2),
                ..Self::default()
            }
        }
    }
}

#[test]
fn other_names_that_the_attribute_is_told_of() {
    let locks = told::Locks::new();
    traced_mutex(&locks.lock);
    let _: &threadlink::mutex::TracingMutex<u8> = &locks.fast;
    assert_eq!(*locks.fast.lock() + *locks.shelf.read().unwrap(), 2);
    locks.bell.notify_all();
}
