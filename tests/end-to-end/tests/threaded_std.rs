//! What std promises, on the threaded std: programs that know nothing of threadlink.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::{Guest, Ran, root, run, run_module, threadlink};
use threadlink_abi::imports::{self as abi, Import};
use threadlink_trace::{Trace, validate};
use wasmparser::{Parser, Payload};

/// A program of `tests/std-guests`; `panic` is what a panic does.
fn guest(bin: &str, panic: &str) -> Guest {
    Guest::package("std-guests").with(&["--std", "threaded", "--bin", bin, "--panic", panic])
}

const BOTH: [&str; 2] = ["unwind", "abort"];

fn panics(panic: &str, case: &str) -> Ran {
    run_module(&guest("std_panics", panic).build(), &[case])
}

/// The lines of the standard error that have anything on them, places without the line.
fn lines(ran: &Ran) -> Vec<String> {
    let place = " panicked at tests/std-guests/src/bin/std_panics.rs:";
    let lines = ran.stderr.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            line.find(place)
                .map_or(line.to_owned(), |at| line[..at].to_owned() + " panicked")
        })
        .collect()
}

#[test]
fn std_prints_a_panic_once_and_as_it_happens_where_it_unwinds() {
    let joins = panics("unwind", "joins");
    assert_eq!(joins.code, 0, "{}", joins.stderr);
    assert_eq!(
        lines(&joins),
        [
            "thread 'worker' (1) panicked",
            "a text",
            "said: a text",
            "thread 'other' (2) panicked",
            "number 7",
            "said: number 7",
            "thread 'last' (3) panicked",
            "Box<dyn Any>",
            "said: something else",
        ]
    );
    let caught = panics("unwind", "caught");
    assert_eq!(caught.code, 0, "{}", caught.stderr);
    assert_eq!(
        lines(&caught),
        [
            "thread 'main' (1) panicked",
            "one",
            "caught: one",
            "thread 'main' (1) panicked",
            "two",
            "caught: two",
            "thread 'worker' (1) panicked",
            "three",
            "caught: three",
            "said: nothing",
        ]
    );
    let scoped = panics("unwind", "scoped");
    assert_eq!(scoped.code, 0, "{}", scoped.stderr);
    assert_eq!(
        lines(&scoped),
        [
            "thread '<unnamed>' (1) panicked",
            "scoped",
            "thread 'main' (1) panicked",
            "a scoped thread panicked",
            "goes on: true 4",
        ]
    );
}

