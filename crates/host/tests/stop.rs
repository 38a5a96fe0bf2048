//! Runs that are ended from outside, and ends that do not wait for sinks that take nothing.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use threadlink_host::{End, Engine, EngineConfig, Program, RunConfig, StopHandle};
use threadlink_trace::{TraceWriter, WriteError};

/// After this long a test that waits fails instead; runs end in a fraction of it.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Main says a word, and then does what `body` says.
fn program(interruptible: bool, body: &str) -> Program {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "wasm_threadlink" "finish_unlock" (func $finish_unlock (param i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (func $rest (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 3600000000000))))
            (func (export "thread_start") (param i32))
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1)))
                {body}))"#
    );
    let engine = Engine::new(&EngineConfig::new().interruptible(interruptible)).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

/// Tells of each write.
struct Telling(Sender<()>);

impl Write for Telling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes some writes, tells of the one after them, and does not come back from it as long as the test runs.
struct Stuck {
    takes: usize,
    told: Sender<()>,
    gate: Receiver<()>,
}

impl Stuck {
    /// The sink, what tells of the write that is stuck, and what holds it.
    fn after(takes: usize) -> (Box<Stuck>, Receiver<()>, Sender<()>) {
        let (told, stuck) = mpsc::channel();
        let (held, gate) = mpsc::channel();
        (Box::new(Stuck { takes, told, gate }), stuck, held)
    }
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.takes == 0 {
            let _ = self.told.send(());
            let _ = self.gate.recv();
        }
        self.takes = self.takes.saturating_sub(1);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_run_is_stopped_from_another_thread_whatever_it_does() {
    for body in ["(call $rest)", "(loop $l (br $l))"] {
        let stop = StopHandle::new();
        let (told, speaks) = mpsc::channel();
        let config = RunConfig::new()
            .stdout(Box::new(Telling(told)))
            .stop_handle(stop.clone());
        let program = program(true, body);
        let running = std::thread::spawn(move || program.run(config));
        speaks.recv_timeout(WATCHDOG).expect("main speaks");
        stop.stop();
        let outcome = running.join().unwrap().unwrap();
        let text = outcome.end.to_string();
        assert!(matches!(outcome.end, End::Stopped { .. }), "{text}");
        assert_eq!(
            (outcome.end.exit_code(), outcome.stats.abandoned_threads),
            (130, 0)
        );
        assert!(
            text.contains("ended from outside") && text.contains("thread 'main'"),
            "{text}"
        );
    }
}

#[test]
fn one_handle_stops_all_runs_also_those_that_come_later() {
    let stop = StopHandle::new();
    let program = program(true, "(call $rest)");
    let (told, speaks) = mpsc::channel();
    let runs: Vec<_> = (0..3)
        .map(|_| {
            let (program, stop, told) = (program.clone(), stop.clone(), told.clone());
            std::thread::spawn(move || {
                let config = RunConfig::new().stdout(Box::new(Telling(told))).stop_handle(stop);
                program.run(config)
            })
        })
        .collect();
    for _ in &runs {
        speaks.recv_timeout(WATCHDOG).expect("main speaks");
    }
    stop.stop();
    for run in runs {
        assert!(matches!(run.join().unwrap().unwrap().end, End::Stopped { .. }));
    }
    assert!(stop.is_stopped());
    let config = RunConfig::new().stdout(Box::new(io::sink())).stop_handle(stop);
    assert!(matches!(program.run(config).unwrap().end, End::Stopped { .. }));
}

#[test]
fn a_time_limit_holds_where_the_standard_output_takes_nothing() {
    let (sink, _stuck, _held) = Stuck::after(0);
    let started = Instant::now();
    let config = RunConfig::new().stdout(sink).timeout(Duration::from_millis(200));
    let outcome = program(true, "").run(config).unwrap();
    assert!(started.elapsed() < WATCHDOG);
    assert!(matches!(outcome.end, End::TimedOut { .. }), "{:?}", outcome.end);
    assert_eq!(outcome.stats.abandoned_threads, 1, "the thread that writes");
}

#[test]
fn a_time_limit_holds_where_the_trace_goes_nowhere() {
    // Main records without end, so it comes to wait for the trace; then it is told to stop like any other.
    let locks = "(loop $l (call $start_lock (i32.const 64)) (call $finish_lock (i32.const 64))
        (call $start_unlock (i32.const 64)) (call $finish_unlock (i32.const 64)) (br $l))";
    for body in [locks, "", "(call $rest)"] {
        // The file's head is written when the trace is made.
        let (sink, _stuck, _held) = Stuck::after(1);
        let config = RunConfig::new()
            .stdout(Box::new(io::sink()))
            .trace(TraceWriter::to_sink(sink).unwrap())
            .timeout(Duration::from_millis(200));
        let started = Instant::now();
        let outcome = program(true, body).run(config).unwrap();
        assert!(started.elapsed() < WATCHDOG);
        let ended = matches!(outcome.end, End::TimedOut { .. } | End::Returned);
        assert!(ended, "{:?}", outcome.end);
        let trace = outcome.trace.expect("there is a trace");
        assert!(matches!(trace, Err(WriteError::Stalled { .. })), "{trace:?}");
    }
}

#[test]
fn a_stop_gives_up_a_trace_that_goes_nowhere_when_the_program_has_ended_already() {
    let stop = StopHandle::new();
    let (sink, stuck, _held) = Stuck::after(1);
    let config = RunConfig::new()
        .stdout(Box::new(io::sink()))
        .trace(TraceWriter::to_sink(sink).unwrap())
        .stop_handle(stop.clone());
    let program = program(true, "");
    let running = std::thread::spawn(move || program.run(config));
    stuck
        .recv_timeout(WATCHDOG)
        .expect("the end of the trace is written");
    stop.stop();
    let outcome = running.join().unwrap().unwrap();
    assert!(
        matches!(outcome.trace, Some(Err(WriteError::Stalled { .. }))),
        "{:?}",
        outcome.trace
    );
}
