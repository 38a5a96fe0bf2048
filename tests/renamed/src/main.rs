//! The runtime is called `link` in this package's manifest: each attribute is told so, and nothing else has to be.

use std::sync::Arc;

#[link::traced(std, crate = link)]
mod tally {
    use std::sync::{Arc, Condvar, Mutex};
    use std::thread;

    pub(crate) struct Tally {
        count: Mutex<u32>,
        changed: Condvar,
    }

    impl Tally {
        pub(crate) fn new() -> Self {
            Self {
                count: Mutex::new(0),
                changed: Condvar::new(),
            }
        }

        /// Waits until `workers` threads have counted one each.
        pub(crate) fn of(self: &Arc<Self>, workers: u32) -> u32 {
            for _ in 0..workers {
                let tally = Arc::clone(self);
                thread::spawn(move || {
                    *tally.count.lock().unwrap() += 1;
                    tally.changed.notify_one();
                });
            }
            let count = self.count.lock().unwrap();
            *self.changed.wait_while(count, |count| *count < workers).unwrap()
        }
    }

    pub(crate) fn say(count: u32) {
        println!("counted {count}");
    }
}

#[link::main(crate = link, stack_size = 64 * 1024)]
fn main() {
    tally::say(Arc::new(tally::Tally::new()).of(4));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[link::test(crate = link)]
    fn it_counts() {
        assert_eq!(Arc::new(tally::Tally::new()).of(3), 3);
    }
}
