//! `#[traced]` on code as people write it: the types that it changes, and the types that it leaves.

// Shapes that clippy advises against are shapes that people write.
#![allow(
    clippy::declare_interior_mutable_const,
    clippy::non_minimal_cfg,
    clippy::type_complexity,
    clippy::unnecessary_map_on_constructor
)]

use std::collections::HashMap;
use std::sync::{self, Arc, Condvar, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use threadlink::traced;

/// Compiles for a traced mutex only.
fn traced_mutex<T: ?Sized>(_: &threadlink::sync::Mutex<T>) {}

/// Compiles for std's mutex only.
fn std_mutex<T: ?Sized>(_: &std::sync::Mutex<T>) {}

#[traced]
#[derive(Debug, Default)]
struct Spellings {
    bare: Mutex<u8>,
    module: sync::Mutex<u8>,
    whole: std::sync::Mutex<u8>,
    global: ::std::sync::Mutex<u8>,
    rw_lock: RwLock<u8>,
    other: parking_lot::Mutex<u8>,
    bell: Condvar,
}

#[test]
fn all_spellings_change() {
    let all = Spellings::default();
    traced_mutex(&all.bare);
    traced_mutex(&all.module);
    traced_mutex(&all.whole);
    traced_mutex(&all.global);
    let _: &threadlink::sync::RwLock<u8> = &all.rw_lock;
    let _: &threadlink::mutex::TracingMutex<u8> = &all.other;
    let _: &threadlink::sync::Condvar = &all.bell;
    assert!(format!("{all:?}").contains("bare"));
}

#[traced]
struct Nested<'a, T: ?Sized, const N: usize>
where
    Arc<Mutex<u8>>: Clone,
{
    shared: Arc<Mutex<T>>,
    many: Vec<Mutex<u8>>,
    boxed: Option<Box<Mutex<(Mutex<u8>, [u8; N])>>>,
    pair: (Mutex<u8>, [Mutex<u16>; N]),
    borrowed: &'a Mutex<u8>,
    function: fn(&Mutex<u8>) -> u8,
    closure: Box<dyn Fn(&Mutex<u8>) -> u8 + 'a>,
    by_name: HashMap<&'static str, Arc<Mutex<u8>>>,
    object: Option<Arc<Mutex<dyn std::fmt::Debug + Send>>>,
}

#[test]
fn names_change_at_any_depth() {
    let one = threadlink::sync::Mutex::new(1);
    let nested = Nested::<[u8], 2> {
        shared: Arc::new(threadlink::sync::Mutex::new([1, 2, 3])),
        many: vec![threadlink::sync::Mutex::new(2)],
        boxed: Some(Box::new(threadlink::sync::Mutex::new((
            threadlink::sync::Mutex::new(3),
            [0; 2],
        )))),
        pair: (
            threadlink::sync::Mutex::new(4),
            [const { threadlink::sync::Mutex::new(5) }; 2],
        ),
        borrowed: &one,
        function: |lock| *lock.lock().unwrap(),
        closure: Box::new(|lock| *lock.lock().unwrap() + 1),
        by_name: HashMap::from([("six", Arc::new(threadlink::sync::Mutex::new(6)))]),
        object: Some(Arc::new(threadlink::sync::Mutex::new("seven"))),
    };
    assert_eq!(nested.shared.lock().unwrap().len(), 3);
    assert_eq!(*nested.many[0].lock().unwrap(), 2);
    assert_eq!(*nested.boxed.unwrap().lock().unwrap().0.lock().unwrap(), 3);
    assert_eq!(*nested.pair.1[1].lock().unwrap(), 5);
    assert_eq!((nested.function)(nested.borrowed), 1);
    assert_eq!((nested.closure)(&nested.pair.0), 5);
    assert_eq!(*nested.by_name["six"].lock().unwrap(), 6);
    assert_eq!(
        format!("{:?}", nested.object.unwrap().lock().unwrap()),
        "\"seven\""
    );
}

#[traced]
struct Tuple(
    Mutex<u8>,
    #[cfg(all())] sync::Mutex<u8>,
    #[cfg(any())] nowhere::sync::Mutex<u8>,
);

#[traced]
struct Node {
    next: Option<Arc<Mutex<Node>>>,
}

#[test]
fn tuples_and_recursive_types_change() {
    let tuple = Tuple(0.into(), 1.into());
    traced_mutex(&tuple.0);
    traced_mutex(&tuple.1);
    let node = Node {
        next: Some(Arc::new(Node { next: None }.into())),
    };
    assert!(node.next.unwrap().lock().unwrap().next.is_none());
}

/// What exists under a condition only is checked under it only.
mod conditions {
    #[cfg(any())]
    use std::sync::Mutex;

    use threadlink::traced;

    #[traced]
    #[derive(Default)]
    pub(super) struct Partial {
        #[cfg(any())]
        gone: Mutex<u8>,
        pub(super) here: std::sync::Mutex<u8>,
    }

    #[traced]
    #[cfg(any())]
    struct Gone(Mutex<u8>);

    #[traced]
    impl Partial {
        pub(super) fn new() -> Self {
            #[cfg(any())]
            let gone = Mutex::new(0);
            Self {
                #[cfg(any())]
                gone: Mutex::new(0),
                here: std::sync::Mutex::new(7),
            }
        }

        #[cfg(any())]
        fn gone(&self, #[cfg(any())] other: &Mutex<u8>) -> &Mutex<u8> {
            &self.gone
        }
    }
}

#[test]
fn conditions_of_fields_and_functions_are_kept() {
    traced_mutex(&conditions::Partial::new().here);
    traced_mutex(&conditions::Partial::default().here);
}

/// A parameter hides the imported name.
#[traced]
struct Parameter<Condvar> {
    lock: Mutex<u8>,
    thing: Condvar,
}

#[test]
fn a_type_parameter_is_not_a_name_of_std() {
    let it = Parameter {
        lock: 0.into(),
        thing: "a string",
    };
    traced_mutex(&it.lock);
    assert_eq!(it.thing.len(), 8);
}

#[traced]
#[derive(Debug)]
struct Queue<T> {
    items: Mutex<Vec<T>>,
    filled: Condvar,
    log: Option<Arc<Mutex<String>>>,
}

#[traced]
impl<T: Clone> Queue<T> {
    const EMPTY: Mutex<Vec<T>> = Mutex::new(Vec::new());
    const SHELVES: [Mutex<u8>; 2] = [Mutex::new(1), std::sync::Mutex::new(2)];

    const fn new() -> Self {
        Self {
            items: Mutex::new(Vec::new()),
            filled: Condvar::new(),
            log: None,
        }
    }

    fn logged(log: &Arc<Mutex<String>>) -> Self {
        Self {
            items: Self::EMPTY,
            filled: std::sync::Condvar::new(),
            log: Some(Arc::clone(log)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.items.lock().unwrap()
    }

    fn push(&self, item: T) {
        self.lock().push(item);
        self.filled.notify_one();
    }

    fn pop(&self) -> T {
        let mut items: MutexGuard<'_, Vec<T>> = self.lock();
        loop {
            match items.pop() {
                Some(item) => return item,
                None => items = self.filled.wait(items).unwrap(),
            }
        }
    }

    fn timed(&self) -> (MutexGuard<'_, Vec<T>>, sync::WaitTimeoutResult) {
        self.filled.wait_timeout(self.lock(), Duration::ZERO).unwrap()
    }
}

#[test]
fn constructors_and_methods_stay_as_they_are() {
    static EMPTY: Queue<u8> = Queue::new();
    traced_mutex(&EMPTY.items);
    assert!(EMPTY.lock().is_empty());
    assert!(EMPTY.timed().1.timed_out());
    let [one, two] = Queue::<u8>::SHELVES;
    traced_mutex(&one);
    assert_eq!(one.into_inner().unwrap() + two.into_inner().unwrap(), 3);

    let log = Arc::new(std::sync::Mutex::new(String::new()).into());
    let queue = Arc::new(Queue::logged(&log));
    let theirs = Arc::clone(&queue);
    let taker = threadlink::spawn(move || theirs.pop());
    queue.push(5);
    assert_eq!(taker.join().unwrap(), 5);
    assert!(queue.log.is_some());
}

struct Bodies;

#[traced]
impl Bodies {
    fn function_value() -> Option<Mutex<u8>> {
        Some(1).map(Mutex::new)
    }

    fn type_arguments() -> usize {
        size_of::<Mutex<u64>>() + <Mutex<u8>>::default().into_inner().map_or(0, usize::from)
    }

    fn macro_arguments() -> Vec<Mutex<u8>> {
        vec![
            Mutex::new(1),
            sync::Mutex::new(2),
            std::sync::Mutex::new(3),
            Mutex::<u8>::default(),
        ]
    }

    fn text() -> [&'static str; 2] {
        let _ = Mutex::new(0);
        [stringify!(Mutex), stringify!(std::sync::Mutex)]
    }

    fn own_import() -> Mutex<u8> {
        use std::sync::{Arc as Shared, Mutex};
        Shared::into_inner(Shared::new(Mutex::new(1))).unwrap()
    }

    fn renamed_import() -> Mutex<u8> {
        use std::sync::Mutex as Lock;
        Lock::new(1)
    }

    fn inner_block() -> Mutex<u8> {
        {
            use std::sync::{self as s, Condvar, Mutex};
            drop((s::Arc::new(0), Condvar::new()));
            Mutex::new(1)
        }
    }

    fn glob() -> (Mutex<u8>, usize) {
        {
            use super_module::*;
            (Mutex::new(1), USED)
        }
    }

    fn items() -> u8 {
        #[derive(Default)]
        struct Local {
            lock: Mutex<u8>,
        }
        static COUNT: Mutex<u8> = Mutex::new(1);
        fn read(lock: &Mutex<u8>) -> u8 {
            *lock.lock().unwrap()
        }
        traced_mutex(&COUNT);
        read(&COUNT) + read(&Local::default().lock)
    }

    fn namesake() -> u8 {
        #[derive(Default)]
        struct Condvar(u8);
        impl Condvar {
            fn new() -> Self {
                Self(9)
            }
        }
        let lock = Mutex::new(Condvar::new());
        traced_mutex(&lock);
        lock.into_inner().unwrap().0
    }

    fn thread_local() -> u8 {
        std::thread_local! {
            static LOCK: Mutex<u8> = const { Mutex::new(4) };
        }
        LOCK.with(|lock| {
            traced_mutex(lock);
            *lock.lock().unwrap()
        })
    }

    fn lock_api() -> (parking_lot::Mutex<u8>, RwLock<u8>) {
        (parking_lot::Mutex::new(1), RwLock::new(2))
    }
}

/// Its glob import brings std's `Mutex` into the block.
mod super_module {
    pub(super) use std::sync::Mutex;
    pub(super) const USED: usize = 1;
    // So that the name is used in this module's own right.
    pub(super) static OURS: Mutex<u8> = Mutex::new(0);
}

#[test]
fn names_in_bodies_mean_the_traced_types() {
    traced_mutex(&Bodies::function_value().unwrap());
    assert_eq!(
        Bodies::type_arguments(),
        size_of::<threadlink::sync::Mutex<u64>>()
    );
    assert_eq!(
        Bodies::macro_arguments()
            .iter()
            .map(|lock| *lock.lock().unwrap())
            .sum::<u8>(),
        6
    );
    assert_eq!(Bodies::text(), ["Mutex", "std::sync::Mutex"]);
    traced_mutex(&Bodies::own_import());
    traced_mutex(&Bodies::renamed_import());
    traced_mutex(&Bodies::inner_block());
    traced_mutex(&Bodies::glob().0);
    assert_eq!(Bodies::glob().1, super_module::USED);
    std_mutex(&super_module::OURS);
    assert_eq!(Bodies::items(), 1);
    assert_eq!(Bodies::namesake(), 9);
    assert_eq!(Bodies::thread_local(), 4);
    let _: (threadlink::mutex::TracingMutex<u8>, threadlink::sync::RwLock<u8>) = Bodies::lock_api();
}

/// A trait whose signatures name the traced types.
trait Guarded {
    type Lock;
    fn make(value: u8) -> Self::Lock;
    fn read(lock: &Self::Lock) -> u8;
}

#[traced]
impl Guarded for Bodies {
    type Lock = Arc<Mutex<u8>>;

    fn make(value: u8) -> Self::Lock {
        Arc::new(Mutex::new(value))
    }

    fn read(lock: &Self::Lock) -> u8 {
        *lock.lock().unwrap()
    }
}

#[traced]
impl From<Mutex<u8>> for Tuple {
    fn from(lock: Mutex<u8>) -> Self {
        Self(lock, Mutex::default())
    }
}

#[test]
fn impls_of_traits_change_too() {
    let lock = Bodies::make(3);
    traced_mutex(&lock);
    assert_eq!(Bodies::read(&lock), 3);
    traced_mutex(&Tuple::from(threadlink::sync::Mutex::new(1)).0);
}

/// Where std's names are imported inside a function, an item there is changed as well.
#[test]
fn items_inside_functions_change() {
    use std::sync::Mutex as StdMutex;

    #[traced]
    struct Inner {
        lock: sync::Mutex<u8>,
        renamed: StdMutex<u8>,
    }

    #[traced]
    impl Inner {
        fn new() -> Self {
            #[traced]
            struct Deeper(Mutex<u8>);
            Self {
                lock: Deeper(Mutex::new(1)).0,
                renamed: StdMutex::new(2),
            }
        }
    }

    let inner = Inner::new();
    traced_mutex(&inner.lock);
    std_mutex(&inner.renamed);
}

macro_rules! declare {
    ($name:ident, $lock:ident, $inner:ty) => {
        #[traced]
        struct $name {
            plain: Mutex<$inner>,
            given: $lock<$inner>,
        }

        #[traced]
        impl $name {
            fn new(value: $inner) -> Self {
                Self {
                    plain: Mutex::new(value),
                    given: $lock::new(value),
                }
            }
        }
    };
}

declare!(Declared, Mutex, u8);

#[test]
fn items_that_a_macro_makes_change() {
    let declared = Declared::new(3);
    traced_mutex(&declared.plain);
    traced_mutex(&declared.given);
}
