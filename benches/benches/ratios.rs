//! `cargo bench -p threadlink-benches`: what threads and locks of a guest cost, each beside a peer.
//!
//! The two sides of a pair take turns within one process, so that whatever else the machine does hits both; the
//! figures are the median of the turns, the ratio is the median of the turns' ratios.

use std::time::{Duration, Instant};

use harness::Guest;
use threadlink_host::{Engine, EngineConfig, Program, RunConfig};
use threadlink_trace::TraceWriter;

/// Turns of a pair.
const TURNS: usize = 15;

/// One side of a pair: runs a number of rounds and returns how long that took.
type Side<'a> = &'a dyn Fn(u64) -> Duration;

fn main() {
    let engine = Engine::new(&EngineConfig::new().interruptible(false)).expect("wasmtime works here");
    let load = |guest: &Guest| {
        let bytes = std::fs::read(guest.build()).expect("the module was built");
        engine.load(&bytes).expect("the module is one of ours")
    };
    let guest = Guest::package("threadlink-benches").with(&["--bin", "bench-guest", "--release"]);
    let plain = load(&guest);
    let traced = load(&guest.traced());

    println!(
        "{:<58} {:>10} {:>10} {:>7}  (ratios: least .. most)",
        "", "ours", "peer", "ratio"
    );
    compare(
        "spawn + join: guest / native std::thread",
        5_000,
        &|rounds| run(&plain, "spawn_join", rounds, false),
        &|rounds| native(rounds, workloads::spawn_join),
    );
    compare(
        "lock + unlock in a guest: untraced TracingMutex / parking_lot",
        5_000_000,
        &|rounds| run(&plain, "lock_threadlink", rounds, false),
        &|rounds| run(&plain, "lock_parking_lot", rounds, false),
    );
    compare(
        "lock + unlock in a guest: hooks called / untraced",
        500_000,
        &|rounds| run(&traced, "lock_threadlink", rounds, false),
        &|rounds| run(&plain, "lock_threadlink", rounds, false),
    );
    compare(
        "lock + unlock in a guest: recorded / hooks called",
        500_000,
        &|rounds| run(&traced, "lock_threadlink", rounds, true),
        &|rounds| run(&traced, "lock_threadlink", rounds, false),
    );
    compare(
        "read + unlock in a guest: untraced TracingRwLock / parking_lot",
        5_000_000,
        &|rounds| run(&plain, "read_threadlink", rounds, false),
        &|rounds| run(&plain, "read_parking_lot", rounds, false),
    );
    compare(
        "read + unlock in a guest: hooks called / untraced",
        500_000,
        &|rounds| run(&traced, "read_threadlink", rounds, false),
        &|rounds| run(&plain, "read_threadlink", rounds, false),
    );
    compare(
        "read + unlock in a guest: recorded / hooks called",
        500_000,
        &|rounds| run(&traced, "read_threadlink", rounds, true),
        &|rounds| run(&traced, "read_threadlink", rounds, false),
    );
    compare(
        "condvar there and back: guest / native std",
        10_000,
        &|rounds| run(&plain, "ping_pong_threadlink", rounds, false),
        &|rounds| native(rounds, workloads::ping_pong_std),
    );
    compare(
        "condvar there and back in a guest: hooks called / untraced",
        10_000,
        &|rounds| run(&traced, "ping_pong_threadlink", rounds, false),
        &|rounds| run(&plain, "ping_pong_threadlink", rounds, false),
    );
    compare(
        "256 threads at one lock, hooks called: rwlock / mutex",
        2_560,
        &|rounds| run(&traced, "crowd_rwlock", rounds, false),
        &|rounds| run(&traced, "crowd_mutex", rounds, false),
    );
}

fn run(program: &Program, workload: &str, rounds: u64, record: bool) -> Duration {
    let args = ["bench", workload, &rounds.to_string()]
        .map(str::to_owned)
        .to_vec();
    let mut config = RunConfig::new().args(args);
    if record {
        config =
            config.trace(TraceWriter::to_sink(Box::new(std::io::sink())).expect("a sink takes everything"));
    }
    let start = Instant::now();
    let outcome = program.run(config).expect("the program starts");
    let elapsed = start.elapsed();
    assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    elapsed
}

fn native(rounds: u64, workload: fn(u64)) -> Duration {
    let start = Instant::now();
    workload(rounds);
    start.elapsed()
}

/// Prints nanoseconds a round for both sides, what it takes to start a program subtracted.
fn compare(title: &str, rounds: u64, ours: Side<'_>, peer: Side<'_>) {
    let per_round = |side: Side<'_>| {
        let empty = side(0);
        side(rounds).saturating_sub(empty).as_secs_f64() * 1e9 / rounds as f64
    };
    per_round(ours);
    per_round(peer);
    let turns: Vec<(f64, f64)> = (0..TURNS).map(|_| (per_round(ours), per_round(peer))).collect();
    let sorted = |value: &dyn Fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = turns.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let ratios = sorted(&|(ours, peer)| ours / peer);
    println!(
        "{title:<58} {:>7.1} ns {:>7.1} ns {:>7.2}  ({:.2} .. {:.2})",
        sorted(&|turn| turn.0)[TURNS / 2],
        sorted(&|turn| turn.1)[TURNS / 2],
        ratios[TURNS / 2],
        ratios[0],
        ratios[TURNS - 1],
    );
}
