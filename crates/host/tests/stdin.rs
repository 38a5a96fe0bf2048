//! Standard input: what comes in, and that no end of a run waits for what does not come.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use threadlink_abi::errno;
use threadlink_host::{End, Engine, EngineConfig, Input, Outcome, Program, RunConfig, StopHandle, Stream};

/// After this long a test that waits fails instead; runs end in a fraction of it.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Threads do what `thread` says, and main what `main` says. `$in` reads as many bytes to 1024.
fn program(thread: &str, main: &str) -> Program {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 4 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "threadlink" "read" (func $read (param i32 i32 i32) (result i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (func $in (param i32) (result i32) (call $read (i32.const 0) (i32.const 1024) (local.get 0)))
            (func $spawn (param i32) (if (call $create (local.get 0) (i32.const 0)) (then unreachable)))
            (func $await (param i32) (drop (call $join (i32.load (local.get 0)))))
            (func (export "thread_start") (param $start i32) {thread})
            (func (export "_start") (local $n i32) {main}))"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

fn config(input: impl Into<Input>) -> RunConfig {
    RunConfig::new()
        .timeout(WATCHDOG)
        .stdin(input)
        .stdout(Stream::capture())
        .stderr(Stream::capture())
}

/// What main exits with.
fn answer(input: impl Into<Input>, expression: &str) -> i32 {
    let outcome = program("", &format!("(call $exit {expression})"))
        .run(config(input))
        .unwrap();
    match outcome.end {
        End::Exited(code) => code,
        other => panic!("{other:?}"),
    }
}

/// Copies all input to the output, in pieces of this size.
fn copy(piece: u32) -> String {
    format!(
        "(loop $l
            (local.set $n (call $in (i32.const {piece})))
            (if (i32.lt_s (local.get $n) (i32.const 0)) (then unreachable))
            (drop (call $write (i32.const 1) (i32.const 1024) (local.get $n)))
            (br_if $l (local.get $n)))"
    )
}

/// A reader that does what each of these says, one after the other, and is at its end then; with the sizes that it was asked
/// for.
#[derive(Clone, Default)]
struct Script {
    steps: Arc<Mutex<Vec<Step>>>,
    asked: Arc<Mutex<Vec<usize>>>,
}

enum Step {
    Gives(&'static [u8]),
    Fails(io::ErrorKind),
    Panics,
    Lies,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut steps: Vec<Step> = steps.into_iter().collect();
        steps.reverse();
        Self {
            steps: Arc::new(Mutex::new(steps)),
            ..Self::default()
        }
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.asked.lock().unwrap().push(buffer.len());
        let step = self.steps.lock().unwrap().pop();
        match step {
            None => Ok(0),
            Some(Step::Gives(mut bytes)) => bytes.read(buffer),
            Some(Step::Fails(kind)) => Err(kind.into()),
            // Like `panic!`, but without a line on the standard error.
            Some(Step::Panics) => std::panic::resume_unwind(Box::new("a reader's own fault")),
            Some(Step::Lies) => Ok(buffer.len() + 1),
        }
    }
}

/// A reader that tells of each read, and does not come back from it before the gate is open, as at a terminal.
struct Stuck {
    told: Sender<()>,
    gate: Receiver<&'static [u8]>,
    gone: Arc<AtomicBool>,
}

impl Stuck {
    /// The reader, what tells of its reads, and what it reads comes from.
    fn new() -> (Self, Receiver<()>, Sender<&'static [u8]>) {
        let (told, stuck) = mpsc::channel();
        let (held, gate) = mpsc::channel();
        let gone = Arc::default();
        (Self { told, gate, gone }, stuck, held)
    }
}

impl Read for Stuck {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let _ = self.told.send(());
        self.gate.recv().map_or(Ok(0), |mut bytes| bytes.read(buffer))
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
    }
}

