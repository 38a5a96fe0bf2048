//! The end of thread-locals: their order, what a destructor can still use (`order`), one that panics (`panic`), and many
//! that take long (`slow`).

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use threadlink::thread::{self, Builder};
use threadlink::time::Instant;

/// Does something when it is destroyed.
struct Last(fn());

impl Drop for Last {
    fn drop(&mut self) {
        (self.0)();
    }
}

threadlink::thread_local! {
    static FIRST: RefCell<Last> = RefCell::new(Last(first));
    static SECOND: Last = const { Last(second) };
    static THIRD: Last = Last(|| threadlink::print!("third, "));
    static LATE: Last = Last(|| threadlink::println!("late, on {}", me()));
    static BAD: Last = const { Last(|| panic!("a bad end")) };
}

fn me() -> String {
    format!("'{}'", thread::current().name().unwrap_or("nobody"))
}

fn first() {
    threadlink::println!("then first, reviving late");
    // Initialised here for the first time: its destructor runs after those that are pending.
    LATE.with(|_| ());
}

fn second() {
    let state = |gone: bool| if gone { "gone" } else { "there" };
    let first = FIRST.try_with(|_| ()).is_err();
    let itself = SECOND.try_with(|_| ()).is_err();
    threadlink::println!(
        "second sees first: {}, and itself: {}, on {}",
        state(first),
        state(itself),
        me()
    );
}

/// Says when it is destroyed, and is not done until nobody listens any more.
struct Slow {
    begun: Sender<()>,
    end: Receiver<()>,
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.begun.send(()).unwrap();
        let _ = self.end.recv();
    }
}

threadlink::thread_local! {
    static SLOW: RefCell<Option<Slow>> = const { RefCell::new(None) };
}

/// Milliseconds that spawns take beside detached threads that are all destroying their thread-locals.
fn slow() -> u128 {
    let mut spent = Duration::ZERO;
    let mut ends = Vec::new();
    for _ in 0..64 {
        let (begun, begins) = channel();
        let (end, ended) = channel();
        ends.push(end);
        let detached = Arc::new(Barrier::new(2));
        let theirs = Arc::clone(&detached);
        let started = Instant::now();
        let thread = threadlink::spawn(move || {
            SLOW.set(Some(Slow { begun, end: ended }));
            theirs.wait();
        });
        spent += started.elapsed();
        drop(thread);
        detached.wait();
        begins.recv().unwrap();
    }
    spent.as_millis()
}

#[threadlink::main]
fn main() {
    if threadlink::env::args().nth(1).is_some_and(|how| how == "slow") {
        threadlink::println!("{}", slow());
        return;
    }
    let panics = threadlink::env::args().nth(1).is_some_and(|how| how == "panic");
    let worker = Builder::new().name("worker".into()).spawn(move || {
        if panics {
            BAD.with(|_| ());
        } else {
            SECOND.with(|_| ());
            FIRST.with(|_| ());
            THIRD.with(|_| ());
        }
    });
    worker.expect("no thread").join().expect("the worker died");
    threadlink::println!("joined");
}
