//! What `threadlink build` says of a module in which functions of std's are linked that a guest cannot use: over the plain std,
//! in which they are those of threads, time and streams as well.

use std::fs;

use harness::{root, run, threadlink};

/// The warnings of a build that are ours, without cargo's.
fn warnings(arguments: &[&str]) -> Vec<String> {
    over("plain", arguments)
}

fn over(std: &str, arguments: &[&str]) -> Vec<String> {
    let ran = run(threadlink().args(["build", "--std", std]).args(arguments));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stderr
        .lines()
        .filter(|line| line.contains("on this target") || line.contains("JavaScript"))
        .map(str::to_owned)
        .collect()
}

/// The one warning that names this caller.
fn about<'a>(warnings: &'a [String], caller: &str) -> &'a str {
    let mut found = warnings
        .iter()
        .filter(|line| line.contains(&format!("`{caller}`")));
    match (found.next(), found.next()) {
        (Some(one), None) => one,
        other => panic!("{caller}: {other:?} of {warnings:#?}"),
    }
}

#[test]
fn functions_that_cannot_work_are_named_with_their_callers() {
    for (profile, place) in [(&[][..], true), (&["--release"], false)] {
        let arguments = [&["-p", "guests", "--bin", "unsupported"], profile].concat();
        let warnings = warnings(&arguments);
        for (caller, parts) in [
            (
                "unsupported::takes_the_time",
                ["std::time::Instant::now", "not work", "threadlink::time"],
            ),
            (
                "unsupported::starts_a_thread",
                ["std::thread", "not work", "threadlink::thread"],
            ),
            ("unsupported::prints", ["println!", "nothing", "threadlink's"]),
            // Inlined up to the clock, if it is optimised.
            ("unsupported::waits_until", ["std::", "not work", "threadlink::"]),
        ] {
            let line = about(&warnings, caller);
            for part in parts {
                assert!(line.contains(part), "{part}: {line}");
            }
            assert_eq!(
                line.contains("tests/guests/src/bin/unsupported.rs:"),
                place,
                "{line}"
            );
        }
        // All callers of one function of std's stand in one line, and nobody else is named.
        assert!(matches!(warnings.len(), 3 | 4), "{warnings:#?}");
        let callers: usize = warnings
            .iter()
            .map(|line| line.matches("`unsupported::").count())
            .sum();
        assert_eq!(callers, 4, "{warnings:#?}");
    }
}

#[test]
fn a_std_with_threads_can_do_all_that() {
    assert_eq!(
        over("threaded", &["-p", "guests", "--bin", "unsupported"]),
        [""; 0]
    );
}

#[test]
fn what_works_is_not_warned_of() {
    // Locks of parking_lot's have time limits, and std's channels likewise: the runtime uses neither. In an optimised build it is
    // inlined into the program.
    for package in ["hello", "bank", "philosophers", "std_pool"] {
        for profile in [&[][..], &["--release"]] {
            let arguments = [&["-p", package, "--bin", package], profile].concat();
            assert_eq!(warnings(&arguments), [""; 0], "{arguments:?}");
        }
    }
    let channels = warnings(&["-p", "guests", "--bin", "channels", "--release"]);
    assert!(
        !channels
            .iter()
            .any(|line| line.contains("mpsc") || line.contains("mpmc")),
        "{channels:#?}"
    );
}

#[test]
fn a_dependency_is_told_apart() {
    let warnings = warnings(&["-p", "pipeline"]);
    assert!(
        warnings
            .iter()
            .any(|line| line.contains("`crossbeam_channel::") && line.contains("harmless as long as")),
        "{warnings:#?}"
    );
}

#[test]
fn quiet_is_quiet() {
    assert_eq!(warnings(&["-q", "-p", "guests", "--bin", "unsupported"]), [""; 0]);
}

#[test]
fn tests_are_looked_at_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[package]\nname = \"loud\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         threadlink = {{ path = {:?} }}\n",
        root().join("threadlink")
    );
    let source = "#[cfg(test)]
        mod tests {
            fn speaks() { println!(\"lost\"); }
            #[threadlink::test]
            fn passes() { speaks(); }
        }";
    fs::create_dir(directory.path().join("src")).unwrap();
    for (path, text) in [("Cargo.toml", manifest.as_str()), ("src/lib.rs", source)] {
        fs::write(directory.path().join(path), text).unwrap();
    }
    // The very versions of this workspace, which are here.
    fs::copy(root().join("Cargo.lock"), directory.path().join("Cargo.lock")).unwrap();
    let test = |quiet: &[&str]| {
        let ran = run(threadlink()
            .current_dir(directory.path())
            .env("CARGO_TARGET_DIR", root().join("target"))
            .args(["test", "--offline", "--std", "plain"])
            .args(quiet));
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let ours = ran.stderr.lines().filter(|line| line.contains("on this target"));
        ours.map(str::to_owned).collect::<Vec<_>>()
    };
    let warnings = test(&[]);
    assert!(about(&warnings, "loud::tests::speaks").contains("println!"));
    // Nothing of libtest, which prints, starts threads and takes the time.
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert_eq!(test(&["-q"]), [""; 0]);
}

#[test]
fn over_a_std_with_threads_only_what_a_guest_has_not_is_named() {
    let build =
        |bin: &str, more: &[&str]| over("threaded", &[&["-p", "std-guests", "--bin", bin], more].concat());
    for (profile, place) in [(&[][..], true), (&["--release"], false)] {
        let warnings = build("absent", profile);
        for (caller, part) in [
            ("opens_a_file", "std::fs::"),
            ("connects", "std::net::"),
            ("starts_a_process", "std::process::"),
            ("finds_itself", "std::env::"),
            ("makes_a_file", "std::fs::"),
        ] {
            let line = about(&warnings, &format!("absent::{caller}"));
            assert!(
                line.contains("not work") && !line.contains("threadlink"),
                "{line}"
            );
            // The optimiser leaves little of std's own functions.
            assert!(!place || line.contains(part), "{line}");
            assert_eq!(
                line.contains("tests/std-guests/src/bin/absent.rs:"),
                place,
                "{line}"
            );
        }
        // Each is named once and nobody else is; two that call the same share a line.
        let words = warnings.iter().flat_map(|line| line.split('`'));
        let mut callers: Vec<_> = words.filter_map(|word| word.strip_prefix("absent::")).collect();
        callers.sort_unstable();
        assert_eq!(
            callers,
            [
                "connects",
                "finds_itself",
                "makes_a_file",
                "opens_a_file",
                "starts_a_process"
            ],
            "{warnings:#?}"
        );
        assert!(
            warnings.iter().all(|line| line.contains("`absent::")),
            "{warnings:#?}"
        );
    }
    // They print, start threads, take the time, and ask for arguments, variables and input.
    for bin in ["promises", "std_panics"] {
        for panic in ["abort", "unwind"] {
            assert_eq!(build(bin, &["--panic", panic]), [""; 0], "{bin} {panic}");
        }
    }
}
