//! What std documents of its threads and locks: the same cases for std itself, for threadlink natively, and for
//! guests that abort and that unwind.

use std::path::Path;
use std::process::Command;

use harness::{Guest, Ran, native, run, threadlink};

/// Seconds after which a guest is stopped. Only a case that hangs takes a tenth of it.
const LIMIT: &str = "800";

/// The topics in which threads wake each other, and which could hang once in a thousand times.
const STRESSED: [&str; 4] = ["park::", "scope::", "condvar::", "mpsc::"];

fn guest(panic: &str) -> Guest {
    Guest::package("suite").with(&["--release", "--panic", panic])
}

fn on_host(module: &Path, arguments: &[&str]) -> Ran {
    run(threadlink()
        .args(["run", "--timeout", LIMIT])
        .arg(module)
        .arg("--")
        .args(arguments))
}

/// All cases have passed but those that are not applicable: how many of each there were.
fn passed(ran: &Ran) -> (usize, usize) {
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let ending = |end: &str| ran.stdout.lines().filter(|line| line.ends_with(end)).count();
    let (passed, not_applicable) = (ending(" ... ok"), ending(" ... not applicable"));
    let last = ran.stdout.lines().last();
    let expected = format!("{passed} passed, 0 failed, {not_applicable} not applicable");
    assert_eq!(last, Some(expected.as_str()), "{}", ran.stdout);
    assert_eq!(ran.stdout.lines().count(), passed + not_applicable + 1);
    (passed, not_applicable)
}

#[test]
fn std_and_threadlink_behave_alike_everywhere() {
    let std = native(&["-p", "suite", "--features", "std-itself"]);
    let (all, _) = passed(&run(&mut Command::new(std)));
    assert!(all > 130, "{all} cases");
    let ours = native(&["-p", "suite"]);
    assert_eq!(passed(&run(&mut Command::new(ours))), (all, 0), "natively");
    let unwinding = guest("unwind").build();
    assert_eq!(
        passed(&on_host(&unwinding, &[])),
        (all, 0),
        "a guest that unwinds"
    );
    let (some, others) = passed(&on_host(&guest("abort").build(), &[]));
    assert_eq!(some + others, all, "a guest that aborts");
    assert!(others < all / 4, "{others} of {all} need unwinding");
}

#[test]
fn events_change_nothing() {
    let traced = guest("unwind").traced().build();
    let (_, others) = passed(&on_host(
        &traced,
        &["mutex", "rwlock", "condvar", "scope", "mpsc"],
    ));
    assert_eq!(others, 0);
}

#[test]
fn a_thousand_times_without_a_hang() {
    let arguments: Vec<&str> = STRESSED.into_iter().chain(["--times", "1000"]).collect();
    let ours = native(&["-p", "suite", "--release"]);
    assert_eq!(passed(&run(Command::new(ours).args(&arguments))).1, 0);
    passed(&on_host(&guest("abort").build(), &arguments));
}

#[test]
fn a_case_that_fails_is_named_and_counted() {
    let module = guest("abort").build();
    let ran = on_host(&module, &["no case has such a name"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "0 passed, 0 failed, 0 not applicable\n")
    );
    let ran = run(threadlink()
        .args(["run", "--timeout", LIMIT, "--max-threads", "8"])
        .arg(&module)
        .args(["--", "thread::many_at_once"]));
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(
        ran.stdout
            .starts_with("thread::many_at_once ... FAILED in round 1: failed to spawn thread"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.ends_with("0 passed, 1 failed, 0 not applicable\n"),
        "{}",
        ran.stdout
    );
}

/// The module that starts a million threads has to leave memory as it was after ten thousand.
fn a_million_threads(how: &str) {
    let module = Guest::bin("million").with(&["--release"]).build();
    let ran = on_host(&module, &[how]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let [first, last, waited] = lines.as_slice() else {
        panic!("three lines: {}", ran.stdout)
    };
    let (first, last) = (first.strip_prefix("10000 "), last.strip_prefix("1000000 "));
    assert!(first.is_some(), "{}", ran.stdout);
    assert_eq!(first, last, "pages and live bytes: {}", ran.stdout);
    let waited: usize = waited.strip_prefix("waited ").unwrap().parse().unwrap();
    assert!(waited > 0, "nobody ever had to wait for the lock");
}

#[test]
fn memory_stays_flat_over_a_million_joined_threads() {
    a_million_threads("joined");
}

#[test]
fn memory_stays_flat_over_a_million_detached_threads() {
    a_million_threads("detached");
}
