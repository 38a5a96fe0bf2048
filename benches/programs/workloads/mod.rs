//! The workloads. Two programs have this same source: over std, built natively and as a guest, and over threadlink.
//!
//! Each does its work `rounds` times (a thread, where there are several) and returns a number that depends on all of
//! it, so that nobody is fast by doing less.

mod allocation;
mod compute;
mod locks;
mod messages;
mod threads;
mod waiting;

use crate::platform::{env, println, time::Instant};

/// Runs the workload that the arguments name, and prints how long it took in nanoseconds and what it returned.
/// `more` knows further workloads.
///
/// # Panics
/// If there is no such workload, or if it fails.
pub(crate) fn main(more: fn(&str, u64, u64) -> Option<u64>) {
    let mut args = env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let mut number = || args.next().and_then(|word| word.parse().ok());
    let (Some(rounds), Some(threads)) = (number(), number()) else {
        panic!("usage: WORKLOAD ROUNDS THREADS");
    };
    let start = Instant::now();
    let Some(result) = run(&name, rounds, threads).or_else(|| more(&name, rounds, threads)) else {
        panic!("no workload {name:?}");
    };
    println!("{} {result}", start.elapsed().as_nanos());
}

fn run(name: &str, rounds: u64, threads: u64) -> Option<u64> {
    Some(match name {
        "nothing" => 0,
        "allocate" => allocation::allocate(rounds, threads),
        "freed_elsewhere" => allocation::freed_elsewhere(rounds),
        "grow" => allocation::grow(rounds),
        "messages" => messages::messages(rounds),
        "messages_alone" => messages::messages_alone(rounds),
        "messages_bounded" => messages::messages_bounded(rounds),
        "lock" => locks::lock(rounds),
        "read" => locks::read(rounds),
        "write" => locks::write(rounds),
        "counter" => locks::counter(rounds, threads),
        "mandelbrot" => compute::mandelbrot(rounds, threads),
        "spawn_join" => threads::spawn_join(rounds),
        "spawns" => threads::spawns(rounds),
        "scope" => threads::scope(rounds),
        "live" => threads::live(threads),
        "ping_pong" => waiting::ping_pong(rounds),
        "notify" => waiting::notify(rounds),
        "park" => waiting::park(rounds),
        "token" => waiting::token(rounds),
        "barrier" => waiting::barrier(rounds, threads),
        "idle" => waiting::idle(rounds, threads),
        "beside_work" => waiting::beside_work(rounds, threads),
        _ => return None,
    })
}
