//! The end of thread-locals: their order, what a destructor can still use (`order`), and one that panics (`panic`).

use std::cell::RefCell;

use threadlink::thread::{self, Builder};

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

#[threadlink::main]
fn main() {
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
