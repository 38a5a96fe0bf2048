//! A Rust program in a host of its own: it calls the host's functions, and knows what the host lets it know.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::{Guest, run_module};
use threadlink_host::{
    End, Engine, EngineConfig, Guest as Caller, Imports, OutOfBounds, Outcome, RunConfig, Stream,
};

/// Runs the program; what it printed, and how often it scored.
fn run(config: RunConfig) -> (String, u64, Outcome) {
    let (total, calls) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let counted = calls.clone();
    let imports = Imports::new()
        .function("game", "score", move |_: Caller<'_>, points: u32| {
            counted.fetch_add(1, Ordering::Relaxed);
            total.fetch_add(points.into(), Ordering::Relaxed) + u64::from(points)
        })
        .unwrap()
        .function(
            "game",
            "title",
            |caller: Caller<'_>, at: u32, room: u32| -> Result<u32, OutOfBounds> {
                let title = &b"a game"[..(room as usize).min(6)];
                caller.write(at, title)?;
                Ok(u32::try_from(title.len()).expect("it is short"))
            },
        )
        .unwrap();
    let module = std::fs::read(Guest::bin("embedded").build()).unwrap();
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load_with(&module, &imports).unwrap();
    let config = config.stdout(Stream::capture()).timeout(Duration::from_secs(120));
    let outcome = program.run(config).unwrap();
    assert!(matches!(outcome.end, End::Returned), "{}", outcome.end);
    let text = String::from_utf8(outcome.stdout.clone()).unwrap();
    (text, calls.load(Ordering::Relaxed), outcome)
}

#[test]
fn a_program_calls_functions_of_its_host_from_all_its_threads() {
    let args = vec!["embedded".to_owned(), "word".to_owned()];
    let (text, calls, outcome) = run(RunConfig::new().args(args));
    assert_eq!((calls, outcome.stats.threads), (801, 9));
    assert!(
        text.starts_with("a game: 40400\ntime true true, arguments 2, processors "),
        "{text}"
    );
}

#[test]
fn a_program_that_may_know_nothing_runs_as_well() {
    let (text, _, _) = run(RunConfig::new()
        .clock(false)
        .parallelism(NonZeroU32::new(3).unwrap()));
    assert_eq!(
        text,
        "a game: 40400\ntime false false, arguments 0, processors 3\n"
    );
}

#[test]
fn the_command_names_the_function_that_it_does_not_have() {
    let ran = run_module(&Guest::bin("embedded").build(), &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`game.score`") || ran.stderr.contains("`game.title`"),
        "{}",
        ran.stderr
    );
}
