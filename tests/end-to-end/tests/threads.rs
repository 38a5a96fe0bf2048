//! Threads: that they cost nothing once they are gone, that a thousand fit at once, and how they die.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::{Guest, run, run_module, threadlink};
use threadlink_host::{Engine, EngineConfig, Outcome, RunConfig};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs a module in this process, through the embedding API.
fn embed(module: &Path, arguments: &[&str]) -> (Outcome, String) {
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&std::fs::read(module).unwrap()).unwrap();
    let text = Captured::default();
    let args = std::iter::once(&"guest")
        .chain(arguments)
        .map(ToString::to_string)
        .collect();
    let config = RunConfig::new()
        .args(args)
        .stdout(Box::new(text.clone()))
        .stderr(Box::new(text.clone()))
        .timeout(Duration::from_secs(800));
    let outcome = program.run(config).unwrap();
    let text = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
    (outcome, text)
}

fn memory_stays_flat(how: &str) {
    let (outcome, text) = embed(&Guest::bin("flat").with(&["--release"]).build(), &[how]);
    assert_eq!(outcome.end.exit_code(), 0, "{}{text}", outcome.end);
    let readings: Vec<Vec<u64>> = text
        .lines()
        .filter(|line| !line.starts_with("dropped"))
        .map(|line| line.split(' ').map(|word| word.parse().unwrap()).collect())
        .collect();
    let [first, last] = readings.as_slice() else {
        panic!("two readings: {text}")
    };
    assert_eq!((first[0], last[0]), (1_000, 100_000));
    assert_eq!(
        first[1..],
        last[1..],
        "pages and live bytes, after 1,000 threads and after 100,000"
    );
    assert!(text.contains("dropped 100000"), "{text}");
    assert!(outcome.stats.instances <= 9, "{:?}", outcome.stats);
    assert!(outcome.stats.threads > 100_000, "{:?}", outcome.stats);
}

#[test]
fn a_hundred_thousand_joined_threads_leave_nothing_behind() {
    memory_stays_flat("sequential");
}

#[test]
fn a_hundred_thousand_detached_threads_leave_nothing_behind() {
    memory_stays_flat("detached");
}

#[test]
fn a_thousand_threads_are_alive_at_once() {
    let (outcome, text) = embed(&Guest::bin("alive").build(), &[]);
    assert_eq!(
        (outcome.end.exit_code(), text.as_str()),
        (0, "499500\n"),
        "{}",
        outcome.end
    );
    assert_eq!(outcome.stats.peak_threads, 1_001);
}

#[test]
fn a_thread_that_dies_is_an_error_for_its_joiner_and_for_nobody_else() {
    for (how, message, report) in [
        (
            "panic",
            "told to die, 7",
            "thread 'victim' panicked at tests/guests/src/bin/deaths.rs:",
        ),
        ("hook", "", "thread 'victim' panicked"),
        ("unreachable", "", "unreachable"),
        ("bounds", "", "out of bounds"),
        ("stack", "", "call stack exhausted"),
    ] {
        let module = Guest::bin("deaths").with(&["--release"]).build();
        // Twice in one process: what a guest does to itself leaves no mark on the next.
        for _ in 0..2 {
            let (outcome, text) = embed(&module, &[how]);
            assert_eq!(outcome.end.exit_code(), 0, "{how}: {}{text}", outcome.end);
            assert!(text.contains(&format!("it died: {message}")), "{how}: {text}");
            assert!(!text.contains("no message"), "{how}: {text}");
            assert!(text.contains("and the program goes on: 42"), "{how}: {text}");
            assert!(text.contains(report), "{how}: {text}");
        }
    }
}

