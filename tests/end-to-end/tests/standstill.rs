//! A program in which no thread can go on is ended at once, with the place of every wait, with and without hooks; one
//! in which some thread can is not.

use std::time::Duration;

use harness::{Guest, root, run_module};
use threadlink_host::{End, Engine, EngineConfig, Program, RunConfig};

/// Cases that come to a standstill, and for each of their waits what marks its line in the source.
const STILL: [(&str, &[&str]); 5] = [
    ("park", &["// parked for good"]),
    ("channel", &["// received by nobody"]),
    ("barrier", &["// one of three", "// two of three"]),
    ("once", &["// wants it done", "// does it"]),
    ("condvar", &["// not notified"]),
];
/// Cases that do not.
const INNOCENT: [&str; 3] = ["pool", "timed", "busy"];

fn load(guest: &Guest) -> Program {
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&std::fs::read(guest.build()).unwrap()).unwrap()
}

fn builds() -> [Guest; 2] {
    let guest = Guest::bin("standstill");
    [guest.clone(), guest.traced()]
}

fn end(program: &Program, case: &str) -> End {
    let config = RunConfig::new()
        .args(["guest", case].map(str::to_owned).to_vec())
        .stdout(Box::new(std::io::sink()))
        .timeout(Duration::from_secs(120));
    let outcome = program.run(config).unwrap();
    assert_eq!(outcome.stats.abandoned_threads, 0, "{case}");
    outcome.end
}

/// The place of a marker in the guest's source: `standstill.rs:LINE:`.
fn line_of(marker: &str) -> String {
    let source = std::fs::read_to_string(root().join("tests/guests/src/bin/standstill.rs")).unwrap();
    let mut lines = source.lines().zip(1..).filter(|(line, _)| line.contains(marker));
    let (Some((_, number)), None) = (lines.next(), lines.next()) else {
        panic!("{marker:?} does not stand once in the source")
    };
    format!("standstill.rs:{number}:")
}

#[test]
fn every_wait_of_a_standstill_has_its_place() {
    for guest in builds() {
        let module = guest.build();
        for (case, markers) in STILL {
            let ran = run_module(&module, &[case]);
            let text = &ran.stderr;
            assert_eq!(ran.code, 3, "{guest:?} {case}: {}{text}", ran.stdout);
            assert!(text.starts_with("deadlock: "), "{case}: {text}");
            for marker in markers {
                let line = line_of(marker);
                assert!(
                    text.contains(&line),
                    "{guest:?} {case}: {line} is missing in {text}"
                );
            }
        }
    }
}

#[test]
fn a_standstill_is_found_a_hundred_times_out_of_a_hundred() {
    for guest in builds() {
        let program = load(&guest);
        for (case, _) in STILL {
            for turn in 0..100 {
                let end = end(&program, case);
                assert!(
                    matches!(end, End::Deadlock(_)),
                    "{guest:?} {case}, turn {turn}: {end:?}"
                );
            }
        }
    }
}

#[test]
fn who_can_go_on_is_left_alone() {
    for guest in builds() {
        let program = load(&guest);
        for case in INNOCENT {
            for turn in 0..20 {
                let end = end(&program, case);
                assert!(
                    matches!(end, End::Returned),
                    "{guest:?} {case}, turn {turn}: {end:?} {end}"
                );
            }
        }
    }
}
