//! Programs of std alone, as people write them for any machine, do on a guest what they do natively: what they print, on
//! both streams, and the code that they end with.

use std::process::Command;

use harness::{Guest, native, run, run_module};

const PROGRAMS: [&str; 5] = ["actors", "lazies", "life", "queues", "shown"];

#[test]
fn people_s_programs_do_here_what_they_do_natively() {
    let words = ["-p", "std-guests", "--bin", "everyday"];
    let natively = native(&words);
    let guest = |panic| {
        Guest::package("std-guests").with(&["--bin", "everyday", "--std", "threaded", "--panic", panic])
    };
    let guests = ["unwind", "abort"].map(|panic| guest(panic).build());
    for program in PROGRAMS {
        let expected = run(Command::new(&natively).arg(program));
        assert!(!expected.stdout.is_empty(), "{program}: {}", expected.stderr);
        for guest in &guests {
            let ran = run_module(guest, &[program]);
            assert_eq!(ran.stdout, expected.stdout, "{program}: {}", ran.stderr);
            assert_eq!(ran.stderr, expected.stderr, "{program}");
            assert_eq!(ran.code, expected.code, "{program}");
        }
    }
}
