//! A semaphore, a bounded queue and a latch made from Mutex and Condvar.
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};
use std::thread;
struct Semaphore {
    free: Mutex<usize>,
    more: Condvar,
}
impl Semaphore {
    fn acquire(&self) {
        let mut f = self
            .more
            .wait_while(self.free.lock().unwrap(), |f| *f == 0)
            .unwrap();
        *f -= 1;
    }
    fn release(&self) {
        *self.free.lock().unwrap() += 1;
        self.more.notify_one();
    }
}
struct Queue<T> {
    items: Mutex<VecDeque<T>>,
    not_empty: Condvar,
    not_full: Condvar,
    cap: usize,
}
impl<T> Queue<T> {
    fn put(&self, t: T) {
        let mut q = self.items.lock().unwrap();
        while q.len() == self.cap {
            q = self.not_full.wait(q).unwrap();
        }
        q.push_back(t);
        self.not_empty.notify_one();
    }
    fn take(&self) -> T {
        let mut q = self.items.lock().unwrap();
        while q.is_empty() {
            q = self.not_empty.wait(q).unwrap();
        }
        let t = q.pop_front().unwrap();
        self.not_full.notify_one();
        t
    }
}
pub(crate) fn run() {
    let s = Semaphore {
        free: Mutex::new(3),
        more: Condvar::new(),
    };
    let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                for _ in 0..50 {
                    s.acquire();
                    most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                    thread::yield_now();
                    now.fetch_sub(1, SeqCst);
                    s.release();
                }
            });
        }
    });
    println!("{} {}", most.load(SeqCst) <= 3, *s.free.lock().unwrap());
    let q = Queue {
        items: Mutex::default(),
        not_empty: Condvar::new(),
        not_full: Condvar::new(),
        cap: 5,
    };
    let total: u64 = thread::scope(|scope| {
        for p in 0..4u64 {
            let q = &q;
            scope.spawn(move || {
                for i in 0..1000 {
                    q.put(p * 1000 + i);
                }
            });
        }
        let takers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..1000).map(|_| q.take()).sum::<u64>()))
            .collect();
        takers.into_iter().map(|t| t.join().unwrap()).sum()
    });
    println!("{total}");
}
