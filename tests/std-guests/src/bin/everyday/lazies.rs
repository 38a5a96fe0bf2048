//! What is made once, by whoever comes first, and what belongs to a thread and ends with it.

use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, Once, OnceLock};
use std::thread;

static MADE: AtomicUsize = AtomicUsize::new(0);
static TABLE: LazyLock<Vec<u64>> = LazyLock::new(|| {
    MADE.fetch_add(1, Ordering::SeqCst);
    (0..50)
        .scan((0, 1), |s, _| {
            let v = s.0;
            *s = (s.1, s.0 + s.1);
            Some(v)
        })
        .collect()
});
static CONFIG: OnceLock<String> = OnceLock::new();
static START: Once = Once::new();
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Noisy(&'static str, usize);
impl Drop for Noisy {
    fn drop(&mut self) {
        LOG.lock().unwrap().push(format!(
            "{} {} dropped by {:?}",
            self.0,
            self.1,
            thread::current().name()
        ));
    }
}
thread_local! {
    static FIRST: RefCell<Option<Noisy>> = const { RefCell::new(None) };
    static COUNT: Cell<u32> = const { Cell::new(7) };
    static LAZY: LazyCell<String> = LazyCell::new(|| format!("{:?}", thread::current().name()));
    static ONCE: OnceCell<Noisy> = const { OnceCell::new() };
}

pub(crate) fn run() {
    thread::scope(|s| {
        for n in 0..6 {
            s.spawn(move || {
                START.call_once(|| println!("started once"));
                assert_eq!(TABLE[49], 7_778_742_049);
                CONFIG.get_or_init(|| "the config".to_owned());
                COUNT.set(COUNT.get() + n);
                assert_eq!(COUNT.get(), 7 + n);
            });
        }
    });
    println!(
        "made {} times, {:?}, once done: {}",
        MADE.load(Ordering::SeqCst),
        CONFIG.get(),
        START.is_completed()
    );
    println!("set again: {:?}", CONFIG.set("x".into()));
    for n in 0..3 {
        thread::Builder::new()
            .name(format!("owner {n}"))
            .spawn(move || {
                FIRST.with_borrow_mut(|f| *f = Some(Noisy("first", n)));
                ONCE.with(|o| {
                    o.get_or_init(|| Noisy("once", n));
                });
                LAZY.with(|l| assert!(l.contains("owner")));
            })
            .unwrap()
            .join()
            .unwrap();
    }
    let mut log = LOG.lock().unwrap().clone();
    log.sort();
    println!("{log:#?}");
    println!("main's count is {}", COUNT.get());
}
