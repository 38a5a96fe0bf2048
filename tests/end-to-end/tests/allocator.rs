//! The allocator of guests: over the threaded std, whose own it is, and over a plain one, where the program asks for it.

use std::path::PathBuf;

use harness::{Guest, run, run_module, threadlink};

/// The test program, for each kind of std, with and without optimisations.
fn builds() -> impl Iterator<Item = PathBuf> {
    [
        &["--std", "threaded", "--panic", "abort"][..],
        &["--std", "plain", "--panic", "abort", "--release"],
    ]
    .into_iter()
    .map(|arguments| Guest::bin("allocator").with(arguments).build())
}

#[test]
fn every_byte_is_kept_where_threads_free_what_others_allocate() {
    for module in builds() {
        let ran = run_module(&module, &["bytes"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.ends_with("every byte is kept\n"), "{}", ran.stdout);
    }
}

#[test]
fn memory_stays_flat_where_threads_come_and_go() {
    for module in builds() {
        let ran = run_module(&module, &["storm"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let numbers = |line: &str| {
            let line = ran.stdout.lines().find_map(|text| text.strip_prefix(line));
            let numbers = line.expect("the program says this").split(' ');
            numbers
                .map(|number| number.parse().expect("a number"))
                .collect::<Vec<u64>>()
        };
        let pages = numbers("pages ");
        // How many threads overlap with what they hand over is up to chance: so are a few pages.
        assert!(pages[1] <= pages[0] + pages[0] / 10, "{}", ran.stdout);
        let centre = numbers("centre ")[0];
        assert!(centre > 0 && centre <= 2 << 20, "{}", ran.stdout);
    }
}

#[test]
fn what_is_freed_twice_is_a_trap_with_a_name() {
    for module in builds() {
        let ran = run(threadlink()
            .env("RUST_BACKTRACE", "full")
            .arg("run")
            .arg(&module)
            .args(["--", "twice"]));
        assert_ne!(ran.code, 0);
        assert_eq!(ran.stdout, "freed\n");
        assert!(ran.stderr.contains("unreachable"), "{}", ran.stderr);
        assert!(ran.stderr.contains("freed_twice"), "{}", ran.stderr);
    }
}

#[test]
fn what_a_dead_thread_had_is_counted_and_bounded() {
    for module in builds() {
        let ran = run_module(&module, &["died"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let lost: Vec<usize> = ran
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("lost ")?.parse().ok())
            .collect();
        assert_eq!(lost.len(), 3, "{}", ran.stdout);
        // docs/allocator.md says what a thread keeps at most.
        assert!(lost.iter().all(|bytes| (1..=484_064).contains(bytes)), "{lost:?}");
    }
}
