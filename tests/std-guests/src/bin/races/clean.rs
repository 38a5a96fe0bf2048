//! Programs without a race, some of which look as if they had one.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, mpsc};
use std::thread;
use std::time::Duration;

use super::shared::Shared;

pub(super) const PROGRAMS: &[(&str, fn())] = &[
    ("release-acquire", release_acquire),
    ("sequential", sequential),
    ("fences", fences),
    ("release-sequence", release_sequence),
    ("mutex", mutex),
    ("condvar", condvar),
    ("once", once),
    ("once-lock", once_lock),
    ("channels", channels),
    ("arc-drop", arc_drop),
    ("thread-local", thread_local),
    ("reused-stack", reused_stack),
    ("reused-block", reused_block),
    ("scope", scope),
    ("rwlock", rwlock),
    ("park", park),
    ("barrier", barrier),
    ("relaxed-counter", relaxed_counter),
    ("sequence-lock-atomic", sequence_lock_atomic),
    ("spin-lock", spin_lock),
    ("halves", halves),
    ("many", many),
];

/// Hands a value over by a flag.
fn handed_over(store: Ordering, load: Ordering) {
    static VALUE: Shared<u32> = Shared::new(0);
    static FLAG: AtomicBool = AtomicBool::new(false);
    let other = thread::spawn(move || {
        VALUE.set(7);
        FLAG.store(true, store);
    });
    while !FLAG.load(load) {
        thread::yield_now();
    }
    assert_eq!(VALUE.get(), 7);
    VALUE.set(8);
    other.join().unwrap();
}

fn release_acquire() {
    handed_over(Ordering::Release, Ordering::Acquire);
}

fn sequential() {
    handed_over(Ordering::SeqCst, Ordering::SeqCst);
}

fn fences() {
    static VALUE: Shared<u32> = Shared::new(0);
    static FLAG: AtomicBool = AtomicBool::new(false);
    let other = thread::spawn(|| {
        VALUE.set(7);
        fence(Ordering::Release);
        FLAG.store(true, Ordering::Relaxed);
    });
    while !FLAG.load(Ordering::Relaxed) {
        thread::yield_now();
    }
    fence(Ordering::Acquire);
    assert_eq!(VALUE.get(), 7);
    other.join().unwrap();
}

/// A relaxed read and write in one goes on with what was released.
fn release_sequence() {
    static VALUE: Shared<u32> = Shared::new(0);
    static FLAG: AtomicU32 = AtomicU32::new(0);
    let first = thread::spawn(|| {
        VALUE.set(7);
        FLAG.store(1, Ordering::Release);
    });
    let second = thread::spawn(|| {
        while FLAG
            .compare_exchange(1, 2, Ordering::Relaxed, Ordering::Relaxed)
            .is_err()
        {
            thread::yield_now();
        }
    });
    while FLAG.load(Ordering::Acquire) != 2 {
        thread::yield_now();
    }
    assert_eq!(VALUE.get(), 7);
    first.join().unwrap();
    second.join().unwrap();
}

fn mutex() {
    static VALUE: Shared<u32> = Shared::new(0);
    static LOCK: Mutex<()> = Mutex::new(());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let _held = LOCK.lock().unwrap();
                    VALUE.set(VALUE.get() + 1);
                }
            });
        }
    });
    assert_eq!(VALUE.get(), 60);
}

fn condvar() {
    let pair = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
    let other = pair.clone();
    let other = thread::spawn(move || {
        for number in 0..10 {
            other.0.lock().unwrap().push(format!("number {number}"));
            other.1.notify_one();
        }
    });
    let mut got = 0;
    while got < 10 {
        let mut list = pair
            .1
            .wait_while(pair.0.lock().unwrap(), |list| list.is_empty())
            .unwrap();
        got += list.drain(..).count();
    }
    other.join().unwrap();
}

