//! The channels of this crate, against what std documents; natively, where std's are there to compare with.

use super::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc as stds;
use std::thread;

/// Counts how many of its kind were dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The channel of a receiver, which has a bound.
fn bounded<T>(receiver: &Receiver<T>) -> &Arc<Channel<T>> {
    match &receiver.source {
        Source::Bounded(Bounded(channel)) => channel,
        Source::Unbounded(_) => panic!("it has no bound"),
    }
}

/// Blocks until so many senders wait inside the channel.
fn await_blocked<T>(receiver: &Receiver<T>, senders: usize) {
    while bounded(receiver).waiting_senders() != senders {
        thread::yield_now();
    }
}

/// Blocks until the receiver waits inside the channel.
fn await_receiver<T>(channel: &Channel<T>) {
    while !channel.receiver_waits() {
        thread::yield_now();
    }
}

#[test]
fn messages_come_in_order_and_the_end_after_them() {
    let (sender, receiver) = channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.send(1).unwrap();
    sender.clone().send(2).unwrap();
    drop(sender);
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.recv(), Ok(2));
    assert_eq!(receiver.recv(), Err(RecvError));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(
        receiver.recv_timeout(Duration::MAX),
        Err(RecvTimeoutError::Disconnected)
    );
}

#[test]
fn many_senders_lose_nothing_whatever_the_bound() {
    const SENDERS: u64 = 4;
    const MESSAGES: u64 = 1_000;
    fn run<S: Clone + Send>(sender: S, send: impl Fn(&S, u64) + Sync, receiver: &Receiver<u64>) {
        thread::scope(|scope| {
            let send = &send;
            for number in 0..SENDERS {
                let sender = sender.clone();
                scope.spawn(move || (0..MESSAGES).for_each(|n| send(&sender, number * MESSAGES + n)));
            }
            drop(sender);
            let mut last = [None; SENDERS as usize];
            let mut count = 0;
            for message in receiver {
                let last = &mut last[(message / MESSAGES) as usize];
                assert!(*last < Some(message), "of one sender in order");
                *last = Some(message);
                count += 1;
            }
            assert_eq!(count, SENDERS * MESSAGES);
        });
    }
    let (sender, receiver) = channel();
    run(sender, |sender, n| sender.send(n).unwrap(), &receiver);
    for bound in [0, 1, 3, usize::MAX] {
        let (sender, receiver) = sync_channel(bound);
        run(sender, |sender, n| sender.send(n).unwrap(), &receiver);
    }
}

#[test]
fn a_full_channel_refuses_and_blocks_until_there_is_room() {
    let (sender, receiver) = sync_channel(1);
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    thread::scope(|scope| {
        let blocked = scope.spawn(|| sender.send(3));
        await_blocked(&receiver, 1);
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(blocked.join().unwrap(), Ok(()));
    });
    assert_eq!(receiver.recv(), Ok(3));
    assert_eq!(sender.try_send(4), Ok(()));
    drop(receiver);
    assert_eq!(sender.try_send(5), Err(TrySendError::Disconnected(5)));
    assert_eq!(sender.send(6), Err(SendError(6)));
}

#[test]
fn a_rendezvous_ends_for_both_at_once() {
    let (sender, receiver) = sync_channel(0);
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    thread::scope(|scope| {
        let blocked = scope.spawn(|| sender.send(2));
        await_blocked(&receiver, 1);
        assert!(!blocked.is_finished());
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        assert_eq!(receiver.try_recv(), Ok(2));
        assert_eq!(blocked.join().unwrap(), Ok(()));
    });
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(
        receiver.recv_timeout(Duration::from_millis(1)),
        Err(RecvTimeoutError::Timeout)
    );
    // A receiver that has given up is none that waits.
    assert_eq!(sender.try_send(4), Err(TrySendError::Full(4)));
    let channel = Arc::clone(bounded(&receiver));
    thread::scope(|scope| {
        let waiting = scope.spawn(move || (receiver.recv_timeout(Duration::MAX), receiver));
        await_receiver(&channel);
        assert_eq!(sender.try_send(5), Ok(()));
        assert_eq!(waiting.join().unwrap().0, Ok(5));
    });
}

