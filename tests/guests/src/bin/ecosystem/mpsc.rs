//! std's own channels: everything but waiting for a limited time.

use std::sync::mpsc::{RecvError, TryRecvError, TrySendError, channel, sync_channel};

const SENDERS: usize = 4;
const ITEMS: usize = 2_000;

fn many_to_one() {
    let (sender, receiver) = channel();
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| {
            let sender = sender.clone();
            threadlink::spawn(move || (0..ITEMS).for_each(|item| sender.send((number, item)).unwrap()))
        })
        .collect();
    drop(sender);
    let mut next = [0; SENDERS];
    for (number, item) in &receiver {
        assert_eq!(item, next[number], "each sender's items keep their order");
        next[number] += 1;
    }
    assert_eq!(next, [ITEMS; SENDERS]);
    assert_eq!(receiver.recv(), Err(RecvError));
    senders.into_iter().for_each(|sender| sender.join().unwrap());
}

/// With room for `bound` items, 0 being a rendezvous.
fn bounded(bound: usize) {
    let (sender, receiver) = sync_channel(bound);
    for item in 0..bound {
        sender.try_send(item).unwrap();
    }
    assert!(matches!(sender.try_send(0), Err(TrySendError::Full(0))));
    let more = threadlink::spawn(move || (bound..ITEMS).for_each(|item| sender.send(item).unwrap()));
    assert!(receiver.iter().eq(0..ITEMS));
    more.join().unwrap();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

pub(crate) fn all() {
    many_to_one();
    for bound in [0, 1, 8] {
        bounded(bound);
    }
    let (sender, receiver) = channel::<u8>();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    drop(receiver);
    assert!(sender.send(1).is_err());
}
