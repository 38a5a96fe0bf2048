//! `threadlink test --explore` and `#[threadlink::test(schedules = ..)]`: each test under schedules, over both kinds of std, with a
//! command that shows the failure again.

use std::process::Command;

use harness::{Ran, root, run, threadlink};

fn tested(std: &str, options: &[&str]) -> Ran {
    let mut command = threadlink();
    command.args([
        "test",
        "-p",
        "explored",
        "--test",
        "under_schedules",
        "--std",
        std,
    ]);
    run(command.args(options).current_dir(root()))
}

/// The words of the command that is told for a test; a shell would make the same of them.
fn told<'a>(ran: &'a Ran, test: &str) -> Vec<&'a str> {
    let part = ran.stdout.split("---- ").find(|part| part.starts_with(test));
    let line = part.and_then(|part| {
        part.lines()
            .find_map(|line| line.trim().strip_prefix("again: threadlink "))
    });
    let line = line.unwrap_or_else(|| panic!("no command for {test} in\n{}\n{}", ran.stdout, ran.stderr));
    line.split(' ').map(|word| word.trim_matches('\'')).collect()
}

fn again(ran: &Ran, test: &str) -> Ran {
    let mut command: Command = threadlink();
    run(command.args(told(ran, test)))
}

#[test]
fn each_test_is_run_under_schedules_by_libtest() {
    let ran = tested("threaded", &["--panic", "unwind", "--explore", "200"]);
    assert_eq!(ran.code, 101, "{}\n{}", ran.stdout, ran.stderr);
    for (test, verdict) in [
        ("nothing_is_lost", "ok"),
        ("a_thread_may_panic", "ok"),
        ("it_has_to_panic", "ok"),
        ("one_is_lost", "FAILED"),
        ("one_is_lost_and_it_says_so", "FAILED"),
        ("a_plain_one_is_lost", "FAILED"),
    ] {
        let line = format!("test {test} ... {verdict}\n");
        assert!(ran.stdout.contains(&line), "no {line:?} in\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains("it_is_left_out"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("  | assertion `left == right` failed: an update is lost"),
        "{}",
        ran.stdout
    );
    let again = again(&ran, "a_plain_one_is_lost");
    assert_eq!(again.code, 1, "{}\n{}", again.stdout, again.stderr);
    assert!(again.stdout.contains("an update is lost"), "{}", again.stdout);
}

#[test]
fn each_test_is_run_under_schedules_in_memory_of_its_own() {
    let ran = tested("plain", &["--panic", "abort", "--explore", "200"]);
    assert_eq!(ran.code, 101, "{}\n{}", ran.stdout, ran.stderr);
    for line in [
        "test nothing_is_lost ... ok\n",
        "test it_has_to_panic - should panic ... ok\n",
        "test one_is_lost ... FAILED\n",
        "test result: FAILED. 2 passed; 2 failed; 1 ignored;",
    ] {
        assert!(ran.stdout.contains(line), "no {line:?} in\n{}", ran.stdout);
    }
    let again = again(&ran, "one_is_lost ");
    assert_eq!(again.code, 1, "{}\n{}", again.stdout, again.stderr);
    assert!(again.stdout.contains("an update is lost"), "{}", again.stdout);
}

/// Whoever runs the tests as always gets what a test asks for.
#[test]
fn a_test_says_under_how_many_schedules_it_is_run() {
    let only = ["one_is_lost_and_it_says_so"];
    let ran = tested("threaded", &only);
    assert_eq!(ran.code, 101, "{}\n{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("running 1 test under schedules\n")
            && ran.stdout.contains("0 passed; 1 failed; under "),
        "{}",
        ran.stdout
    );
    let ran = tested("plain", &["--panic", "abort", only[0]]);
    assert_eq!(ran.code, 101, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(again(&ran, only[0]).code, 1);
    let others = tested("threaded", &["nothing_is_lost"]);
    assert_eq!(others.code, 0, "{}\n{}", others.stdout, others.stderr);
}

#[test]
fn options_for_schedules_go_with_schedules() {
    let ran = tested("threaded", &["--strategy", "random"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("go with `--explore N`"), "{}", ran.stderr);
}