fn once() {
    static VALUE: Shared<u32> = Shared::new(0);
    static ONCE: Once = Once::new();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                ONCE.call_once(|| VALUE.set(3));
                assert_eq!(VALUE.get(), 3);
            });
        }
    });
}

fn once_lock() {
    static TEXT: OnceLock<String> = OnceLock::new();
    static TABLE: LazyLock<HashMap<u32, String>> =
        LazyLock::new(|| (0..20).map(|n| (n, n.to_string())).collect());
    thread::scope(|scope| {
        for number in 0..3 {
            scope.spawn(move || {
                assert_eq!(TEXT.get_or_init(|| "text".repeat(3)).len(), 12);
                assert_eq!(TABLE[&number], number.to_string());
            });
        }
    });
}

fn channels() {
    let (sender, receiver) = mpsc::channel::<Vec<u32>>();
    let (back, returned) = mpsc::sync_channel::<Vec<u32>>(0);
    let worker = thread::spawn(move || {
        for mut list in receiver {
            list.push(1);
            back.send(list).unwrap();
        }
    });
    for number in 0..40 {
        sender.send(vec![number; 3]).unwrap();
        assert_eq!(returned.recv().unwrap().len(), 4);
    }
    drop(sender);
    worker.join().unwrap();
    let (sender, receiver) = mpsc::sync_channel::<String>(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            let sender = sender.clone();
            scope.spawn(move || {
                for number in 0..10 {
                    sender.send(number.to_string()).unwrap();
                }
            });
        }
        drop(sender);
        assert_eq!(receiver.iter().count(), 20);
    });
}

fn arc_drop() {
    struct Loud(Vec<u32>);
    impl Drop for Loud {
        fn drop(&mut self) {
            self.0.push(1);
        }
    }
    for _ in 0..10 {
        let shared = Arc::new(Loud(vec![1, 2, 3]));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || assert_eq!(shared.0.len(), 3))
            })
            .collect();
        drop(shared);
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

fn thread_local() {
    thread_local! {
        static COUNT: Cell<u32> = const { Cell::new(0) };
        static LIST: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }
    for _ in 0..3 {
        thread::scope(|scope| {
            for number in 0..3 {
                scope.spawn(move || {
                    COUNT.set(COUNT.get() + number);
                    LIST.with_borrow_mut(|list| list.push(number.to_string()));
                    assert_eq!(COUNT.get(), number);
                });
            }
        });
    }
}

fn deep(depth: u32) -> u32 {
    let room = [depth; 16];
    if depth == 0 {
        return std::hint::black_box(room)[3];
    }
    deep(depth - 1) + std::hint::black_box(room)[0]
}

