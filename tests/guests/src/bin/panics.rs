//! Panics that are caught, panics that are not, and two at once; the argument says which. For builds that unwind.

use std::panic::{catch_unwind, panic_any, set_hook, take_hook};

use threadlink::thread::Builder;
use threadlink::{eprintln, spawn};

/// Panics on several threads, all of them caught.
fn caught() {
    let _ = catch_unwind(|| panic!("one"));
    eprintln!("after one");
    let worker = Builder::new().name("worker".into()).spawn(|| {
        for text in ["two", "three"] {
            let _ = catch_unwind(|| panic!("{text}"));
            eprintln!("after {text}");
        }
        let _ = catch_unwind(|| panic_any(4));
        eprintln!("the thread ends well");
    });
    worker.unwrap().join().unwrap();
    let ended = spawn(|| panic!("five")).join();
    eprintln!("after {}", ended.unwrap_err().downcast_ref::<&str>().unwrap());
}

/// Panics in its destructor.
struct Drops(&'static str);

impl Drop for Drops {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

fn two_at_once() {
    let _drops = Drops("second");
    panic!("first");
}

/// A destructor that panics during another panic, and catches that.
struct Catches;

impl Drop for Catches {
    fn drop(&mut self) {
        assert!(catch_unwind(|| panic!("inner")).is_err());
    }
}

fn one_in_another() {
    let caught = catch_unwind(|| {
        let _catches = Catches;
        panic!("outer");
    });
    assert!(caught.is_err());
    eprintln!("both are over");
}

#[threadlink::main]
fn main() {
    match threadlink::env::args().nth(1).as_deref() {
        Some("caught") => caught(),
        Some("thread") => {
            let worker = Builder::new().name("worker".into()).spawn(two_at_once);
            let ended = worker.unwrap().join();
            eprintln!("goes on: {}", ended.is_err());
        }
        Some("main") => two_at_once(),
        Some("inner") => one_in_another(),
        Some("uncaught") => {
            let _ = catch_unwind(|| panic!("caught before"));
            panic!("not caught");
        }
        Some("trap") => {
            let _ = catch_unwind(|| panic!("caught before"));
            std::process::abort();
        }
        Some("chained") => {
            let previous = take_hook();
            set_hook(Box::new(move |info| {
                eprintln!("the program's own hook");
                previous(info);
            }));
            let _ = catch_unwind(|| panic!("one"));
        }
        Some("silent") => {
            set_hook(Box::new(|_| ()));
            let _ = catch_unwind(|| panic!("unsaid"));
            panic!("unsaid as well");
        }
        other => panic!("{other:?} is nothing that this program does"),
    }
}