#[test]
fn what_comes_in_goes_out_whatever_the_pieces() {
    let text: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    for piece in [100_000, 4096, 999] {
        let program = program("", &copy(piece));
        let bytes = program.run(config(Input::bytes(text.clone()))).unwrap();
        assert!(bytes.stdout == text, "{piece}");
        let read = program.run(config(io::Cursor::new(text.clone()))).unwrap();
        assert!(read.stdout == text, "{piece}");
        assert_eq!(read.stats.abandoned_threads, 0);
    }
    let nothing = program("", &copy(10));
    assert_eq!(nothing.run(config(Input::none())).unwrap().stdout, b"");
    // Unless somebody says otherwise, there is none.
    let outcome = nothing.run(RunConfig::new().stdout(Stream::capture())).unwrap();
    assert_eq!(outcome.stdout, b"");
}

#[test]
fn a_reader_is_asked_for_what_the_guest_wants_and_not_before() {
    let script = Script::new([Step::Gives(b"abc"), Step::Gives(b"defg")]);
    assert_eq!(answer(script.clone(), "(i32.const 5)"), 5);
    assert!(script.asked.lock().unwrap().is_empty());
    let twice = "(i32.add (i32.mul (call $in (i32.const 3)) (i32.const 16)) (call $in (i32.const 900)))";
    assert_eq!(answer(script.clone(), twice), 0x34);
    assert_eq!(*script.asked.lock().unwrap(), [3, 900]);
}

#[test]
fn lengths_and_errors_cannot_be_taken_for_each_other() {
    // In memory, and from a reader.
    for read in [false, true] {
        let input = || {
            if read {
                io::Cursor::new(b"0123456789").into()
            } else {
                Input::bytes(*b"0123456789")
            }
        };
        for (call, expected) in [
            ("(i32.const 0) (i32.const 1024) (i32.const 4)", 4),
            ("(i32.const 0) (i32.const 1024) (i32.const 100)", 10),
            ("(i32.const 0) (i32.const 262143) (i32.const 1)", 1),
            ("(i32.const 0) (i32.const 262144) (i32.const 0)", 0),
            (
                "(i32.const 0) (i32.const 262144) (i32.const 1)",
                -errno::MEMORY_OUT_OF_BOUNDS,
            ),
            (
                "(i32.const 0) (i32.const 1024) (i32.const -1)",
                -errno::MEMORY_OUT_OF_BOUNDS,
            ),
            (
                "(i32.const 0) (i32.const -1) (i32.const -1)",
                -errno::MEMORY_OUT_OF_BOUNDS,
            ),
            (
                "(i32.const 1) (i32.const 1024) (i32.const 4)",
                -errno::INPUT_FAILED,
            ),
            (
                "(i32.const -1) (i32.const 1024) (i32.const 4)",
                -errno::INPUT_FAILED,
            ),
        ] {
            assert_eq!(
                answer(input(), &format!("(call $read {call})")),
                expected,
                "{call}"
            );
        }
    }
    // Nothing is waited for where nothing is wanted.
    let (reader, _, _held) = Stuck::new();
    assert_eq!(answer(reader, "(call $in (i32.const 0))"), 0);
}

#[test]
fn readers_that_fail_panic_or_lie_are_errors_and_another_read_is_another_attempt() {
    for step in [Step::Fails(io::ErrorKind::Other), Step::Panics, Step::Lies] {
        // A read that was interrupted is made again.
        let steps = [step, Step::Fails(io::ErrorKind::Interrupted), Step::Gives(b"ab")];
        let body = format!(
            "(if (i32.ne (call $in (i32.const 8)) (i32.const {})) (then unreachable))
            (call $exit (call $in (i32.const 8)))",
            -errno::INPUT_FAILED
        );
        let outcome = program("", &body).run(config(Script::new(steps))).unwrap();
        assert!(matches!(outcome.end, End::Exited(2)), "{:?}", outcome.end);
        let said = String::from_utf8(outcome.stderr).unwrap();
        assert!(
            said.starts_with("warning: the standard input cannot be read: "),
            "{said}"
        );
    }
}