#[test]
fn the_host_prints_a_panic_once_where_it_does_not_unwind() {
    let ran = panics("abort", "joins");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said = lines(&ran);
    let told = said
        .iter()
        .filter(|line| line.contains("panicked") || line.starts_with("said") || line.starts_with("  | "));
    let told: Vec<&str> = told.map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "thread 'worker' panicked",
            "  | a text",
            "said: a text",
            "thread 'other' panicked",
            "  | number 7",
            "said: number 7",
            "thread 'last' panicked",
            "  | Box<dyn Any>",
            "said: Box<dyn Any>",
        ]
    );
    // Nothing is caught: the first panic ends main.
    for case in ["caught", "main"] {
        let ran = panics("abort", case);
        assert_eq!(ran.code, 101, "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("panicked").count(), 1, "{}", ran.stderr);
    }
    // What a scoped thread had borrowed may be torn.
    let ran = panics("abort", "scoped");
    assert_eq!(ran.code, 134, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("error number 69") && !ran.stderr.contains("goes on"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_panic_during_another_ends_the_program_unless_it_is_caught_there() {
    let ran = panics("unwind", "two");
    assert_eq!(ran.code, 134, "{}", ran.stderr);
    let said = lines(&ran);
    let panicked = "thread 'main' (1) panicked";
    assert_eq!(said[..4], [panicked, "first", panicked, "second"]);
    assert!(
        ran.stderr.contains("error number 75") && !ran.stderr.contains("goes on"),
        "{}",
        ran.stderr
    );
    let ran = panics("unwind", "nested");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        lines(&ran),
        [
            panicked,
            "outer",
            panicked,
            "inner",
            "caught: inner",
            "caught: outer"
        ]
    );
}

#[test]
fn the_programs_own_hook_is_called_once_and_nothing_else_is_said() {
    for panic in BOTH {
        let ran = panics(panic, "hook");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(
            lines(&ran),
            ["hook: a text true", "said: a text", "calls: 1"],
            "{panic}"
        );
    }
}

#[test]
fn a_program_ends_as_it_says() {
    for panic in BOTH {
        let exit = panics(panic, "exit");
        assert_eq!((exit.code, &*exit.stderr), (7, ""), "{panic}");
        let abort = panics(panic, "abort");
        assert_eq!(abort.code, 134, "{panic}: {}", abort.stderr);
        assert!(
            abort.stderr.contains("the program has aborted") && !abort.stderr.contains("goes on"),
            "{}",
            abort.stderr
        );
        let main = panics(panic, "main");
        assert_eq!(main.code, 101, "{panic}: {}", main.stderr);
        assert_eq!(
            main.stderr.matches("the end of main").count(),
            1,
            "{}",
            main.stderr
        );
        let memory = panics(panic, "memory");
        assert_eq!(memory.code, 0, "{panic}: {}", memory.stderr);
        assert!(
            memory
                .stderr
                .contains("said: memory allocation of 2147483547 bytes failed"),
            "{}",
            memory.stderr
        );
        let code = run_module(&guest("std_code", panic).build(), &[]);
        assert_eq!((code.code, &*code.stderr), (7, ""), "{panic}");
        let result = run_module(&guest("std_result", panic).build(), &[]);
        assert_eq!(
            (result.code, &*result.stderr),
            (1, "Error: \"no number: invalid digit found in string\"\n"),
            "{panic}"
        );
    }
}

#[test]
fn a_stream_is_not_lost_with_a_thread() {
    for panic in BOTH {
        for (case, message) in [
            ("streams", "in the middle"),
            ("trapped-streams", "thread died: it trapped"),
        ] {
            let ran = panics(panic, case);
            assert_eq!(ran.code, 0, "{panic} {case}: {}", ran.stderr);
            assert_eq!(
                ran.stdout,
                format!("begun, goes on: {message}\ngoes on\n"),
                "{panic} {case}"
            );
            assert!(
                ran.stderr.contains("begun, ") && ran.stderr.contains(&format!("goes on: {message}\n")),
                "{panic} {case}: {}",
                ran.stderr
            );
        }
    }
}

#[test]
fn threads_have_the_stack_that_the_variable_says() {
    let run_with = |panic: &str, variable: &[&str]| {
        let module = guest("deep", panic).build();
        run(threadlink().arg("run").args(variable).arg(module))
    };
    for panic in BOTH {
        let usual = run_with(panic, &[]);
        assert_eq!(usual.code, 134, "{panic}: {}", usual.stderr);
        assert!(usual.stderr.contains("overflowed its stack"), "{}", usual.stderr);
        // A number is what it has to be, as natively.
        for (bytes, code) in [("4194304", 0), ("65536", 134), ("much", 134)] {
            let ran = run_with(panic, &["--env", &format!("RUST_MIN_STACK={bytes}")]);
            assert_eq!(ran.code, code, "{panic} {bytes}: {}", ran.stderr);
        }
    }
    assert_eq!(imports(&guest("deep", "abort").build()), names(&[&SPAWN]));
}

fn promises(case: &str) -> Vec<Ran> {
    let runs = BOTH.map(|panic| run_module(&guest("promises", panic).build(), &[case]));
    for ran in &runs {
        assert_eq!(ran.code, 0, "{case}: {}", ran.stderr);
    }
    runs.into()
}

#[test]
fn thread_locals_go_before_a_join_returns_and_when_main_has_returned() {
    for ran in promises("destructors") {
        assert_eq!(
            ran.stdout,
            "a local goes on Some(\"worker\")\njoined\nmain's goes on Some(\"main\")\n"
        );
    }
}

#[test]
fn threads_have_names_and_ids_and_scopes() {
    let expected =
        "Some(\"main\")\nSome(\"named\")\nNone\nids: true 5\nscope: 100 [10, 20, 30, 40]\nfinished: true\n";
    for ran in promises("threads") {
        let (told, rest) = ran.stdout.rsplit_once("parallelism: ").expect("the last line");
        assert_eq!(told, expected);
        assert!(rest.starts_with("Ok("), "{rest}");
    }
    let module = guest("promises", "unwind").build();
    let ran = run(threadlink()
        .args(["run", "--parallelism", "7"])
        .arg(&module)
        .args(["--", "threads"]));
    assert!(ran.stdout.ends_with("parallelism: Ok(7)\n"), "{}", ran.stdout);
}

#[test]
fn time_passes_and_waits_end() {
    for ran in promises("time") {
        assert_eq!(
            ran.stdout,
            "sleep: true\nearlier: true\nnow: true\nrecv_timeout: true true\nreceived: Ok(7)\nclosed: \
             Err(Disconnected)\nwait_timeout: true true\npark_timeout: true\n"
        );
    }
}

#[test]
fn a_program_knows_what_it_is_given() {
    for panic in BOTH {
        let module = guest("promises", panic).build();
        let ran = run(threadlink()
            .args(["run", "--env", "GIVEN=two words"])
            .arg(&module)
            .args(["--", "surroundings", "--x", ""]));
        assert_eq!(
            ran.stdout,
            "args: [\"surroundings\", \"--x\", \"\"]\nvars: [(\"GIVEN\", \"two words\")]\nGIVEN: Ok(\"two words\")\n\
             PATH: Err(NotPresent)\n",
            "{panic}: {}",
            ran.stderr
        );
    }
}

#[test]
fn where_cargo_runs_it_a_program_has_the_variables_that_are_named_and_rusts() {
    let module = guest("promises", "unwind").build();
    let ran = run(threadlink()
        .env("THREADLINK_ENV", "GIVEN, ABSENT")
        .env("GIVEN", "two words")
        .env("WITHHELD", "1")
        .env("RUST_LOG", "a=debug,b=info")
        .arg("runner")
        .arg(&module)
        .arg("surroundings"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in [
        "args: [\"surroundings\"]\n",
        "(\"GIVEN\", \"two words\")",
        "(\"RUST_LOG\", \"a=debug,b=info\")",
        "PATH: Err(NotPresent)\n",
    ] {
        assert!(ran.stdout.contains(part), "no {part} in {}", ran.stdout);
    }
    for absent in ["ABSENT", "WITHHELD", "THREADLINK"] {
        assert!(!ran.stdout.contains(absent), "{absent} in {}", ran.stdout);
    }
}

#[test]
fn streams_carry_any_bytes() {
    let input: Vec<u8> = (0..100_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let module = guest("promises", "unwind").build();
    let mut child = threadlink()
        .arg("run")
        .arg(&module)
        .args(["--", "streams"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("piped");
    // It writes nothing before it has read all.
    stdin.write_all(&input).expect("the program reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(output.stdout.iter().eq(input.iter().rev()));
    assert!(
        stderr.starts_with("100000 bytes\n[") && stderr.ends_with("] bytes.len() = 100000\n"),
        "{stderr}"
    );
}

#[test]
fn random_numbers_differ_unless_they_are_seeded() {
    for (bin, arguments) in [("promises", &["seeds"][..]), ("random", &[])] {
        let module = guest(bin, "unwind").build();
        let once = |options: &[&str]| {
            let ran = run(threadlink()
                .arg("run")
                .args(options)
                .arg(&module)
                .arg("--")
                .args(arguments));
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            ran.stdout
        };
        assert_ne!(once(&[]), once(&[]), "{bin}");
        assert_eq!(once(&["--seed", "7"]), once(&["--seed", "7"]), "{bin}");
        assert_ne!(once(&["--seed", "7"]), once(&["--seed", "8"]), "{bin}");
    }
    let module = guest("random", "unwind").build();
    let none = run(threadlink().args(["run", "--no-random"]).arg(&module));
    assert!(none.stdout.starts_with("none: "), "{}", none.stdout);
}

#[test]
fn what_a_guest_has_not_is_an_error_that_says_so() {
    let ran = run_module(&guest("absent", "unwind").build(), &[]);
    let said = "Unsupported: not supported: a WebAssembly guest has no files, no network and no processes";
    let lines = ["file", "network", "process", "executable", "temporary file"]
        .map(|what| format!("{what}: {said}\n"));
    assert_eq!(ran.stdout, lines.concat(), "{}", ran.stderr);
}

/// The functions that a module imports.
fn imports(module: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(module).unwrap();
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            for import in section.into_imports() {
                let import = import.unwrap();
                found.insert(format!("{}.{}", import.module, import.name));
            }
        }
    }
    assert!(found.remove("env.memory"));
    found
}

fn names(lists: &[&[Import]]) -> BTreeSet<String> {
    let imports = lists.iter().copied().flatten();
    imports
        .map(|import| format!("{}.{}", import.module, import.name))
        .collect()
}

const SPAWN: [Import; 3] = [abi::THREAD_CREATE, abi::THREAD_JOIN, abi::PANIC];
const LOCK: [Import; 4] = [
    abi::START_LOCK,
    abi::FINISH_LOCK,
    abi::START_UNLOCK,
    abi::FINISH_UNLOCK,
];

#[test]
fn a_program_imports_what_it_uses() {
    for profile in [&[][..], &["--release"]] {
        let of = |bin: &str, panic: &str| guest(bin, panic).with(profile);
        let found = |guest: Guest| imports(&guest.build());
        assert_eq!(found(of("minimal", "abort")), names(&[&SPAWN]), "{profile:?}");
        assert_eq!(
            found(of("minimal", "abort").traced()),
            names(&[&SPAWN, &LOCK]),
            "{profile:?}"
        );
        assert_eq!(
            found(of("minimal", "unwind")),
            names(&[&SPAWN, &[abi::WRITE]]),
            "{profile:?}"
        );
        assert_eq!(found(of("std_code", "abort")), names(&[&SPAWN]), "{profile:?}");
    }
    let all = imports(&guest("promises", "abort").build());
    for import in [abi::RANDOM_GET, abi::READ, abi::ENV_GET, abi::ARGS_GET] {
        assert!(all.is_superset(&names(&[&[import]])), "{all:?}");
    }
    // It makes no map, reads nothing and has no clock.
    let some = imports(&guest("std_panics", "abort").build());
    for import in [
        abi::RANDOM_GET,
        abi::READ,
        abi::ENV_GET,
        abi::CLOCK,
        abi::CLOCK_REALTIME,
    ] {
        assert!(some.is_disjoint(&names(&[&[import]])), "{some:?}");
    }
}

#[test]
fn a_host_that_knows_only_part_a_runs_it() {
    let host = root().join("tests").join("node").join("host.mjs");
    for guest in [guest("minimal", "abort"), guest("minimal", "abort").traced()] {
        let module = guest.build();
        let ran = run(Command::new("node").arg(&host).arg(&module));
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(run_module(&module, &[]).code, 0);
    }
}

/// The line of a guest's source that ends with this comment, as `FILE:LINE:`.
fn place(bin: &str, comment: &str) -> String {
    let file = format!("tests/std-guests/src/bin/{bin}.rs");
    let source = std::fs::read_to_string(root().join(&file)).unwrap();
    let found: Vec<usize> = (1..)
        .zip(source.lines())
        .filter(|(_, line)| line.ends_with(&format!("// {comment}")))
        .map(|(number, _)| number)
        .collect();
    assert_eq!(found.len(), 1, "{comment}");
    format!("{file}:{}:", found[0])
}

/// Runs a case of the program `deadlock`, recorded in this file.
fn deadlock(case: &str, trace: &Path) -> Ran {
    let module = guest("std_deadlock", "unwind").traced().build();
    let mut command = threadlink();
    command.arg("run").arg(&module).arg("--trace").arg(trace);
    let ran = run(command.args(["--", case]));
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    ran
}

#[test]
fn a_deadlock_is_reported_with_names_and_places() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let ran = deadlock("mutexes", &trace);
    for part in [
        "deadlock: 2 threads wait for each other",
        "'lefty'",
        "'righty'",
        &place("std_deadlock", "takes its first"),
        &place("std_deadlock", "wants its second"),
    ] {
        assert!(ran.stderr.contains(part), "no {part} in {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("library/std"), "{}", ran.stderr);
    validate(&Trace::open(&trace).unwrap()).unwrap();
}

#[test]
fn threads_that_wait_for_each_others_channel_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let ran = deadlock("channels", &folder.path().join("trace"));
    for part in [
        "'lefty'",
        "'righty'",
        &place("std_deadlock", "lefty waits"),
        &place("std_deadlock", "righty waits"),
    ] {
        assert!(ran.stderr.contains(part), "no {part} in {}", ran.stderr);
    }
}

#[test]
fn an_unmodified_program_is_traced_and_stds_own_locks_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("trace");
    // Built by the command, which knows that a trace is wanted.
    let ran = run(threadlink()
        .args([
            "run",
            "-p",
            "std-guests",
            "--bin",
            "traced",
            "--std",
            "threaded",
            "--trace",
        ])
        .arg(&path));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.ends_with("6 true\n"), "{}", ran.stdout);
    let trace = Trace::open(&path).unwrap();
    assert!(!trace.truncated());
    validate(&trace).unwrap();
    let report = run(threadlink().arg("analyze").arg(&path).arg("--json"));
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    let files: BTreeSet<&str> = report["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| place["file"].as_str().unwrap())
        .collect();
    let own = BTreeSet::from(["tests/std-guests/src/bin/traced.rs"]);
    assert_eq!(files, own);
    assert!(report["locks"].as_array().unwrap().len() >= 3, "{report}");
}
