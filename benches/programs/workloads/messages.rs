//! Channels: one thread sends numbers, another one receives them.

use crate::platform::{sync::mpsc, thread};

/// Through a channel that has room for everything.
pub(crate) fn messages(rounds: u64) -> u64 {
    let (give, take) = mpsc::channel();
    let sender = thread::spawn(move || {
        for number in 0..rounds {
            give.send(number).expect("the receiver waits");
        }
    });
    let sum = take.iter().sum();
    sender.join().expect("the thread returns");
    sum
}

/// One thread sends and receives, a message at a time: nobody waits.
pub(crate) fn messages_alone(rounds: u64) -> u64 {
    let (give, take) = mpsc::channel();
    (0..rounds)
        .map(|number| {
            give.send(number).expect("the receiver is there");
            take.recv().expect("a message is there")
        })
        .sum()
}

/// Through a channel that has room for 64 messages, so that both sides wait.
pub(crate) fn messages_bounded(rounds: u64) -> u64 {
    let (give, take) = mpsc::sync_channel(64);
    let sender = thread::spawn(move || {
        for number in 0..rounds {
            give.send(number).expect("the receiver waits");
        }
    });
    let sum = take.iter().sum();
    sender.join().expect("the thread returns");
    sum
}
