//! Channels.

use std::time::Duration;

use crate::api::sync::mpsc::{
    Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender, TryRecvError, TrySendError,
    channel, sync_channel,
};
use crate::api::thread;
use crate::case::cases;
use crate::support::{Drops, assert_send, assert_sync};

cases!("mpsc":
    messages_keep_their_order,
    many_senders,
    a_waiting_receiver_learns_of_the_end,
    bounds,
    a_rendezvous,
    a_waiting_sender_learns_of_the_end,
    many_bounded_senders,
    time_limits,
    a_time_limit_of_nothing,
    the_longest_time_limit,
    a_time_limit_and_the_end,
    messages_nobody_takes_are_dropped,
    debug_output,
    error_text,
    auto_traits,
);

fn messages_keep_their_order() {
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || (0..500).for_each(|number| sender.send(number).unwrap()));
    assert!((0..500).all(|number| receiver.recv() == Ok(number)));
    assert_eq!(receiver.recv(), Err(RecvError));
    thread.join().unwrap();
}

fn many_senders() {
    let (sender, receiver) = channel();
    for thread in 0..4_usize {
        let sender = sender.clone();
        thread::spawn(move || (0..200_usize).for_each(|item| sender.send((thread, item)).unwrap()));
    }
    drop(sender);
    let mut next = [0; 4];
    for (thread, item) in receiver {
        assert_eq!(item, next[thread]);
        next[thread] += 1;
    }
    assert_eq!(next, [200; 4]);
}

fn a_waiting_receiver_learns_of_the_end() {
    let (sender, receiver) = channel::<u8>();
    let thread = thread::spawn(move || receiver.recv());
    thread::yield_now();
    drop(sender);
    assert_eq!(thread.join().unwrap(), Err(RecvError));
}

fn bounds() {
    for bound in [1, 2, 7] {
        let (sender, receiver) = sync_channel(bound);
        (0..bound).for_each(|number| sender.send(number).unwrap());
        assert!(sender.try_send(0).is_err());
        let thread = thread::spawn(move || (bound..100).for_each(|number| sender.send(number).unwrap()));
        assert!(receiver.iter().eq(0..100));
        thread.join().unwrap();
    }
}

fn a_rendezvous() {
    let (sender, receiver) = sync_channel(0);
    assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
    let (sent, wait) = channel();
    let thread = thread::spawn(move || {
        for number in 0..20 {
            sender.send(number).unwrap();
            sent.send(number).unwrap();
        }
    });
    for number in 0..20 {
        assert_eq!(
            wait.try_recv(),
            Err(TryRecvError::Empty),
            "nobody has taken it yet"
        );
        assert_eq!((receiver.recv(), wait.recv()), (Ok(number), Ok(number)));
    }
    thread.join().unwrap();
}

fn a_waiting_sender_learns_of_the_end() {
    for bound in [0, 1] {
        let (sender, receiver) = sync_channel(bound);
        (0..bound).for_each(|_| sender.send(8).unwrap());
        let thread = thread::spawn(move || sender.send(9));
        thread::yield_now();
        drop(receiver);
        assert_eq!(thread.join().unwrap(), Err(SendError(9)));
    }
}

fn many_bounded_senders() {
    for bound in [0, 3] {
        let (sender, receiver) = sync_channel(bound);
        for _ in 0..4 {
            let sender: SyncSender<u32> = sender.clone();
            thread::spawn(move || (1..=100).for_each(|number| sender.send(number).unwrap()));
        }
        drop(sender);
        assert_eq!(receiver.iter().sum::<u32>(), 4 * 5_050);
    }
}

fn time_limits() {
    let (sender, receiver) = channel();
    for limit in [Duration::from_nanos(1), Duration::from_millis(2)] {
        assert_eq!(receiver.recv_timeout(limit), Err(RecvTimeoutError::Timeout));
    }
    let thread = thread::spawn(move || {
        sender.send(1).unwrap();
        sender
    });
    assert_eq!(receiver.recv_timeout(Duration::from_secs(1_000_000)), Ok(1));
    drop(thread.join().unwrap());
}

fn a_time_limit_of_nothing() {
    let (sender, receiver) = channel();
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    sender.send(1).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
    let (sender, receiver) = sync_channel(2);
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    sender.send(1).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
}

fn the_longest_time_limit() {
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || receiver.recv_timeout(Duration::MAX));
    thread::yield_now();
    sender.send(3).unwrap();
    assert_eq!(thread.join().unwrap(), Ok(3));
}

fn a_time_limit_and_the_end() {
    let (sender, receiver) = channel::<u8>();
    let thread = thread::spawn(move || receiver.recv_timeout(Duration::from_secs(1_000_000)));
    thread::yield_now();
    drop(sender);
    assert_eq!(thread.join().unwrap(), Err(RecvTimeoutError::Disconnected));
}

fn messages_nobody_takes_are_dropped() {
    let drops = Drops::default();
    let (sender, receiver) = channel();
    (0..40).for_each(|_| assert!(sender.send(drops.value()).is_ok()));
    drop(receiver.recv());
    drop(receiver);
    assert_eq!(drops.count(), 40);
    drop(sender.send(drops.value()));
    assert_eq!(drops.count(), 41);
    let (sender, receiver) = sync_channel(2);
    assert!(sender.send(drops.value()).is_ok());
    drop((sender, receiver));
    assert_eq!(drops.count(), 42);
}

fn debug_output() {
    let (sender, receiver) = channel::<u8>();
    assert_eq!(format!("{sender:?}"), "Sender { .. }");
    assert_eq!(format!("{receiver:?}"), "Receiver { .. }");
    assert_eq!(format!("{:?}", sync_channel::<u8>(1).0), "SyncSender { .. }");
    assert_eq!(format!("{:?}", SendError(1)), "SendError { .. }");
}

fn error_text() {
    assert_eq!(SendError(1).to_string(), "sending on a closed channel");
    assert_eq!(RecvError.to_string(), "receiving on a closed channel");
    assert_eq!(TryRecvError::Empty.to_string(), "receiving on an empty channel");
    assert_eq!(
        TryRecvError::Disconnected.to_string(),
        "receiving on a closed channel"
    );
    assert_eq!(
        RecvTimeoutError::Timeout.to_string(),
        "timed out waiting on channel"
    );
    assert_eq!(TrySendError::Full(1).to_string(), "sending on a full channel");
    assert_eq!(TrySendError::from(SendError(1)), TrySendError::Disconnected(1));
    assert_eq!(TryRecvError::from(RecvError), TryRecvError::Disconnected);
    assert_eq!(RecvTimeoutError::from(RecvError), RecvTimeoutError::Disconnected);
}

fn auto_traits() {
    assert_send::<Sender<u8>>();
    assert_sync::<Sender<u8>>();
    assert_send::<SyncSender<u8>>();
    assert_sync::<SyncSender<u8>>();
    assert_send::<Receiver<u8>>();
}