#[test]
fn a_receiver_that_goes_drops_what_waits_and_frees_who_waits() {
    for bound in [0, 1] {
        let dropped = AtomicUsize::new(0);
        let (sender, receiver) = sync_channel(bound);
        for _ in 0..bound {
            sender.send(Counted(&dropped)).unwrap();
        }
        thread::scope(|scope| {
            let blocked: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| sender.send(Counted(&dropped)).unwrap_err()))
                .collect();
            await_blocked(&receiver, 3);
            drop(receiver);
            assert_eq!(dropped.load(Ordering::SeqCst), bound);
            let back: Vec<_> = blocked.into_iter().map(|sender| sender.join().unwrap()).collect();
            assert_eq!(dropped.load(Ordering::SeqCst), bound);
            drop(back);
        });
        assert_eq!(dropped.load(Ordering::SeqCst), bound + 3);
        assert!(sender.send(Counted(&dropped)).is_err());
        assert_eq!(dropped.load(Ordering::SeqCst), bound + 4);
    }
    let dropped = AtomicUsize::new(0);
    let (sender, receiver) = channel();
    sender.send(Counted(&dropped)).unwrap();
    drop(sender);
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    drop(receiver);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn the_last_sender_that_goes_wakes_the_receiver() {
    for timed in [false, true] {
        let (sender, receiver) = sync_channel::<()>(1);
        let channel = Arc::clone(bounded(&receiver));
        let second = sender.clone();
        thread::scope(|scope| {
            let waiting = scope.spawn(move || {
                if timed {
                    receiver.recv_timeout(Duration::MAX).is_err()
                } else {
                    receiver.recv().is_err()
                }
            });
            await_receiver(&channel);
            drop(sender);
            assert!(!waiting.is_finished());
            drop(second);
            assert!(waiting.join().unwrap());
        });
    }
}

/// Blocks until the alarm of the channel has a receiver that waits for it, or is about to.
fn await_alarm<T>(sender: &Sender<T>) {
    while !sender.0.is_awaited() {
        thread::yield_now();
    }
}

#[test]
fn a_receiver_without_a_bound_is_woken_by_a_message_and_by_the_last_sender() {
    let (sender, receiver) = channel();
    let second = sender.clone();
    thread::scope(|scope| {
        let receiver = scope.spawn(move || {
            let first = receiver.recv_timeout(Duration::MAX);
            (first, receiver)
        });
        await_alarm(&sender);
        sender.send(1).unwrap();
        let (first, receiver) = receiver.join().unwrap();
        assert_eq!(first, Ok(1));
        let waiting = scope.spawn(move || receiver.recv_timeout(Duration::MAX));
        await_alarm(&sender);
        drop(sender);
        assert!(!waiting.is_finished());
        drop(second);
        assert_eq!(waiting.join().unwrap(), Err(RecvTimeoutError::Disconnected));
    });
}

#[test]
fn no_time_takes_what_is_there_and_much_time_waits() {
    let (sender, receiver) = channel();
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    sender.send(1).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
    for long in [
        Duration::MAX,
        Duration::from_secs(1 << 40),
        Duration::from_nanos(u64::MAX),
    ] {
        thread::scope(|scope| {
            scope.spawn(|| {
                await_alarm(&sender);
                sender.send(2).unwrap();
            });
            assert_eq!(receiver.recv_timeout(long), Ok(2));
        });
    }
    let (_sender, receiver) = sync_channel::<()>(0);
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
}

