//! A package in whose manifest the runtime has another name.

use harness::{Guest, run_module};

#[test]
fn a_guest_whose_manifest_renames_the_runtime_runs_traced_or_not() {
    let guest = Guest::package("renamed");
    for module in [guest.build(), guest.traced().build()] {
        let ran = run_module(&module, &[]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, "counted 4\n"),
            "{}",
            ran.stderr
        );
    }
}