/// Threads that nobody waits for leave their stacks to others.
fn reused_stack() {
    static DONE: AtomicUsize = AtomicUsize::new(0);
    for round in 1..=8 {
        drop(thread::spawn(|| {
            deep(40);
            DONE.fetch_add(1, Ordering::Relaxed);
        }));
        while DONE.load(Ordering::Relaxed) < round {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Blocks that one thread has freed are another one's next, without anything that orders the two but the allocator.
fn reused_block() {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    thread::scope(|scope| {
        for own in 0..3 {
            scope.spawn(move || {
                for round in 0..10 {
                    while TURN.load(Ordering::Relaxed) != round * 3 + own {
                        thread::yield_now();
                    }
                    let mut list = vec![own; 100];
                    list.resize(300, own);
                    list[50] = round;
                    let small: Vec<Box<usize>> = list.iter().take(40).map(|n| Box::new(*n)).collect();
                    drop((list, small));
                    TURN.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
}

fn scope() {
    let mut values = vec![1_u32; 64];
    let sum = AtomicU32::new(0);
    thread::scope(|scope| {
        for part in values.chunks_mut(16) {
            let sum = &sum;
            scope.spawn(move || {
                for value in part.iter_mut() {
                    *value += 1;
                }
                sum.fetch_add(part.iter().sum(), Ordering::Relaxed);
            });
        }
    });
    values.push(sum.into_inner());
    assert_eq!(values[64], 128);
}

fn rwlock() {
    let lock = RwLock::new(vec![0_u32]);
    thread::scope(|scope| {
        for number in 0..2 {
            let lock = &lock;
            scope.spawn(move || {
                for _ in 0..10 {
                    lock.write().unwrap().push(number);
                }
            });
            scope.spawn(move || {
                for _ in 0..10 {
                    assert!(!lock.read().unwrap().is_empty());
                }
            });
        }
    });
}

fn park() {
    static VALUE: Shared<u32> = Shared::new(0);
    static DONE: AtomicBool = AtomicBool::new(false);
    let main = thread::current();
    let other = thread::spawn(move || {
        VALUE.set(1);
        DONE.store(true, Ordering::Relaxed);
        main.unpark();
    });
    // The token orders, and nothing else does.
    loop {
        thread::park();
        if DONE.load(Ordering::Relaxed) {
            break;
        }
    }
    assert_eq!(VALUE.get(), 1);
    thread::park_timeout(Duration::from_millis(1));
    other.join().unwrap();
}

fn barrier() {
    let values: [Shared<u32>; 3] = [const { Shared::new(0) }; 3];
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        for own in 0..3 {
            let (values, barrier) = (&values, &barrier);
            scope.spawn(move || {
                for round in 1..5 {
                    values[own].set(round);
                    barrier.wait();
                    assert_eq!(values[(own + 1) % 3].get(), round);
                    barrier.wait();
                }
            });
        }
    });
}

fn relaxed_counter() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(|| {
                for _ in 0..50 {
                    COUNT.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while COUNT.load(Ordering::Relaxed) < 200 {
        thread::yield_now();
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

fn sequence_lock_atomic() {
    static SEQUENCE: AtomicU32 = AtomicU32::new(0);
    static VALUES: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
    let writer = thread::spawn(|| {
        for round in 1..20 {
            SEQUENCE.store(2 * round - 1, Ordering::Relaxed);
            fence(Ordering::Release);
            for value in &VALUES {
                value.store(round, Ordering::Relaxed);
            }
            SEQUENCE.store(2 * round, Ordering::Release);
        }
    });
    for _ in 0..20 {
        let before = SEQUENCE.load(Ordering::Acquire);
        let seen = VALUES.each_ref().map(|value| value.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        if before.is_multiple_of(2) && SEQUENCE.load(Ordering::Relaxed) == before {
            assert_eq!(seen[0], seen[1]);
        }
        thread::yield_now();
    }
    writer.join().unwrap();
}

fn spin_lock() {
    static LOCKED: AtomicBool = AtomicBool::new(false);
    static LIST: Shared<[u64; 3]> = Shared::new([0; 3]);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..10 {
                    while LOCKED
                        .compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed)
                        .is_err()
                    {
                        thread::yield_now();
                    }
                    LIST.set(LIST.get().map(|n| n + 1));
                    LOCKED.store(false, Ordering::Release);
                }
            });
        }
    });
    assert_eq!(LIST.get(), [30; 3]);
}

/// Bytes that stand together and are two threads'.
fn halves() {
    let mut bytes = [0_u8; 16];
    let (left, right) = bytes.split_at_mut(5);
    thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..20 {
                left.iter_mut().for_each(|byte| *byte += 1);
            }
        });
        scope.spawn(move || {
            for _ in 0..20 {
                right.iter_mut().for_each(|byte| *byte += 2);
            }
        });
    });
    assert_eq!(bytes[4] + bytes[5], 60);
}

/// Threads one after the other, many of which are never joined.
fn many() {
    for _ in 0..100 {
        thread::spawn(|| Box::new(1_u32)).join().unwrap();
        drop(thread::spawn(|| vec![1_u8; 100]));
    }
}
