//! Clocks.

use std::collections::HashSet;

use crate::api::thread;
use crate::api::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use crate::case::cases;

cases!("time":
    instants_never_go_back,
    instants_of_other_threads,
    arithmetic,
    arithmetic_that_cannot_be,
    sleeping_takes_its_time,
    the_clock_of_the_day,
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

fn arithmetic() {
    let now = Instant::now();
    let hour = Duration::from_secs(3_600);
    let later = now + hour;
    assert_eq!(
        (later - now, later - hour, now.duration_since(later)),
        (hour, now, Duration::ZERO)
    );
    assert_eq!(
        (
            now.checked_duration_since(later),
            later.checked_duration_since(now)
        ),
        (None, Some(hour))
    );
    assert_eq!(now.saturating_duration_since(later), Duration::ZERO);
    let mut moved = now;
    moved += hour;
    assert_eq!(moved, later);
    moved -= hour;
    assert_eq!((moved, now.checked_add(hour)), (now, Some(later)));
    assert_eq!(HashSet::from([now, later, moved]).len(), 2);
}

fn arithmetic_that_cannot_be() {
    assert_eq!(Instant::now().checked_add(Duration::MAX), None);
    assert_eq!(SystemTime::now().checked_add(Duration::MAX), None);
    assert_eq!(SystemTime::now().checked_sub(Duration::MAX), None);
}

fn sleeping_takes_its_time() {
    for time in [Duration::from_micros(1), Duration::from_millis(2)] {
        let before = Instant::now();
        thread::sleep(time);
        assert!(before.elapsed() >= time);
    }
}

fn the_clock_of_the_day() {
    let now = SystemTime::now();
    let years = now.duration_since(UNIX_EPOCH).unwrap().as_secs() / (365 * 24 * 3_600);
    assert!((50..500).contains(&years), "{years} years after 1970");
    assert_eq!(
        UNIX_EPOCH + now.duration_since(SystemTime::UNIX_EPOCH).unwrap(),
        now
    );
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
