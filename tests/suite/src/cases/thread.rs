//! Spawning, joining, names, ids, handles.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};

use crate::api::thread::{self, Builder, JoinHandle, Thread, ThreadId};
use crate::case::cases;
use crate::support::{Drops, assert_send, assert_sync, panic_of, until};

cases!("thread":
    results_of_all_sizes,
    results_that_only_move,
    what_a_thread_did_happens_before_join_returns,
    what_the_spawner_did_happens_before_the_closure,
    many_at_once,
    names,
    a_long_name,
    ids_are_unique,
    handles_are_clones,
    a_handle_outlives_its_thread,
    captures_are_dropped_before_join_returns,
    the_result_of_a_detached_thread_is_dropped,
    an_unjoined_result_is_dropped_with_the_handle,
    stack_sizes,
    a_deep_stack,
    not_panicking,
    parallelism,
    debug_output,
    auto_traits;
    unwinding: a_name_with_a_nul,
);

fn results_of_all_sizes() {
    thread::spawn(|| ()).join().unwrap();
    let big = thread::spawn(|| [7_u64; 2048]).join().unwrap();
    assert!(big.iter().all(|&number| number == 7));
    #[repr(align(128))]
    struct Aligned(u8);
    let aligned = thread::spawn(|| Aligned(3)).join().unwrap();
    assert_eq!((aligned.0, (&raw const aligned).addr() % 128), (3, 0));
}

fn results_that_only_move() {
    let text = "owned".to_owned();
    let address = text.as_ptr().addr();
    let back = thread::spawn(move || Box::new(text)).join().unwrap();
    assert_eq!((back.as_str(), back.as_ptr().addr()), ("owned", address));
}

fn what_a_thread_did_happens_before_join_returns() {
    let flags: Arc<[AtomicUsize]> = (0..100).map(|_| AtomicUsize::new(0)).collect();
    let theirs = Arc::clone(&flags);
    thread::spawn(move || {
        for flag in theirs.iter() {
            flag.store(1, Ordering::Relaxed);
        }
    })
    .join()
    .unwrap();
    assert!(flags.iter().all(|flag| flag.load(Ordering::Relaxed) == 1));
}

fn what_the_spawner_did_happens_before_the_closure() {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&flag);
    flag.store(true, Ordering::Relaxed);
    assert!(
        thread::spawn(move || theirs.load(Ordering::Relaxed))
            .join()
            .unwrap()
    );
}

fn many_at_once() {
    const THREADS: usize = 32;
    let all = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let all = Arc::clone(&all);
            thread::spawn(move || {
                all.wait();
                number
            })
        })
        .collect();
    assert!(
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .eq(0..THREADS)
    );
}

fn names() {
    let thread = Builder::new()
        .name("a name".to_owned())
        .spawn(|| thread::current().name().map(str::to_owned))
        .unwrap();
    assert_eq!(thread.thread().name(), Some("a name"));
    assert_eq!(thread.join().unwrap().as_deref(), Some("a name"));
    // Each of these threads has one: that of its case.
    assert_eq!(thread::current().name(), Some("thread::names"));
    let empty = Builder::new().name(String::new()).spawn(|| ()).unwrap();
    assert_eq!(empty.thread().name(), Some(""));
    empty.join().unwrap();
}

fn a_long_name() {
    let name = "ü".repeat(300);
    let thread = Builder::new().name(name.clone()).spawn(thread::current).unwrap();
    assert_eq!(thread.join().unwrap().name(), Some(name.as_str()));
}

fn ids_are_unique() {
    let mut ids: HashSet<ThreadId> = (0..50)
        .map(|_| thread::spawn(|| thread::current().id()).join().unwrap())
        .collect();
    assert_eq!(ids.len(), 50, "an id is never used again");
    assert!(ids.insert(thread::current().id()));
}

fn handles_are_clones() {
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || sender.send(thread::current()).unwrap());
    let inside = receiver.recv().unwrap();
    let outside = thread.thread().clone();
    assert_eq!(inside.id(), outside.id());
    thread.join().unwrap();
    assert_eq!(inside.clone().id(), outside.id());
}