#[test]
fn threads_that_read_at_once_get_different_bytes() {
    // Each takes some at a time, adds them up into the word at 512, and counts them in that at 516.
    let thread = "(local $n i32) (local $at i32)
        (local.set $at (i32.atomic.rmw.add (i32.const 520) (i32.const 4096)))
        (loop $l
            (local.set $n (call $read (i32.const 0) (local.get $at) (i32.const 3)))
            (if (i32.lt_s (local.get $n) (i32.const 0)) (then unreachable))
            (if (local.get $n) (then
                (drop (i32.atomic.rmw.add (i32.const 516) (local.get $n)))
                (loop $add
                    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                    (drop (i32.atomic.rmw.add (i32.const 512)
                        (i32.load8_u (i32.add (local.get $at) (local.get $n)))))
                    (br_if $add (local.get $n)))
                (br $l))))";
    let spawns: String = (0..8)
        .map(|id| format!("(call $spawn (i32.const {}))", 4 * id))
        .collect();
    let joins: String = (0..8)
        .map(|id| format!("(call $await (i32.const {}))", 4 * id))
        .collect();
    let main = format!(
        "(i32.store (i32.const 520) (i32.const 4096)) {spawns} {joins}
        (drop (call $write (i32.const 1) (i32.const 512) (i32.const 8)))"
    );
    let program = program(thread, &main);
    let bytes: Vec<u8> = (0..5000_u32).map(|number| (number % 251) as u8).collect();
    let sum: u32 = bytes.iter().copied().map(u32::from).sum();
    let expected = [sum.to_le_bytes(), 5000_u32.to_le_bytes()].concat();
    let inputs = [Input::bytes(bytes.clone()), io::Cursor::new(bytes).into()];
    for input in inputs {
        let outcome = program.run(config(input)).unwrap();
        assert!(matches!(outcome.end, End::Returned), "{}", outcome.end);
        assert_eq!(outcome.stdout, expected);
    }
}

/// Runs a program whose reads never come back until a time limit, or a stop if there is none, ends it; and looks whether
/// the host is rid of it afterwards: the thread that reads is all that is left, and goes when its read is over.
fn stuck(thread: &str, main: &str, limit: Option<Duration>) -> Outcome {
    let (reader, reads, held) = Stuck::new();
    let gone = reader.gone.clone();
    let stop = StopHandle::new();
    let config = config(reader).stop_handle(stop.clone());
    let config = limit.into_iter().fold(config, RunConfig::timeout);
    let program = program(thread, main);
    let running = std::thread::spawn(move || program.run(config));
    reads.recv_timeout(WATCHDOG).expect("somebody reads");
    if limit.is_none() {
        stop.stop();
    }
    let outcome = running.join().unwrap().unwrap();
    assert_eq!(outcome.stats.abandoned_threads, 1, "the thread that reads");
    assert!(!gone.load(Ordering::SeqCst));
    drop(held);
    while !gone.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    outcome
}

const READS: &str = "(drop (call $in (i32.const 1)))";
const WAITS: &str = "(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))";

#[test]
fn a_time_limit_and_a_stop_end_a_program_that_reads() {
    let reading = |outcome: &Outcome| {
        let text = outcome.end.to_string();
        assert!(
            text.contains("thread 'main' waits for standard input\n    "),
            "{text}"
        );
    };
    let limit = Duration::from_millis(200);
    let outcome = stuck("", READS, Some(limit));
    assert!(matches!(outcome.end, End::TimedOut { .. }), "{:?}", outcome.end);
    reading(&outcome);
    let outcome = stuck("", READS, None);
    assert!(matches!(outcome.end, End::Stopped { .. }), "{:?}", outcome.end);
    reading(&outcome);
    // Two that read at once.
    let both = format!("(call $spawn (i32.const 0)) {READS}");
    let outcome = stuck(READS, &both, None);
    assert!(matches!(outcome.end, End::Stopped { .. }), "{:?}", outcome.end);
}

/// A sink that lets main go on once somebody reads.
struct Gate(Receiver<()>);

