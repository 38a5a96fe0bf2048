//! The names that `#[traced]` gives to locks. With the feature `tracing` of threadlink each lock knows its own and the
//! place where it was made; without, it knows neither.

// Shapes that clippy advises against are shapes that people write.
#![allow(
    clippy::missing_const_for_thread_local,
    clippy::needless_late_init,
    clippy::non_minimal_cfg,
    clippy::rc_clone_in_vec_init
)]

use std::sync::{self, Arc, Condvar, LazyLock, Mutex, RwLock};

use threadlink::__private::Lock;
use threadlink::traced;

/// Compiles for a lock, and checks what it knows of itself: the name, and a line of this file.
#[track_caller]
fn is_named(lock: &impl Lock, name: &str) {
    let (made, found) = lock.origin();
    assert_eq!(found, threadlink::hooks::ENABLED.then_some(name));
    assert_eq!(
        made.map(|made| made.file().ends_with("names.rs")),
        threadlink::hooks::ENABLED.then_some(true),
        "{made:?}"
    );
}

/// Compiles for a lock, which has no name.
#[track_caller]
fn has_no_name(lock: &impl Lock) {
    assert_eq!(lock.origin().1, None);
}

#[traced]
struct Account {
    balance: Mutex<u64>,
    limit: RwLock<u64>,
    changed: Condvar,
    shared: Arc<Mutex<u64>>,
    maybe: Option<Box<sync::Mutex<u64>>>,
    pair: Arc<(Mutex<bool>, std::sync::Condvar)>,
    slots: [Mutex<u8>; 2],
    list: Vec<Mutex<u8>>,
    same: Vec<Arc<RwLock<u8>>>,
    collected: Vec<Mutex<u8>>,
    generated: [Mutex<u8>; 2],
    lazy: LazyLock<Mutex<u8>>,
    chosen: Mutex<u8>,
    matched: Mutex<u8>,
    r#type: Mutex<u8>,
    nested: Mutex<Mutex<u8>>,
}

#[traced]
impl Account {
    fn new(balance: u64) -> Self {
        Self {
            balance: Mutex::new(balance),
            limit: RwLock::<u64>::new(1),
            changed: Condvar::new(),
            shared: Arc::new(Mutex::new(1)),
            maybe: Some(Box::new(sync::Mutex::new(1))),
            pair: Arc::new((Mutex::new(false), std::sync::Condvar::new())),
            slots: [const { Mutex::new(0) }; 2],
            list: vec![Mutex::new(0), Mutex::new(1)],
            same: vec![Arc::new(RwLock::new(1)); 2],
            collected: (0..2).map(|value| Mutex::new(value)).collect(),
            generated: std::array::from_fn(|_| {
                let value = 1;
                Mutex::new(value)
            }),
            lazy: LazyLock::new(|| Mutex::new(1)),
            chosen: if balance > 0 { Mutex::new(1) } else { Mutex::new(2) },
            matched: match balance {
                0 => Mutex::new(1),
                _ => Mutex::new(2),
            },
            r#type: Mutex::new(0),
            nested: Mutex::new(Mutex::new(0)),
        }
    }
}

#[traced]
impl Account {
    /// Only what is assigned to a field of its own is certain to be one of an account.
    fn renew(&mut self, other: &mut Self) {
        self.balance = Mutex::new(2);
        other.balance = Mutex::new(3);
        let late;
        if self.list.is_empty() {
            late = Mutex::new(1);
        } else {
            late = Mutex::new(2);
        }
        is_named(&late, "late");
    }
}

