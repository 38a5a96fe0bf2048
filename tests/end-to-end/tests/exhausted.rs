//! A program that runs out of memory or of stack is told so, and what to do; nothing else is taken for that.

use harness::{Guest, Ran, run, threadlink};

/// Ways to build a program: each choice of profile, of strategy for panics and of features, with each other one.
fn builds() -> impl Iterator<Item = Guest> {
    [
        &["--panic", "abort"][..],
        &["--panic", "unwind", "--features", "tracing"],
        &["--panic", "unwind", "--release"],
        &["--panic", "abort", "--features", "tracing", "--release"],
    ]
    .into_iter()
    .map(|arguments| Guest::bin("exhausted").with(arguments))
}

fn exhaust(guest: &Guest, options: &[&str], what: &[&str]) -> Ran {
    let module = guest.build();
    run(threadlink()
        .arg("run")
        .arg(module)
        .args(["--timeout", "60"])
        .args(options)
        .arg("--")
        .args(what))
}

/// What is said of each thing that a thread can run out of.
const MEMORY: &[&str] = &[
    "ran out of memory: an allocation of",
    "of at most 33554432; raise that limit with --max-memory",
];
const MAIN_STACK: &[&str] = &[
    "overflowed its stack of 1048576 bytes",
    "-Clink-arg=-zstack-size=",
];
const STACK: &[&str] = &["overflowed its stack of 131072 bytes", "stack_size(BYTES)"];
const ENGINE_STACK: &[&str] = &["call stack exhausted", "for the 65536 bytes", "--max-wasm-stack"];
const STACKS: &[&str] = &[
    "no memory for another thread's stack: raise the limit (--max-memory)",
    "Builder::stack_size",
];
const NOTHING: &[&str] = &["trapped: wasm trap: wasm `unreachable`"];

#[test]
fn what_a_thread_ran_out_of_is_named_with_the_remedy() {
    let small = ["--max-memory", "32M"];
    let shallow = ["--max-memory", "32M", "--max-wasm-stack", "64K"];
    for guest in builds() {
        for (what, options, of_main, of_worker) in [
            ("memory", &small[..], MEMORY, MEMORY),
            ("pieces", &small, MEMORY, MEMORY),
            ("stack", &small, MAIN_STACK, STACK),
            ("frame", &small, MAIN_STACK, STACK),
            ("engine", &shallow, ENGINE_STACK, ENGINE_STACK),
            ("stacks", &small, STACKS, STACKS),
            ("nothing", &small, NOTHING, NOTHING),
        ] {
            for (who, arguments, expected) in [
                ("'main'", &[what][..], of_main),
                ("'worker'", &[what, "thread"], of_worker),
            ] {
                let ran = exhaust(&guest, options, arguments);
                let how = format!("{guest:?} {arguments:?}: {ran:?}");
                let line = ran.stderr.lines().find(|line| line.starts_with("thread "));
                assert!(line.is_some_and(|line| line.contains(who)), "{how}");
                for part in expected {
                    assert!(ran.stderr.contains(part), "{part}: {how}");
                }
                for others in [MEMORY, MAIN_STACK, STACK, ENGINE_STACK, STACKS, NOTHING] {
                    assert!(others == expected || !ran.stderr.contains(others[0]), "{how}");
                }
            }
        }
    }
}

#[test]
fn a_joiner_learns_of_the_allocation() {
    for guest in [
        Guest::bin("exhausted"),
        Guest::bin("exhausted").with(&["--panic", "unwind"]),
    ] {
        let ran = exhaust(&guest, &["--max-memory", "32M"], &["memory", "thread"]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, "joined: memory allocation of 104857600 bytes failed\n"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn the_remedies_help() {
    // 1 GiB, with which `threadlink build` links.
    let ran = exhaust(&Guest::bin("exhausted"), &[], &["memory"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // 64 MiB, and a stack of 16.
    let roomy = Guest::bin("roomy");
    let ran = exhaust(&roomy, &[], &["memory"]);
    let said = "of at most 67108864; that is what the module was linked with";
    assert!(ran.code == 134 && ran.stderr.contains(said), "{}", ran.stderr);
    let ran = exhaust(&roomy, &["--max-wasm-stack", "64M"], &["stack"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