impl io::Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.recv_timeout(WATCHDOG).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a program in which a thread reads for ever, and main comes to `main` once it does.
fn beside_a_reader(main: &str, config: impl FnOnce(RunConfig) -> RunConfig) -> Outcome {
    let (reader, reads, held) = Stuck::new();
    let main = format!(
        "(call $spawn (i32.const 0)) (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1))) {main}"
    );
    let config = config(
        RunConfig::new()
            .timeout(WATCHDOG)
            .stdin(reader)
            .stdout(Gate(reads)),
    );
    let outcome = program(READS, &main).run(config).unwrap();
    assert_eq!(outcome.stats.abandoned_threads, 1, "the thread that reads");
    drop(held);
    outcome
}

#[test]
fn a_program_that_ends_does_not_wait_for_threads_that_read() {
    let outcome = beside_a_reader("", |config| config);
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    let outcome = beside_a_reader("(call $exit (i32.const 9))", |config| config);
    assert!(matches!(outcome.end, End::Exited(9)), "{:?}", outcome.end);
    let outcome = beside_a_reader("unreachable", |config| config);
    assert!(matches!(outcome.end, End::Trapped(_)), "{:?}", outcome.end);
}

#[test]
fn threads_that_wait_for_each_other_are_no_deadlock_while_input_may_come() {
    // A verdict would come at once.
    let limit = Duration::from_millis(500);
    for main in [WAITS, "(call $await (i32.const 0))"] {
        let outcome = beside_a_reader(main, |config| config.timeout(limit));
        let text = outcome.end.to_string();
        assert!(matches!(outcome.end, End::TimedOut { .. }), "{text}");
        assert!(text.contains("thread #1 waits for standard input"), "{text}");
    }
    // With the end of the input nobody is left who can go on.
    let main = "(call $spawn (i32.const 0)) (call $await (i32.const 0))";
    for input in [Input::none(), Script::default().into()] {
        let outcome = program(&format!("{READS} {WAITS}"), main)
            .run(config(input))
            .unwrap();
        assert!(matches!(outcome.end, End::Deadlock(_)), "{:?}", outcome.end);
    }
}

#[test]
fn input_that_comes_late_is_read() {
    // What the thread reads wakes main.
    let thread = "(i32.store (i32.const 8) (call $in (i32.const 100)))
        (drop (memory.atomic.notify (i32.const 8) (i32.const 1)))";
    let main = format!("(call $spawn (i32.const 0)) {WAITS} (call $exit (i32.load (i32.const 8)))");
    let (reader, reads, gate) = Stuck::new();
    let program = program(thread, &main);
    let running = std::thread::spawn(move || program.run(config(reader)));
    reads.recv_timeout(WATCHDOG).expect("the thread reads");
    gate.send(b"a line\n").unwrap();
    let outcome = running.join().unwrap().unwrap();
    assert!(matches!(outcome.end, End::Exited(7)), "{:?}", outcome.end);
    assert_eq!(outcome.stats.abandoned_threads, 0);
}

#[test]
fn a_host_without_memory_for_it_reads_nothing() {
    let asked = Script::new([Step::Gives(b"abc")]);
    let body = "(call $exit (call $in (i32.const 3)))";
    let outcome = program("", body)
        .run(config(asked.clone()).max_host_memory(100 << 10))
        .unwrap();
    assert!(
        matches!(outcome.end, End::Exited(code) if code == -errno::INPUT_FAILED),
        "{:?}",
        outcome.end
    );
    assert!(asked.asked.lock().unwrap().is_empty());
}

#[test]
fn a_start_function_can_read() {
    static READS: AtomicUsize = AtomicUsize::new(0);
    struct Counts;
    impl Read for Counts {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            READS.fetch_add(1, Ordering::SeqCst);
            Ok(0)
        }
    }
    let text = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "threadlink" "read" (func $read (param i32 i32 i32) (result i32)))
        (start $begin)
        (func $begin (drop (call $read (i32.const 0) (i32.const 16) (i32.const 16))))
        (func (export "_start")))"#;
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&wat::parse_str(text).unwrap()).unwrap();
    let outcome = program.run(config(Counts)).unwrap();
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    assert_eq!(READS.load(Ordering::SeqCst), 1);
}
