//! What a program that unwinds says of its panics, and when.

use harness::{Guest, Ran, run_module};

fn guest() -> Guest {
    Guest::bin("panics").with(&["--panic", "unwind"])
}

fn run(what: &str) -> Ran {
    run_module(&guest().build(), &[what])
}

/// The lines of the standard error, places without their file and numbers.
fn lines(ran: &Ran) -> Vec<String> {
    let file = " at tests/guests/src/bin/panics.rs:";
    ran.stderr
        .lines()
        .map(|line| {
            line.find(file)
                .map_or(line.to_owned(), |at| line[..at].to_owned() + " here")
        })
        .collect()
}

#[test]
fn each_panic_is_printed_once_and_when_it_happens() {
    let ran = run("caught");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said = lines(&ran);
    let (before, last) = said.split_at(said.len() - 3);
    assert_eq!(
        before,
        [
            "thread 'main' panicked here",
            "one",
            "after one",
            "thread 'worker' panicked here",
            "two",
            "after two",
            "thread 'worker' panicked here",
            "three",
            "after three",
            "thread 'worker' panicked here",
            "Box<dyn Any>",
            "the thread ends well",
        ]
    );
    // A thread without a name has a number.
    assert!(
        last[0].starts_with("thread #") && last[0].ends_with(" panicked here"),
        "{last:?}"
    );
    assert_eq!(last[1..], ["five", "after five"]);
}

#[test]
fn a_panic_during_another_says_both_and_ends_the_program() {
    // What a compiler makes of a panic in a destructor depends on how much it optimises.
    let builds = [guest().build(), guest().with(&["--release"]).build()];
    let cases = [("thread", "'worker'"), ("main", "'main'")];
    for (module, (how, thread)) in builds.iter().flat_map(|module| cases.map(|case| (module, case))) {
        let ran = run_module(module, &[how]);
        assert_eq!(ran.code, 134, "{how}: {}", ran.stderr);
        let said = lines(&ran);
        let panicked = format!("thread {thread} panicked here");
        assert_eq!(said[..4], [&*panicked, "first", &*panicked, "second"], "{how}");
        assert!(
            ran.stderr.contains(&format!(
                "thread {thread} ended the program: a panic that must not unwind"
            )) && ran.stderr.contains("error number 75"),
            "{how}: {}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("goes on"), "{how}: {}", ran.stderr);
    }
}

#[test]
fn a_panic_during_another_may_be_caught_there() {
    let ran = run("inner");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let panicked = "thread 'main' panicked here";
    assert_eq!(
        lines(&ran),
        [panicked, "outer", panicked, "inner", "both are over"]
    );
}

#[test]
fn a_panic_that_ends_main_is_printed_once() {
    let ran = run("uncaught");
    assert_eq!(ran.code, 101, "{}", ran.stderr);
    let panicked = "thread 'main' panicked here";
    assert_eq!(lines(&ran), [panicked, "caught before", panicked, "not caught"]);
}

#[test]
fn a_trap_is_not_taken_for_a_panic_that_was_caught_before() {
    let ran = run("trap");
    assert_eq!(ran.code, 134, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("caught before").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("thread 'main' trapped: "), "{}", ran.stderr);
}

#[test]
fn the_programs_own_hook_decides_what_is_said() {
    let ran = run("chained");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        lines(&ran),
        ["the program's own hook", "thread 'main' panicked here", "one"]
    );
    let ran = run("silent");
    assert_eq!((ran.code, &*ran.stderr), (101, ""));
}