#[test]
fn a_timeout_that_races_with_senders_loses_nothing() {
    const MESSAGES: u32 = 2_000;
    fn run(send: impl FnMut(u32) + Send, receiver: &Receiver<u32>) {
        thread::scope(|scope| {
            scope.spawn(move || (0..MESSAGES).for_each(send));
            let mut next = 0;
            loop {
                // Shorter than a wait takes, and longer than most.
                let timeout = Duration::from_nanos(if next % 2 == 0 { 1 } else { 100_000 });
                match receiver.recv_timeout(timeout) {
                    Ok(message) => {
                        assert_eq!(message, next);
                        next += 1;
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            assert_eq!(next, MESSAGES);
        });
    }
    for bound in [0, 1] {
        let (sender, receiver) = sync_channel(bound);
        run(move |n| sender.send(n).unwrap(), &receiver);
    }
    let (sender, receiver) = channel();
    run(move |n| sender.send(n).unwrap(), &receiver);
}

#[test]
fn a_try_send_that_says_ok_was_received() {
    let (sender, receiver) = sync_channel(0);
    let tried = AtomicUsize::new(0);
    let start = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..2 {
            let sender = sender.clone();
            let (tried, start) = (&tried, &start);
            scope.spawn(move || {
                start.wait();
                let mut sent = 0;
                while sent < 200 {
                    match sender.try_send(()) {
                        Ok(()) => sent += 1,
                        Err(_) => thread::yield_now(),
                    }
                }
                tried.fetch_add(sent, Ordering::SeqCst);
            });
        }
        drop(sender);
        start.wait();
        let mut received = 0;
        loop {
            match receiver.recv_timeout(Duration::from_micros(1)) {
                Ok(()) => received += 1,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        assert_eq!(received, tried.load(Ordering::SeqCst));
    });
}

#[test]
fn a_message_that_panics_while_dropped_breaks_nothing() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a message's destructor");
        }
    }
    let dropped = AtomicUsize::new(0);
    let (sender, receiver) = sync_channel::<(Option<Panics>, Counted<'_>)>(3);
    sender.send((None, Counted(&dropped))).unwrap();
    sender.send((Some(Panics), Counted(&dropped))).unwrap();
    sender.send((None, Counted(&dropped))).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    assert_eq!(dropped.load(Ordering::SeqCst), 3);
    let SendError(back) = sender.send((None, Counted(&dropped))).unwrap_err();
    drop(back);
    assert_eq!(dropped.load(Ordering::SeqCst), 4);
    // Without a bound it is std's own business what becomes of the others; none is dropped twice.
    let dropped = AtomicUsize::new(0);
    let (sender, receiver) = channel::<(Option<Panics>, Counted<'_>)>();
    sender.send((Some(Panics), Counted(&dropped))).unwrap();
    sender.send((None, Counted(&dropped))).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    let SendError(back) = sender.send((None, Counted(&dropped))).unwrap_err();
    drop(back);
    drop(sender);
    assert!((2..=3).contains(&dropped.load(Ordering::SeqCst)));
}

#[test]
fn a_message_may_hold_the_ends_of_its_own_channel() {
    struct Holds(Option<Sender<Holds>>, Arc<AtomicUsize>);
    impl Drop for Holds {
        fn drop(&mut self) {
            if let Some(sender) = self.0.take() {
                // The receiver is going: this must neither block nor be lost.
                assert!(sender.send(Holds(None, Arc::clone(&self.1))).is_err());
            }
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = channel();
    let clone = sender.clone();
    assert!(sender.send(Holds(Some(clone), Arc::clone(&dropped))).is_ok());
    drop(sender);
    drop(receiver);
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
}

#[test]
fn iterators_end_with_the_senders_or_with_what_is_there() {
    let (sender, receiver) = channel();
    (0..3).for_each(|n| sender.send(n).unwrap());
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(receiver.try_iter().next(), None);
    sender.send(3).unwrap();
    drop(sender);
    assert_eq!(receiver.iter().next(), Some(3));
    assert_eq!((&receiver).into_iter().next(), None);
    let rest: IntoIter<i32> = receiver.into_iter();
    assert_eq!(rest.count(), 0);
}

#[test]
fn debug_output_is_stds() {
    let (ours, stds) = (channel::<i32>(), stds::channel::<i32>());
    assert_eq!(format!("{ours:?}"), format!("{stds:?}"));
    assert_eq!(
        format!("{:?} {:?}", ours.1.iter(), ours.1.try_iter()),
        format!("{:?} {:?}", stds.1.iter(), stds.1.try_iter())
    );
    assert_eq!(
        format!("{:?}", ours.1.into_iter()),
        format!("{:?}", stds.1.into_iter())
    );
    assert_eq!(
        format!("{:?}", sync_channel::<i32>(1)),
        format!("{:?}", stds::sync_channel::<i32>(1))
    );
}