#[test]
fn a_main_that_dies_ends_the_program_with_message_and_backtrace() {
    for (how, code, message) in [
        (
            "panic",
            101,
            "thread 'main' panicked at tests/guests/src/bin/deaths.rs:",
        ),
        ("unreachable", 134, "thread 'main' trapped: "),
        ("bounds", 134, "out of bounds"),
        ("stack", 134, "call stack exhausted"),
    ] {
        let ran = run(threadlink()
            .env("RUST_BACKTRACE", "1")
            .arg("run")
            .arg(Guest::bin("deaths").build())
            .args(["--", how, "main"]));
        assert_eq!(ran.code, code, "{how}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{how}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("deaths::"),
            "{how}: no function named: {}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("deaths.rs:"),
            "{how}: no source line: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_damaged_guard_zone_ends_the_program_and_names_the_thread() {
    for profile in [&[][..], &["--release"]] {
        let ran = run_module(&Guest::bin("overflow").with(profile).build(), &[]);
        assert_eq!(ran.code, 134, "{}{}", ran.stdout, ran.stderr);
        assert!(
            ran.stderr
                .contains("thread 'deep' overflowed its stack of 65536 bytes"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("stack_size("), "{}", ran.stderr);
    }
}

#[test]
fn the_program_ends_at_once_with_the_right_code_and_a_complete_trace() {
    let module = Guest::bin("endings").traced().build();
    let folder = tempfile::tempdir().unwrap();
    for (how, code) in [("return", 0), ("main", 300 & 0xff), ("thread", 7)] {
        let trace = folder.path().join(how);
        let ran = run(threadlink()
            .arg("run")
            .arg(&module)
            .arg("--trace")
            .arg(&trace)
            .args(["--", how]));
        assert_eq!(ran.code, code, "{how}: {}", ran.stderr);
        let trace = threadlink_trace::Trace::open(&trace).unwrap();
        assert!(!trace.truncated(), "{how}");
        threadlink_trace::validate(&trace).unwrap_or_else(|wrong| panic!("{how}: {wrong:?}"));
    }
}

#[test]
fn a_million_threads_of_one_scope_leave_nothing_behind() {
    let module = Guest::bin("scopes").with(&["--release"]).build();
    for how in ["dropped", "joined"] {
        let (outcome, text) = embed(&module, &["flat", how]);
        assert_eq!(outcome.end.exit_code(), 0, "{how}: {}{text}", outcome.end);
        let pages: Vec<&str> = text.lines().collect();
        let [first, last] = pages.as_slice() else {
            panic!("two readings: {text}")
        };
        assert_eq!(
            first, last,
            "{how}: pages after 1,000 threads and after 1,000,000"
        );
        assert!(outcome.stats.threads > 1_000_000, "{:?}", outcome.stats);
    }
}

#[test]
fn a_scoped_thread_that_dies_ends_the_program_and_says_why() {
    let module = Guest::bin("scopes").build();
    for (how, death, remedy) in [
        (
            "panic",
            "thread 'borrower' panicked at tests/guests/src/bin/scopes.rs:",
            "--panic unwind",
        ),
        ("trap", "thread 'borrower' trapped: ", "use `thread::spawn`"),
    ] {
        for handle in ["joined", "dropped", "forgotten"] {
            let ran = run(threadlink()
                .env("RUST_BACKTRACE", "1")
                .arg("run")
                .arg(&module)
                .args(["--", how, handle]));
            assert_eq!(ran.code, 134, "{how} {handle}: {}{}", ran.stdout, ran.stderr);
            for text in [
                death,
                remedy,
                "scopes::die",
                "error number 69",
                "thread 'borrower' ended the program",
            ] {
                assert!(
                    ran.stderr.contains(text),
                    "{how} {handle}: {text:?} in {}",
                    ran.stderr
                );
            }
            assert_eq!(ran.stdout, "", "{how} {handle}: somebody saw the torn data");
        }
    }
}

#[test]
fn scopes_of_an_unwinding_build_behave_as_std_says() {
    let module = Guest::bin("scopes").with(&["--panic", "unwind"]).build();
    for (handle, said) in [
        ("joined", "joined: out of sorts\nthe scope returned\n"),
        ("dropped", "the scope panicked: a scoped thread panicked\n"),
        ("forgotten", "the scope panicked: a scoped thread panicked\n"),
    ] {
        let ran = run_module(&module, &["panic", handle]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, said),
            "{handle}: {}",
            ran.stderr
        );
    }
    let ran = run_module(&module, &["trap", "dropped"]);
    assert_eq!(ran.code, 134, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("error number 69"), "{}", ran.stderr);
}

#[test]
fn a_scope_that_waits_for_a_thread_that_waits_for_it_is_a_deadlock() {
    let ran = run_module(&Guest::bin("scopes").traced().build(), &["deadlock"]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr
            .contains("waits for the end of thread 'borrower' at tests/guests/src/bin/scopes.rs:"),
        "{}",
        ran.stderr
    );
}

#[test]
fn thread_locals_are_destroyed_as_std_does_it() {
    for build in [&[][..], &["--release"], &["--panic", "unwind"]] {
        let module = Guest::bin("locals").with(build).build();
        let ran = run_module(&module, &["order"]);
        assert_eq!(ran.code, 0, "{build:?}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(
            ran.stdout,
            "third, then first, reviving late\n\
             late, on 'worker'\n\
             second sees first: gone, and itself: gone, on 'worker'\n\
             joined\n",
            "{build:?}"
        );
        let ran = run_module(&module, &["panic"]);
        assert_eq!(ran.code, 134, "{build:?}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "", "{build:?}: join returned");
        for text in [
            "a bad end",
            "thread 'worker' ended the program",
            "error number 73",
        ] {
            assert!(ran.stderr.contains(text), "{build:?}: {text:?} in {}", ran.stderr);
        }
    }
}

#[test]
fn spawns_beside_slow_destructors_of_thread_locals_are_not_slow() {
    let ran = run_module(&Guest::bin("locals").build(), &["slow"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let millis: u64 = ran.stdout.trim().parse().expect("the program prints a number");
    // A thousand pauses of 20 us before each.
    assert!(millis < 64 * 20, "64 spawns took {millis} ms");
}

#[test]
fn an_unwinding_build_gives_the_payload_itself() {
    let module = Guest::bin("deaths").with(&["--panic", "unwind"]).build();
    let ran = run_module(&module, &["panic"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("it died: told to die, 7"), "{}", ran.stdout);
    assert!(
        ran.stderr
            .contains("thread 'victim' panicked at tests/guests/src/bin/deaths.rs:"),
        "{}",
        ran.stderr
    );
    let ran = run_module(&module, &["panic", "main"]);
    assert_eq!(ran.code, 101, "{}", ran.stderr);
    assert!(ran.stderr.contains("told to die, 7"), "{}", ran.stderr);
}

#[test]
fn a_host_that_patches_modules_never_gets_null_for_memory() {
    let module = Guest::bin("deaths").build();
    for how in ["no memory", "no layout"] {
        let ran = run_module(&module, &[how, "main"]);
        assert_eq!(
            (ran.code, &*ran.stdout),
            (134, "memory: true\n"),
            "{how}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("__wasmgrind_malloc"), "{how}: {}", ran.stderr);
    }
}
