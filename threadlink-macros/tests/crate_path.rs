//! `crate = path`: the attributes work where the runtime is found under another name; and with a runtime that
//! notes where its locks are made, what they note is the user's line, and the name.

/// A stand-in for a crate that re-exports threadlink.
mod facade {
    pub(crate) mod inner {
        pub(crate) use threadlink as link;
    }
}

/// As little of the runtime as `#[traced]` needs; its mutex knows where it was made.
mod noting {
    pub(crate) mod sync {
        use super::hooks::LockName;
        use std::panic::Location;

        pub(crate) struct Mutex<T> {
            pub(crate) made: &'static Location<'static>,
            pub(crate) name: &'static str,
            pub(crate) value: T,
        }

        impl<T> Mutex<T> {
            #[track_caller]
            pub(crate) const fn with_name(value: T, name: LockName) -> Self {
                Self {
                    made: Location::caller(),
                    name: name.0,
                    value,
                }
            }
        }
    }

    pub(crate) mod hooks {
        #[derive(Clone, Copy)]
        pub(crate) struct LockName(pub(crate) &'static str);

        impl LockName {
            pub(crate) const fn new(text: &'static str) -> Self {
                Self(text)
            }
        }
    }

    pub(crate) mod __private {
        pub(crate) use threadlink::__private::std_types;
    }
}

use std::sync::{self, Mutex};

#[threadlink::traced(crate = facade::inner::link)]
struct Renamed {
    lock: Mutex<u8>,
}

#[threadlink::traced(crate = crate::facade::inner::link,)]
impl Renamed {
    fn new() -> Self {
        Self { lock: Mutex::new(1) }
    }
}

#[threadlink::traced(std, crate = facade::inner::link)]
mod whole {
    use std::sync::RwLock;
    use std::{env, thread};

    use super::facade;

    pub(crate) static SHELF: RwLock<u8> = RwLock::new(2);

    pub(crate) fn run() -> u8 {
        println!("{}", env::args().count());
        let lock = parking_lot::Mutex::new(thread::spawn(|| *SHELF.read().unwrap()).join().unwrap());
        let _: &threadlink::mutex::TracingMutex<u8> = &lock;
        *lock.lock()
    }
}

/// Takes a number, where a host would pass it.
#[threadlink::export(crate = facade::inner::link)]
pub fn twice(number: u64) -> u64 {
    2 * number
}

/// Sets a flag, where a host would call it.
#[threadlink::export(crate = facade::inner::link)]
pub fn exported() -> Result<(), String> {
    Ok(())
}

#[test]
fn another_path_to_the_crate_is_used() {
    let _: &threadlink::sync::Mutex<u8> = &Renamed::new().lock;
    assert_eq!(exported(), Ok(()));
    assert_eq!(whole::run(), 2);
    assert_eq!(twice(2), 4);
}

#[threadlink::test(crate = crate::facade::inner::link)]
fn a_test_uses_it_too() -> threadlink::process::ExitCode {
    threadlink::process::ExitCode::SUCCESS
}

#[threadlink::traced(crate = crate::noting)]
struct Made {
    bare: Mutex<u8>,
    module: sync::Mutex<u8>,
    whole: std::sync::Mutex<u8>,
    in_macro: Vec<Mutex<u8>>,
    constant: Mutex<u8>,
}

const FIRST_LINE: u32 = line!();
#[threadlink::traced(crate = crate::noting)]
impl Made {
    const CONSTANT: Mutex<u8> = Mutex::new(5);

    fn new() -> Self {
        Self {
            bare: Mutex::new(1),
            module: sync::Mutex::new(2),
            whole: ::std::sync::Mutex::new(3),
            in_macro: vec![std::sync::Mutex::new(4)],
            constant: Self::CONSTANT,
        }
    }
}

#[test]
fn locks_are_made_at_the_users_line() {
    let made = Made::new();
    let lines = [
        &made.constant,
        &made.bare,
        &made.module,
        &made.whole,
        &made.in_macro[0],
    ]
    .map(|lock| {
        assert!(lock.made.file().ends_with("crate_path.rs"), "{}", lock.made);
        (lock.value, lock.made.line() - FIRST_LINE, lock.name)
    });
    let expected = [
        (5, 3, "Made::CONSTANT"),
        (1, 7, "Made.bare"),
        (2, 8, "Made.module"),
        (3, 9, "Made.whole"),
        (4, 10, "Made.in_macro"),
    ];
    assert_eq!(lines, expected);
}
