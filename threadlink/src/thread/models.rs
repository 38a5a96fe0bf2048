//! Models of this module's lock-free parts, for loom, which runs each with every interleaving and every value that the
//! memory model allows: `RUSTFLAGS="--cfg loom" cargo test -p threadlink --lib --release models`.
//!
//! The last test of each model weakens single orderings of the production source, and the model has to notice.

use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::Ordering;

use super::packet::packet;
use super::token::Token;
use threadlink_rt::primitive::{Memory, check_weakened};

/// A result whose drops are counted.
struct Counted(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn packet_is_visible_to_whoever_sees_it_ready() {
    loom::model(|| {
        let before = Arc::new(Memory::new());
        let theirs = Arc::clone(&before);
        let (sender, receiver) = packet();
        let worker = thread::spawn(move || {
            theirs.touch();
            sender.send(Ok(7_u32));
        });
        if receiver.is_ready() {
            // Without the order of a join.
            before.touch();
            assert_eq!(receiver.take().unwrap().unwrap(), 7);
        } else {
            worker.join().unwrap();
            assert_eq!(receiver.take().unwrap().unwrap(), 7);
        }
    });
}

#[test]
fn packet_is_dropped_exactly_once_after_both_sides_last_use() {
    loom::model(|| {
        let drops = std::sync::Arc::default();
        let counted = Counted(std::sync::Arc::clone(&drops));
        let used = Arc::new(Memory::new());
        let (theirs, ours) = (Arc::clone(&used), Arc::clone(&used));
        /// Whoever drops the result uses the memory, which both sides used before.
        struct Uses(Arc<Memory>, #[allow(dead_code)] Counted);
        impl Drop for Uses {
            fn drop(&mut self) {
                self.0.touch();
            }
        }
        let (sender, receiver) = packet();
        let result = Uses(theirs, counted);
        let worker = thread::spawn(move || {
            result.0.touch();
            sender.send(Ok(result));
        });
        if receiver.is_ready() {
            ours.touch();
        }
        drop(receiver);
        worker.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn token_of_two_unparks_is_there_once() {
    loom::model(|| {
        let token = Arc::new(Token::new());
        let wakers = [0, 1].map(|_| {
            let token = Arc::clone(&token);
            thread::spawn(move || token.unpark())
        });
        token.park(None);
        for waker in wakers {
            waker.join().unwrap();
        }
        // The second may have come after the first was taken.
        token.unpark();
        token.park(None);
    });
}

#[test]
fn token_orders_what_came_before_it() {
    loom::model(|| {
        let token = Arc::new(Token::new());
        let memory = Arc::new(Memory::new());
        let (waker_token, waker_memory) = (Arc::clone(&token), Arc::clone(&memory));
        let waker = thread::spawn(move || {
            waker_memory.touch();
            waker_token.unpark();
        });
        // Returns for the token only, and must not sleep through it.
        token.park(None);
        memory.touch();
        waker.join().unwrap();
    });
}

#[test]
fn every_weakened_ordering_is_noticed() {
    let ready = "packet_is_visible_to_whoever_sees_it_ready";
    let once = "packet_is_dropped_exactly_once_after_both_sides_last_use";
    let token = "token_orders_what_came_before_it";
    check_weakened(
        module_path!(),
        &[
            ("packet-send", ready),
            ("packet-look", ready),
            ("packet-let-go", once),
            ("token-unpark", token),
            ("token-park", token),
        ],
    );
}
