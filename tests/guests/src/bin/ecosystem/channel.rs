//! crossbeam-channel: bounded, unbounded and rendezvous channels, select, disconnection.

use std::time::Duration;

use crossbeam_channel::{RecvError, TryRecvError, TrySendError, bounded, select, unbounded};

const PRODUCERS: u64 = 4;
const ITEMS: u64 = 2_000;

/// Many producers and many consumers: every item arrives once.
fn many_to_many(capacity: Option<usize>) {
    let (sender, receiver) = capacity.map_or_else(unbounded, bounded);
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let sender = sender.clone();
            threadlink::spawn(move || {
                for item in 0..ITEMS {
                    sender.send(producer * ITEMS + item).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    let consumers: Vec<_> = (0..3)
        .map(|_| {
            let receiver = receiver.clone();
            threadlink::spawn(move || receiver.iter().collect::<Vec<u64>>())
        })
        .collect();
    for producer in producers {
        producer.join().unwrap();
    }
    let mut all: Vec<u64> = consumers
        .into_iter()
        .flat_map(|consumer| consumer.join().unwrap())
        .collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..PRODUCERS * ITEMS), "{capacity:?}");
    assert_eq!(receiver.recv(), Err(RecvError));
}

/// Two channels, whichever has something; until both are closed.
fn select_of_two() {
    let (numbers, number) = bounded::<u64>(1);
    let (words, word) = unbounded::<&str>();
    let counting = threadlink::spawn(move || (1..=ITEMS).for_each(|item| numbers.send(item).unwrap()));
    let talking = threadlink::spawn(move || (1..=ITEMS).for_each(|_| words.send("word").unwrap()));
    let (mut sum, mut letters, mut closed) = (0, 0, 0);
    let (mut number, mut word) = (number, word);
    while closed < 2 {
        select! {
            recv(number) -> item => match item {
                Ok(item) => sum += item,
                Err(RecvError) => { closed += 1; number = crossbeam_channel::never(); }
            },
            recv(word) -> item => match item {
                Ok(item) => letters += item.len(),
                Err(RecvError) => { closed += 1; word = crossbeam_channel::never(); }
            },
        }
    }
    assert_eq!((sum, letters), (ITEMS * (ITEMS + 1) / 2, 4 * ITEMS as usize));
    counting.join().unwrap();
    talking.join().unwrap();
}

fn corners() {
    let (sender, receiver) = bounded(1);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.try_send(1).unwrap();
    assert!(matches!(sender.try_send(2), Err(TrySendError::Full(2))));
    let waiting = threadlink::spawn({
        let sender = sender.clone();
        move || sender.send(3)
    });
    assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(3)));
    waiting.join().unwrap().unwrap();
    // A receiver that goes away wakes whoever waits to send.
    sender.send(4).unwrap();
    let waiting = threadlink::spawn(move || sender.send(5));
    drop(receiver);
    assert!(waiting.join().unwrap().is_err());
}

pub(crate) fn all() {
    for capacity in [None, Some(0), Some(1), Some(16)] {
        many_to_many(capacity);
    }
    select_of_two();
    corners();
}

/// Needs std's clock.
pub(crate) fn timeout() {
    let (_sender, receiver) = unbounded::<()>();
    let _ = receiver.recv_timeout(Duration::from_millis(1));
}
