//! Crates of others on threads of ours, and bytes to the standard streams, in builds that abort and that unwind.

use std::io::Read;
use std::process::Stdio;

use harness::{Guest, Ran, run, run_module, threadlink};

fn builds(bin: &str) -> [Guest; 2] {
    let guest = Guest::bin(bin).with(&["--release"]);
    [guest.clone(), guest.with(&["--panic", "unwind"])]
}

fn succeeds(ran: &Ran, stdout: &str) {
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, stdout),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
}

#[test]
fn crates_do_on_our_threads_what_they_do_natively() {
    for guest in builds("ecosystem") {
        let module = guest.build();
        for name in ["channel", "deque", "map", "mpsc", "rayon"] {
            // One after the other in one program, so that each also meets what the one before left.
            succeeds(&run_module(&module, &[name, "mpsc"]), &format!("{name}\nmpsc\n"));
        }
    }
}

#[test]
fn a_panic_in_a_job_of_rayons_reaches_its_caller_in_a_build_that_unwinds() {
    let [_, unwinding] = builds("ecosystem");
    succeeds(&run_module(&unwinding.build(), &["rayon-panic"]), "rayon-panic\n");
}

#[test]
fn a_panic_in_a_job_of_rayons_ends_a_program_that_aborts() {
    let [aborting, _] = builds("ecosystem");
    let ran = run(threadlink()
        .args(["run", "--timeout", "60"])
        .arg(aborting.build())
        .args(["--", "rayon-death"]));
    // Not 124: nobody waits for a job that will never be done.
    assert_eq!(ran.code, 134, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("thread 'rayon ") && ran.stderr.contains("a job died"),
        "{}",
        ran.stderr
    );
}

#[test]
fn rayon_left_alone_uses_one_thread() {
    let [guest, _] = builds("ecosystem");
    let ran = run_module(&guest.build(), &["rayon-untold"]);
    succeeds(&ran, "1 threads, 0 items elsewhere\nrayon-untold\n");
}

#[test]
fn what_needs_stds_clock_says_so() {
    let [guest, _] = builds("ecosystem");
    let mut command = threadlink();
    command
        .arg("run")
        .arg(guest.build())
        .args(["--", "channel-timeout"])
        .env("RUST_BACKTRACE", "1");
    let ran = run(&mut command);
    assert_eq!(ran.code, 101, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("time not implemented on this platform"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("recv_timeout"), "{}", ran.stderr);
}

#[test]
fn bytes_reach_the_streams_as_they_are_and_in_order() {
    let module = Guest::bin("output").build();
    // One pipe for both, as on a terminal.
    let (mut both, ours) = std::io::pipe().unwrap();
    let mut command = threadlink();
    command
        .arg("run")
        .arg(&module)
        .args(["--", "order"])
        .stdin(Stdio::null())
        .stdout(ours.try_clone().unwrap())
        .stderr(ours);
    let mut child = command.spawn().unwrap();
    // The command keeps the pipe's ends, which would keep it open.
    drop(command);
    let mut bytes = Vec::new();
    both.read_to_end(&mut bytes).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let expected: Vec<u8> = (0..=u8::MAX)
        .flat_map(|byte| [byte, if byte % 2 == 0 { b'+' } else { b'-' }])
        .collect();
    assert_eq!(bytes, expected);
}

#[test]
fn a_stream_belongs_to_whoever_has_locked_it() {
    for guest in builds("output") {
        let ran = run_module(&guest.build(), &["locked"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let mut count = 0;
        for line in ran.stdout.lines() {
            assert!(["000", "111", "222", "333"].contains(&line), "{line:?} is mixed");
            count += 1;
        }
        assert_eq!(count, 4 * 2 * 200);
    }
}

#[test]
fn a_closed_pipe_is_an_error_of_the_programs_and_not_its_end() {
    for guest in builds("output") {
        let mut child = threadlink()
            .arg("run")
            .arg(guest.build())
            .args(["--", "closed"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{stderr}");
        assert_eq!(
            stderr,
            "BrokenPipe: nobody reads the output stream any more (error 74)\n"
        );
    }
}

#[test]
fn a_thread_that_dies_with_the_output_locked_does_not_silence_the_others() {
    for (guest, traced) in [
        (Guest::bin("output"), false),
        (Guest::bin("output").traced(), true),
    ] {
        for how in ["panic", "trap"] {
            let ran = run_module(&guest.build(), &[how]);
            assert_eq!(
                (ran.code, &*ran.stdout),
                (0, "locked\nfree\nfirst this\nthen the other\n"),
                "{guest:?} {how}: {}",
                ran.stderr
            );
            let told = ran
                .stderr
                .matches("thread 'owner' died while it had the standard output locked")
                .count();
            assert_eq!(told, usize::from(traced), "{guest:?} {how}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_trap_with_the_output_locked_silences_nobody_if_nobody_joins_the_thread() {
    for (arguments, told) in [
        (&["--panic", "abort"][..], 0),
        (&["--panic", "unwind", "--release"], 0),
        (&["--panic", "abort", "--features", "tracing"], 2),
    ] {
        let module = Guest::bin("output").with(arguments).build();
        let ran = run_module(&module, &["unjoined"]);
        assert_eq!(
            (ran.code, &*ran.stdout),
            (0, &*"locked\nfree\nfirst this\nthen the other\n".repeat(2)),
            "{arguments:?}: {}",
            ran.stderr
        );
        let said = "thread 'owner' died while it had the standard output locked";
        assert_eq!(
            ran.stderr.matches(said).count(),
            told,
            "{arguments:?}: {}",
            ran.stderr
        );
    }
}
