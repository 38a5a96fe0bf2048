//! The types of `threadlink::thread` have the auto traits and the debug output of those of `std::thread`.

use std::cell::Cell;
use std::fmt::Debug;
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use threadlink::thread as ours;

/// Whether a type implements a trait, as a constant: the inherent constant, where it exists, hides the trait's.
macro_rules! implements {
    ($type:ty: $trait:path) => {{
        // Not used where the type implements it.
        #[allow(dead_code)]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Ask<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code)]
        impl<T: ?Sized + $trait> Ask<T> {
            const ANSWER: bool = true;
        }
        <Ask<$type>>::ANSWER
    }};
}

macro_rules! same {
    ($($name:ident $([$($argument:tt)*])?),* $(,)?) => { $(
        same!(@each ours::$name $(<$($argument)*>)?, std::thread::$name $(<$($argument)*>)?:
            Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Copy, Eq, Hash, Debug, Default, Ord);
    )* };
    (@each $our:ty, $std:ty: $($trait:path),*) => { $(
        const _: () = assert!(
            implements!($our: $trait) == implements!($std: $trait),
            concat!(stringify!($our), " and ", stringify!($std), " differ in ", stringify!($trait)),
        );
    )* };
}

same! {
    Thread,
    ThreadId,
    Builder,
    JoinHandle[u32],
    JoinHandle[Rc<u32>],
    JoinHandle[Cell<u32>],
    Scope['static, 'static],
    ScopedJoinHandle['static, u32],
    ScopedJoinHandle['static, Rc<u32>],
    ScopedJoinHandle['static, Cell<u32>],
    LocalKey[Rc<u32>],
    AccessError,
    Result[u32],
    Result[Rc<u32>],
}

/// The other lifetimes are compared by code that must compile with both.
macro_rules! compiles {
    ($thread:path, $test:ident) => {
        #[test]
        fn $test() {
            use $thread as thread;
            fn shorter<'short, 'long: 'short, T>(
                handle: thread::ScopedJoinHandle<'long, T>,
            ) -> thread::ScopedJoinHandle<'short, T> {
                handle
            }
            fn borrows(numbers: &mut [u8]) -> usize {
                let count = std::sync::atomic::AtomicUsize::new(0);
                thread::scope(|s| {
                    for number in numbers.iter_mut() {
                        s.spawn(|| {
                            *number += 1;
                            // A thread of the scope borrows what outlives the scope only.
                            s.spawn(|| count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                        });
                    }
                    shorter(s.spawn(|| ())).join().unwrap();
                });
                count.into_inner()
            }
            let mut numbers = [1, 2, 3];
            assert_eq!((borrows(&mut numbers), numbers), (3, [2, 3, 4]));
        }
    };
}

compiles!(threadlink::thread, our_lifetimes);
compiles!(std::thread, stds_lifetimes);

/// What is printed, with numbers (ids differ) replaced.
fn shown(value: &dyn std::fmt::Debug) -> String {
    let mut shown = String::new();
    for character in format!("{value:?}").chars() {
        match character {
            '0'..='9' if shown.ends_with('#') => (),
            '0'..='9' => shown.push('#'),
            other => shown.push(other),
        }
    }
    shown
}

macro_rules! debug_output {
    ($thread:path) => {{
        use $thread as thread;
        let named = thread::Builder::new()
            .name("shown".into())
            .spawn(|| thread::current());
        let handle = named.unwrap();
        let of_handle = shown(&handle);
        let of_thread = shown(&handle.join().unwrap());
        let (of_scope, of_scoped) = thread::scope(|s| {
            let scoped = s.spawn(|| ());
            let of_scoped = shown(&scoped);
            scoped.join().unwrap();
            (shown(s), of_scoped)
        });
        [
            of_handle,
            of_thread,
            of_scope,
            of_scoped,
            shown(&thread::current().id()),
        ]
    }};
}

#[test]
fn debug_output_is_stds() {
    assert_eq!(debug_output!(threadlink::thread), debug_output!(std::thread));
}
