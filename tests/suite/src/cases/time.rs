//! Clocks.

use std::collections::HashSet;

use crate::api::thread;
use crate::api::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use crate::case::cases;

cases!("time":
    instants_never_go_back,
    instants_of_other_threads,
    moved_and_hashed,
    before_all_time,
    sleeping_takes_its_time,
    times_before_others,
    debug_output,
);

fn instants_never_go_back() {
    let mut before = Instant::now();
    for _ in 0..1_000 {
        let now = Instant::now();
        assert!(now >= before);
        before = now;
    }
}

fn instants_of_other_threads() {
    let before = Instant::now();
    let theirs = thread::spawn(Instant::now).join().unwrap();
    assert!(before <= theirs && theirs <= Instant::now());
}

fn moved_and_hashed() {
    let now = Instant::now();
    let hour = Duration::from_secs(3_600);
    let later = now + hour;
    let mut moved = now;
    moved += hour;
    assert_eq!(moved, later);
    moved -= hour;
    assert_eq!(moved, now);
    assert_eq!(HashSet::from([now, later, moved]).len(), 2);
}

fn before_all_time() {
    assert_eq!(SystemTime::now().checked_sub(Duration::MAX), None);
}

fn sleeping_takes_its_time() {
    for time in [Duration::ZERO, Duration::from_micros(1), Duration::from_millis(2)] {
        let before = Instant::now();
        thread::sleep(time);
        assert!(before.elapsed() >= time);
    }
}

fn times_before_others() {
    let day = Duration::from_secs(86_400);
    let before = UNIX_EPOCH - day;
    assert!(before < UNIX_EPOCH);
    let error = before.duration_since(UNIX_EPOCH).unwrap_err();
    assert_eq!(error.duration(), day);
    assert_eq!(error.to_string(), "second time provided was later than self");
    assert_eq!(UNIX_EPOCH.duration_since(before).unwrap(), day);
    assert!((SystemTime::now() + day).elapsed().is_err());
}

fn debug_output() {
    assert!(format!("{:?}", Instant::now()).starts_with("Instant"));
    assert!(format!("{:?}", SystemTime::now()).starts_with("SystemTime"));
}
