//! std's own tests as they are, on the guest: those of threads, locks and time. `cargo xtask std-tests` runs all of them.

use std::sync::{Mutex, PoisonError};

use harness::threadlink;
use parity::unmodified::expected::exceptions;
use parity::unmodified::run::{Wanted, run};
use parity::unmodified::{SUITES, of_threads};
use threadlink_toolchain::Panic;

/// One build at a time: two of them write the same files.
static BUILDING: Mutex<()> = Mutex::new(());

#[track_caller]
fn all_end_as_expected(traced: bool) {
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = Wanted {
        suites: of_threads(),
        panic: Panic::Unwind,
        traced,
        filter: None,
    };
    let (mut reports, mut problems) = (0, Vec::new());
    run(&wanted, threadlink, |report| {
        println!("{report}");
        reports += 1;
        problems.extend(report.problems);
    })
    .unwrap();
    assert_eq!(reports, 4);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn on_the_threaded_std() {
    all_end_as_expected(false);
}

/// With every lock calling the host, which follows who waits for whom.
#[test]
fn on_the_traced_std() {
    all_end_as_expected(true);
}

#[test]
fn an_exception_is_of_a_suite() {
    for exception in exceptions().unwrap() {
        let suite = exception.test.split("::").next().unwrap();
        assert!(
            SUITES.iter().any(|known| known.name == suite),
            "{}",
            exception.test
        );
    }
}