fn a_handle_outlives_its_thread() {
    let gone: Thread = Builder::new()
        .name("gone".to_owned())
        .spawn(thread::current)
        .unwrap()
        .join()
        .unwrap();
    // Others come and go, and may get what the first one had.
    for _ in 0..20 {
        thread::spawn(|| ()).join().unwrap();
    }
    assert_eq!(gone.name(), Some("gone"));
    gone.unpark();
    assert_ne!(gone.id(), thread::current().id());
}

fn captures_are_dropped_before_join_returns() {
    let drops = Drops::default();
    let capture = drops.value();
    thread::spawn(move || {
        let _capture = &capture;
    })
    .join()
    .unwrap();
    assert_eq!(drops.count(), 1);
    let capture = drops.value();
    let result = thread::spawn(move || capture).join().unwrap();
    assert_eq!(drops.count(), 1, "it is the result");
    drop(result);
    assert_eq!(drops.count(), 2);
}

fn the_result_of_a_detached_thread_is_dropped() {
    let drops = Drops::default();
    let (go, gate) = channel::<()>();
    let result = drops.value();
    drop(thread::spawn(move || {
        gate.recv().unwrap();
        result
    }));
    assert_eq!(drops.count(), 0);
    go.send(()).unwrap();
    until(|| drops.count() == 1);
}

fn an_unjoined_result_is_dropped_with_the_handle() {
    let drops = Drops::default();
    let result = drops.value();
    let thread = thread::spawn(move || result);
    until(|| thread.is_finished());
    assert_eq!(drops.count(), 0);
    drop(thread);
    // By this thread or by that one, whichever lets go last.
    until(|| drops.count() == 1);
}

fn stack_sizes() {
    for size in [0, 1, 4096, 100_000, 4 << 20] {
        let thread = Builder::new().stack_size(size).spawn(move || size).unwrap();
        assert_eq!(thread.join().unwrap(), size);
    }
}

fn a_deep_stack() {
    let thread = Builder::new().stack_size(32 << 20).spawn(|| {
        let big = std::hint::black_box([1_u8; 8 << 20]);
        big.iter().map(|&byte| usize::from(byte)).sum::<usize>()
    });
    assert_eq!(thread.unwrap().join().unwrap(), 8 << 20);
}

fn not_panicking() {
    assert!(!thread::panicking());
    assert!(!thread::spawn(thread::panicking).join().unwrap());
}

fn parallelism() {
    assert!(thread::available_parallelism().unwrap().get() >= 1);
}

fn debug_output() {
    let thread = Builder::new().name("shown".to_owned()).spawn(|| ()).unwrap();
    let text = format!("{thread:?}");
    assert!(
        text.starts_with("JoinHandle {") && text.ends_with(".. }"),
        "{text}"
    );
    let text = format!("{:?}", thread.thread());
    assert!(text.starts_with("Thread { id: ThreadId("), "{text}");
    assert!(text.ends_with("), name: Some(\"shown\"), .. }"), "{text}");
    let text = format!("{:?}", Builder::new().name("b".to_owned()));
    assert!(
        text.starts_with("Builder { name: Some(\"b\"), stack_size: None"),
        "{text}"
    );
    thread.join().unwrap();
}

fn auto_traits() {
    // Whatever the result is: only the thread that joins gets at it.
    assert_send::<JoinHandle<Rc<Cell<u8>>>>();
    assert_sync::<JoinHandle<Rc<Cell<u8>>>>();
    assert_send::<Thread>();
    assert_sync::<Thread>();
    assert_send::<ThreadId>();
    assert_sync::<ThreadId>();
    assert_send::<Builder>();
}

fn a_name_with_a_nul() {
    let message = panic_of(|| Builder::new().name("a\0b".to_owned()).spawn(|| ()));
    assert!(message.contains("null"), "{message}");
}