#[test]
fn fields_give_their_names() {
    let account = Account::new(1);
    is_named(&account.balance, "Account.balance");
    is_named(&account.limit, "Account.limit");
    is_named(&account.changed, "Account.changed");
    is_named(&*account.shared, "Account.shared");
    is_named(&**account.maybe.as_ref().unwrap(), "Account.maybe");
    is_named(&account.pair.0, "Account.pair.0");
    is_named(&account.pair.1, "Account.pair.1");
    is_named(&account.slots[1], "Account.slots");
    is_named(&account.list[0], "Account.list");
    is_named(&account.list[1], "Account.list");
    is_named(&*account.same[1], "Account.same");
    is_named(&account.collected[1], "Account.collected");
    is_named(&account.generated[1], "Account.generated");
    is_named(&*account.lazy, "Account.lazy");
    is_named(&account.chosen, "Account.chosen");
    is_named(&account.matched, "Account.matched");
    is_named(&account.r#type, "Account.type");
    is_named(&account.nested, "Account.nested");
    has_no_name(&*account.nested.lock().unwrap());
}

#[test]
fn what_is_assigned_has_a_name_too() {
    let (mut account, mut other) = (Account::new(1), Account::new(1));
    account.renew(&mut other);
    is_named(&account.balance, "Account.balance");
    has_no_name(&other.balance);
    let values = [account, other].map(|account| account.balance.into_inner().unwrap());
    assert_eq!(values, [2, 3]);
}

#[traced]
struct Pair(Mutex<u8>, RwLock<u8>);

#[traced]
enum Shape {
    Circle { lock: Mutex<u8> },
    Line(Mutex<u8>),
}

#[traced]
fn shapes() -> (Pair, [Shape; 2]) {
    let pair = Pair(Mutex::new(0), RwLock::new(1));
    let circle = Shape::Circle { lock: Mutex::new(0) };
    (pair, [circle, self::Shape::Line(Mutex::new(0))])
}

#[traced]
impl Shape {
    fn line() -> Self {
        Self::Line(Mutex::new(1))
    }
}

#[test]
fn tuples_and_variants_have_numbered_and_named_fields() {
    let (pair, [circle, line]) = shapes();
    is_named(&pair.0, "Pair.0");
    is_named(&pair.1, "Pair.1");
    for (shape, name) in [
        (circle, "Shape::Circle.lock"),
        (line, "Shape::Line.0"),
        (Shape::line(), "Shape::Line.0"),
    ] {
        let (Shape::Circle { lock } | Shape::Line(lock)) = shape;
        is_named(&lock, name);
    }
}

#[traced]
static LEDGER: Mutex<u8> = Mutex::new(0);

#[traced]
#[allow(clippy::declare_interior_mutable_const)]
const FRESH: Mutex<u8> = Mutex::new(0);

#[traced(std)]
mod bank {
    use std::sync::{Condvar as Bell, Mutex, RwLock as Lock};

    pub(super) static LEDGER: Lock<u8> = Lock::new(0);
    pub(super) static RING: Bell = Bell::new();

    thread_local! {
        pub(super) static MINE: Mutex<u8> = Mutex::new(1);
        pub(super) static CONSTANT: Mutex<u8> = const { Mutex::new(1) };
    }

    pub(super) struct Vault {
        pub(super) door: Mutex<u8>,
    }

    impl Vault {
        #[allow(clippy::declare_interior_mutable_const)]
        pub(super) const SPARE: Mutex<u8> = Mutex::new(1);

        pub(super) const fn new() -> Vault {
            Vault { door: Mutex::new(0) }
        }
    }

    pub(super) mod inner {
        use super::Mutex;

        pub(in super::super) static DEEP: Mutex<u8> = Mutex::new(0);
    }
}

#[test]
#[allow(clippy::borrow_interior_mutable_const)]
fn statics_and_constants_have_the_path_of_their_module() {
    is_named(&LEDGER, "names::LEDGER");
    is_named(&FRESH, "names::FRESH");
    is_named(&bank::LEDGER, "names::bank::LEDGER");
    is_named(&bank::RING, "names::bank::RING");
    is_named(&bank::inner::DEEP, "names::bank::inner::DEEP");
    is_named(&bank::Vault::SPARE, "Vault::SPARE");
    is_named(&bank::Vault::new().door, "Vault.door");
    bank::MINE.with(|lock| is_named(lock, "names::bank::MINE"));
    bank::CONSTANT.with(|lock| is_named(lock, "names::bank::CONSTANT"));
}

#[traced]
#[test]
fn variables_have_their_own_names() {
    let queue = Mutex::new(0);
    let shared: Arc<RwLock<u8>> = Arc::new(RwLock::new(0));
    let (left, right) = (Mutex::new(0), Mutex::new(1));
    let pair = (Mutex::new(0), Condvar::new());
    let default = Mutex::<u8>::default();
    let from = Mutex::from(1);
    let bell = Condvar::default();
    let converted: RwLock<u8> = RwLock::from(sync_lock());
    is_named(&queue, "queue");
    is_named(&*shared, "shared");
    is_named(&left, "left");
    is_named(&right, "right");
    is_named(&pair.0, "pair.0");
    is_named(&pair.1, "pair.1");
    is_named(&default, "default");
    is_named(&from, "from");
    is_named(&bell, "bell");
    is_named(&converted, "converted");
    assert_eq!(*converted.read().unwrap(), 5);
}

fn sync_lock() -> std::sync::RwLock<u8> {
    std::sync::RwLock::new(5)
}

/// What a lock is given to may be anything.
#[traced]
#[test]
fn what_is_not_a_place_gives_no_name() {
    fn keep<T>(lock: T) -> T {
        lock
    }
    has_no_name(&Mutex::new(0));
    let kept = keep(Mutex::new(0));
    has_no_name(&kept);
    let make = || Mutex::new(0);
    let made = make();
    has_no_name(&made);
    let number = Mutex::new(1).into_inner().unwrap();
    let (split, _rest): (Mutex<u8>, u8) = {
        use std::sync::Mutex;
        (Mutex::new(number), 1)
    };
    has_no_name(&split);
}

/// A constructor that is passed on is called where it stands, not in core's source.
#[traced]
#[test]
fn constructors_that_are_values_make_locks_here() {
    #[track_caller]
    fn stands(lock: &impl Lock, line: u32) {
        let made = lock
            .origin()
            .0
            .map(|made| (made.file().ends_with("names.rs"), made.line()));
        assert_eq!(made, threadlink::hooks::ENABLED.then_some((true, line)));
    }
    fn make<T>(how: impl Fn() -> T) -> T {
        how()
    }
    let (line, mapped): (_, Vec<_>) = (line!(), [1].into_iter().map(Mutex::new).collect());
    stands(&mapped[0], line);
    is_named(&mapped[0], "mapped");
    let (line, default) = (line!(), make(sync::RwLock::<u8>::default));
    stands(&default, line);
    has_no_name(&default);
    let (line, bell) = (line!(), make(std::sync::Condvar::new));
    stands(&bell, line);
    let (line, pointer) = (line!(), Mutex::from as fn(u8) -> Mutex<u8>);
    stands(&pointer(1), line);
    let line = line!() + 1;
    let many = [Mutex::new, Mutex::new].map(|how: fn(u8) -> Mutex<u8>| how(1));
    many.iter().for_each(|lock| stands(lock, line));
    let (line, called) = (line!(), (Mutex::new)(1));
    stands(&called, line);
    static CALLED: Mutex<u8> = (Mutex::new)(2);
    assert_eq!(called.into_inner().unwrap() + *CALLED.lock().unwrap(), 3);
    let texts: Vec<Mutex<&str>> = "a b".split(' ').map(Mutex::new).collect();
    let mut entries = std::collections::HashMap::<u8, Mutex<&str>>::new();
    let line = line!() + 1;
    stands(entries.entry(1).or_insert_with(Mutex::default), line);
    assert_eq!((texts.len(), entries.len()), (2, 1));
}

#[traced]
#[test]
fn a_lock_remembers_the_place_of_the_call() {
    let (line, lock) = (line!(), Mutex::new(0));
    is_named(&lock, "lock");
    let (made, _) = lock.origin();
    assert_eq!(
        made.map(|made| (made.line(), made.column())),
        threadlink::hooks::ENABLED.then_some((line, 34))
    );
    let (line, lock) = (line!(), sync::Mutex::default());
    let _: &threadlink::sync::Mutex<u8> = &lock;
    is_named(&lock, "lock");
    let (made, _) = lock.origin();
    assert_eq!(
        made.map(|made| (made.line(), made.column())),
        threadlink::hooks::ENABLED.then_some((line, 34))
    );
}

/// A default that is derived makes the locks too.
#[traced]
#[derive(Debug, Default, Clone)]
struct Handles {
    shared: Arc<Mutex<u8>>,
}

#[traced]
#[derive(Default)]
struct Tray<'a, T, const N: usize = 3>
where
    T: Clone,
{
    /// Documented.
    entries: Mutex<Vec<T>>,
    #[cfg(all())]
    filled: Condvar,
    #[cfg(any())]
    gone: Nothing,
    text: &'a str,
    one: T,
    limit: RwLock<u8>,
    fast: parking_lot::Mutex<T>,
    #[traced(skip)]
    plain: Mutex<u8>,
}

#[traced]
#[derive(Default, Debug)]
struct Tuple(u8, Mutex<u8>);

#[traced]
mod derived {
    use std::sync::Mutex;

    #[derive(Default)]
    pub(super) struct InModule {
        pub(super) lock: Mutex<u8>,
    }

    pub(super) fn in_body() -> Mutex<u8> {
        #[derive(Default)]
        struct Inner {
            lock: Mutex<u8>,
        }
        Inner::default().lock
    }

    pub(super) trait Family {
        type Child;
    }

    #[derive(Default)]
    pub(super) struct Projected<T: Family> {
        pub(super) lock: Mutex<T::Child>,
        pub(super) parent: T,
    }
}

impl derived::Family for u8 {
    type Child = u16;
}

#[test]
fn a_derived_default_names_its_fields() {
    let tray = Tray::<u16>::default();
    is_named(&tray.entries, "Tray.entries");
    is_named(&tray.filled, "Tray.filled");
    is_named(&tray.limit, "Tray.limit");
    let line = tray.limit.origin().0.map(std::panic::Location::line);
    let fields = [&tray.entries.origin().0, &tray.filled.origin().0];
    let lines = fields.map(|made| made.map(std::panic::Location::line));
    assert!(!threadlink::hooks::ENABLED || (lines[0] < lines[1] && lines[1] < line));
    let _: std::sync::Mutex<u8> = tray.plain;
    assert_eq!((tray.text, tray.one, *tray.fast.lock()), ("", 0, 0));
    let tuple = Tuple::default();
    assert_eq!(tuple.0, 0);
    is_named(&tuple.1, "Tuple.1");
    is_named(&derived::InModule::default().lock, "InModule.lock");
    is_named(&derived::in_body(), "Inner.lock");
    // What std would derive for these is left to std.
    let projected = derived::Projected::<u8>::default();
    assert_eq!(projected.parent, 0);
    has_no_name(&projected.lock);
    let handles = Handles::default();
    has_no_name(&*handles.clone().shared);
    assert_eq!(format!("{:?}", Tuple::default()), format!("{tuple:?}"));
}

/// Another type's `new` is not asked for a name, not even where the attribute cannot see that it is another's.
#[traced]
mod namesakes {
    use std::sync::RwLock;

    pub(super) struct Condvar;

    impl Condvar {
        pub(super) const fn new() -> Self {
            Self
        }
    }

    macro_rules! own {
        ($name:ident) => {
            pub(super) struct $name(pub(super) u8);

            impl $name {
                pub(super) const fn new(value: u8) -> Self {
                    Self(value)
                }
            }
        };
    }
    own!(Mutex);

    pub(super) struct Both {
        pub(super) own: Mutex,
        pub(super) unit: Condvar,
        pub(super) traced: RwLock<u8>,
    }

    pub(super) const fn both() -> Both {
        Both {
            own: Mutex::new(3),
            unit: Condvar::new(),
            traced: RwLock::new(1),
        }
    }
}

#[test]
fn namesakes_are_left_alone() {
    let both = namesakes::both();
    let namesakes::Condvar = both.unit;
    assert_eq!(both.own.0, 3);
    is_named(&both.traced, "Both.traced");
}

/// The flavour of lock_api works as before; its name shows in traces only.
#[traced]
#[test]
fn parking_lots_locks_are_made_with_their_names() {
    static TOTAL: parking_lot::Mutex<u8> = parking_lot::Mutex::new(1);
    let lock = parking_lot::RwLock::new(2);
    let default = parking_lot::Mutex::<u8>::default();
    let from = parking_lot::Mutex::from(3);
    let _: &threadlink::mutex::TracingMutex<u8> = &TOTAL;
    let sum = *TOTAL.lock() + *lock.read() + *default.lock() + *from.lock();
    assert_eq!(sum, 6);
}

/// Threadlink's own locks are what they are, and get names.
mod own_locks {
    use std::sync::Arc;

    use threadlink::sync::{TracingMutex, TracingRwLock};
    use threadlink::traced;

    #[traced]
    pub(super) static LEDGER: TracingMutex<u32> = TracingMutex::new(1);

    #[traced]
    #[derive(Default)]
    pub(super) struct Vault {
        pub(super) door: TracingMutex<u8>,
        pub(super) guests: TracingRwLock<u8>,
    }

    #[traced]
    impl Vault {
        pub(super) fn new() -> Arc<Self> {
            Arc::new(Self {
                door: TracingMutex::new(1),
                guests: threadlink::sync::TracingRwLock::new(2),
            })
        }
    }

    #[traced]
    pub(super) mod module {
        use threadlink::sync::TracingMutex as Lock;
        use threadlink::{mutex, rwlock};

        pub(crate) static STDS: Lock<u8> = Lock::new(1);
        pub(crate) static LOCK_APIS: mutex::TracingMutex<u8> = mutex::TracingMutex::new(2);

        pub(crate) fn sum() -> u8 {
            let limit = rwlock::TracingRwLock::new(3);
            *STDS.lock().unwrap() + *LOCK_APIS.lock() + *limit.read()
        }

        #[traced(skip)]
        pub(crate) static UNNAMED: Lock<u8> = Lock::new(4);
    }
}

#[test]
fn own_locks_get_names() {
    is_named(&own_locks::LEDGER, "names::own_locks::LEDGER");
    let vault = own_locks::Vault::new();
    is_named(&vault.door, "Vault.door");
    is_named(&vault.guests, "Vault.guests");
    let default = own_locks::Vault::default();
    is_named(&default.door, "Vault.door");
    is_named(&own_locks::module::STDS, "names::own_locks::module::STDS");
    has_no_name(&own_locks::module::UNNAMED);
    assert_eq!(own_locks::module::sum(), 6);
}
