//! Panics, and other ways to die; the argument says which. What follows one depends on whether panics unwind.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{catch_unwind, panic_any, set_hook};
use std::process;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, Builder};

/// What a join says of a thread that died, or a `catch_unwind` of what it caught.
fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return text;
    }
    payload
        .downcast_ref::<String>()
        .map_or("something else", String::as_str)
}

/// What a join of a thread of this name gives.
fn joined(name: &str, code: impl FnOnce() + Send + 'static) -> String {
    let thread = Builder::new().name(name.to_owned()).spawn(code);
    match thread.expect("there is room for a thread").join() {
        Ok(()) => "nothing".to_owned(),
        Err(payload) => message(&*payload).to_owned(),
    }
}

fn joins() {
    eprintln!("said: {}", joined("worker", || panic!("a text")));
    eprintln!("said: {}", joined("other", || panic!("number {}", 7)));
    eprintln!("said: {}", joined("last", || panic_any(7_u8)));
}

fn caught() {
    for text in ["one", "two"] {
        let caught = catch_unwind(|| panic!("{text}"));
        eprintln!("caught: {}", message(&*caught.expect_err("it panicked")));
    }
    let ended = joined("worker", || {
        let caught = catch_unwind(|| panic!("three"));
        eprintln!("caught: {}", message(&*caught.expect_err("it panicked")));
    });
    eprintln!("said: {ended}");
}

/// Panics in its destructor.
struct Panics(&'static str);

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

fn two_at_once() {
    let caught = catch_unwind(|| {
        let _panics = Panics("second");
        panic!("first");
    });
    eprintln!("goes on: {}", caught.is_err());
}

/// Panics in its destructor, and catches that.
struct Catches;

impl Drop for Catches {
    fn drop(&mut self) {
        let caught = catch_unwind(|| panic!("inner"));
        eprintln!("caught: {}", message(&*caught.expect_err("it panicked")));
    }
}

fn one_in_another() {
    let caught = catch_unwind(|| {
        let _catches = Catches;
        panic!("outer");
    });
    eprintln!("caught: {}", message(&*caught.expect_err("it panicked")));
}

fn hooked() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    set_hook(Box::new(|info| {
        CALLS.fetch_add(1, Ordering::Relaxed);
        let place = info.location().map_or(0, std::panic::Location::line);
        eprintln!("hook: {} {}", message(info.payload()), place > 0);
    }));
    eprintln!("said: {}", joined("worker", || panic!("a text")));
    eprintln!("calls: {}", CALLS.load(Ordering::Relaxed));
}

/// What std's scope promises is that its threads are over when it ends: whatever they borrow is left alone then.
fn scoped() {
    let mut numbers = vec![1, 2, 3];
    let ended = catch_unwind(std::panic::AssertUnwindSafe(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                numbers.push(4);
                panic!("scoped");
            });
        });
    }));
    eprintln!("goes on: {} {}", ended.is_err(), numbers.len());
}

/// More than any memory has, in an allocation that is not allowed to fail.
fn without_memory() {
    let ended = joined("worker", || {
        let large: Vec<u8> = Vec::with_capacity(isize::MAX.unsigned_abs() - 100);
        eprintln!("goes on: {}", large.capacity());
    });
    eprintln!("said: {ended}");
}

/// Writes the beginning of a line to a stream, and dies with it, which is locked twice.
fn with_a_stream(mut stream: impl Write, again: impl Write, die: fn()) {
    let _again = again;
    write!(stream, "begun, ").expect("somebody reads");
    die();
}

fn streams(die: fn()) {
    let output = joined("writer", move || {
        with_a_stream(io::stdout().lock(), io::stdout().lock(), die)
    });
    println!("goes on: {output}");
    let errors = joined("writer", move || {
        with_a_stream(io::stderr().lock(), io::stderr().lock(), die)
    });
    eprintln!("goes on: {errors}");
    // Nobody joins this one: whoever wants the stream waits for its end.
    static LOCKED: Barrier = Barrier::new(2);
    let writer = thread::spawn(move || {
        let _lock = io::stdout().lock();
        LOCKED.wait();
        die();
    });
    LOCKED.wait();
    println!("goes on");
    drop(writer);
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("joins") => joins(),
        Some("caught") => caught(),
        Some("two") => two_at_once(),
        Some("nested") => one_in_another(),
        Some("hook") => hooked(),
        Some("scoped") => scoped(),
        Some("memory") => without_memory(),
        Some("streams") => streams(|| panic!("in the middle")),
        Some("trapped-streams") => streams(|| std::arch::wasm32::unreachable()),
        Some("abort") => {
            let _ = thread::spawn(|| process::abort()).join();
            eprintln!("goes on");
        }
        Some("exit") => {
            let _ = thread::spawn(|| process::exit(7)).join();
            eprintln!("goes on");
        }
        Some("main") => panic!("the end of main"),
        other => panic!("no such case: {other:?}"),
    }
}
