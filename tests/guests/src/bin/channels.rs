//! What threads wait for each other with besides locks: channels, with and without limits of time, and std's own
//! barriers and one-time initialisation.

// xtask stress:

use threadlink::sync::mpsc::{self, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use threadlink::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, atomic};
use threadlink::time::{Duration, Instant};

const SENDERS: u32 = 3;
const MESSAGES: u32 = 500;

#[threadlink::main]
fn main() {
    what_is_sent_is_received();
    time_runs_out_and_not_too_soon();
    endings_reach_the_other_side();
    once_is_once();
}

fn what_is_sent_is_received() {
    fn sum(receiver: &mpsc::Receiver<u32>) -> u32 {
        let mut sum = 0;
        loop {
            match receiver.recv_timeout(Duration::from_micros(10)) {
                Ok(number) => sum += number,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return sum,
            }
        }
    }
    let wanted = SENDERS * (0..MESSAGES).sum::<u32>();
    let (sender, receiver) = mpsc::channel();
    for _ in 0..SENDERS {
        let sender = sender.clone();
        drop(threadlink::spawn(move || {
            (0..MESSAGES).for_each(|n| sender.send(n).unwrap());
        }));
    }
    drop(sender);
    assert_eq!(sum(&receiver), wanted);
    for bound in [0, 1, 16] {
        let (sender, receiver) = mpsc::sync_channel(bound);
        for _ in 0..SENDERS {
            let sender = sender.clone();
            drop(threadlink::spawn(move || {
                (0..MESSAGES).for_each(|n| sender.send(n).unwrap());
            }));
        }
        drop(sender);
        assert_eq!(receiver.iter().sum::<u32>(), wanted, "a bound of {bound}");
    }
}

fn time_runs_out_and_not_too_soon() {
    let limit = Duration::from_millis(5);
    let (sender, receiver) = mpsc::sync_channel::<()>(0);
    let start = Instant::now();
    assert_eq!(receiver.recv_timeout(limit), Err(RecvTimeoutError::Timeout));
    assert!(start.elapsed() >= limit);
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(sender.try_send(()), Err(TrySendError::Full(())));

    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let start = Instant::now();
    let (_guard, result) = condvar
        .wait_timeout_while(mutex.lock().unwrap(), limit, |()| true)
        .unwrap();
    assert!(result.timed_out());
    assert!(start.elapsed() >= limit);
}

fn endings_reach_the_other_side() {
    let (sender, receiver) = mpsc::sync_channel(1);
    sender.send(1).unwrap();
    let blocked = threadlink::spawn(move || sender.send(2));
    drop(receiver);
    assert_eq!(blocked.join().unwrap(), Err(SendError(2)));
    let (sender, receiver) = mpsc::channel::<()>();
    let waiting = threadlink::spawn(move || receiver.recv_timeout(Duration::MAX));
    drop(sender);
    assert_eq!(waiting.join().unwrap(), Err(RecvTimeoutError::Disconnected));
}

fn once_is_once() {
    static RUNS: atomic::AtomicUsize = atomic::AtomicUsize::new(0);
    static ONCE: Once = Once::new();
    static CELL: OnceLock<usize> = OnceLock::new();
    static LAZY: LazyLock<usize> = LazyLock::new(count);
    fn count() -> usize {
        RUNS.fetch_add(1, atomic::Ordering::Relaxed) + 1
    }
    let barrier = Arc::new(Barrier::new(SENDERS as usize));
    let workers: Vec<_> = (0..SENDERS)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            threadlink::spawn(move || {
                let leader = barrier.wait().is_leader();
                ONCE.call_once(|| {
                    count();
                });
                (leader, *CELL.get_or_init(count), *LAZY)
            })
        })
        .collect();
    let seen: Vec<_> = workers
        .into_iter()
        .map(|worker| worker.join().expect("a worker died"))
        .collect();
    assert_eq!(seen.iter().filter(|(leader, ..)| *leader).count(), 1);
    assert!(
        seen.iter()
            .all(|(_, cell, lazy)| (*cell, *lazy) == (seen[0].1, seen[0].2))
    );
    assert_eq!(RUNS.load(atomic::Ordering::Relaxed), 3);
}
