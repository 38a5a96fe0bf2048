//! Bugs of programs that many use, in small: what was reported of each, without what was around it.

use std::sync::{Condvar, Mutex, RwLock};

use crate::parts::{Program, Var, deadlocks, panics, together, work};

pub(crate) const PROGRAMS: &[Program] = &[
    panics("aget", download),
    panics("ctrace", trace),
    panics("pbzip2", compress),
    panics("httpd", references),
    panics("mysql", rotate),
    panics("transmission", early),
    deadlocks("nspr", monitor),
];

/// How far a download is gets saved while its parts go on: not all that was written is counted.
fn download() {
    let (written, counted) = ([Var::new(0), Var::new(0)], Var::new(0));
    let part = |own: usize| {
        for _ in 0..2 {
            written[own].add(1);
            counted.add(1);
        }
    };
    together([
        work("part-0", || part(0)),
        work("part-1", || part(1)),
        work("signal", || {
            let all = written[0].get() + written[1].get();
            assert!(counted.get() >= all, "the file has more than was counted");
        }),
    ]);
}

/// Two threads write their line at one place of the log.
fn trace() {
    let (lines, next) = ([const { Var::new(0) }; 4], Var::new(0));
    let write = |value: i64| {
        let at = next.get();
        lines[at as usize].set(value);
        next.set(at + 1);
    };
    together([work("one", || write(1)), work("two", || write(2))]);
    let sum: i64 = lines.iter().map(Var::get).sum();
    assert_eq!(sum, 3, "a line is lost");
}

/// Main takes the queue away when all was put in, not when all who use it have left.
fn compress() {
    let (queue, left) = (RwLock::new(Some(Mutex::new(vec![1, 2]))), Var::new(2));
    let take = || {
        while left.get() > 0 {
            let queue = queue.read().unwrap();
            let block = queue.as_ref().expect("the queue is there").lock().unwrap().pop();
            if block.is_some() {
                left.add(-1);
            }
        }
    };
    together([
        work("worker-1", take),
        work("worker-2", take),
        work("main-thread", || {
            while left.get() > 0 {
                std::thread::yield_now();
            }
            *queue.write().unwrap() = None;
        }),
    ]);
}

/// Whoever was the last asks for the count after it has lowered it: two may be the last.
fn references() {
    let (count, freed) = (Var::new(2), Var::new(0));
    let leave = || {
        count.add(-1);
        if count.get() == 0 {
            assert_eq!(freed.add(1), 0, "it is freed twice");
        }
    };
    together([work("request", leave), work("cleaner", leave)]);
}

/// While the log is changed for a new one there is none, and what happens then is not written.
fn rotate() {
    let (log, lines) = (Mutex::new(Some(1)), Var::new(0));
    together([
        work("rotator", || {
            log.lock().unwrap().take();
            *log.lock().unwrap() = Some(2);
        }),
        work("writer", || {
            if log.lock().unwrap().is_some() {
                lines.add(1);
            }
        }),
    ]);
    assert_eq!(lines.get(), 1, "a line was not written");
}

/// A thread uses what the one that has started it sets right after.
fn early() {
    let (ready, session) = (Condvar::new(), Mutex::new(None));
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new()
            .name("peer".to_owned())
            .spawn_scoped(scope, || {
                assert!(session.lock().unwrap().is_some(), "there is no session yet");
            });
        *session.lock().unwrap() = Some(1);
        ready.notify_all();
        started.expect("a thread starts");
    });
}

/// Whoever leaves wakes one only, which may be one that waits for something else.
fn monitor() {
    let (turn, changed) = (Mutex::new(0), Condvar::new());
    let part = |own: usize| {
        let others = turn.lock().unwrap();
        let mut turn = changed.wait_while(others, |turn| *turn != own).unwrap();
        *turn += 1;
        changed.notify_one();
    };
    together((0..3).map(|own| work(&format!("number-{own}"), move || part(own))));
}
