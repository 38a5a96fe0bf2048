//! Writes the trace of a simulated program, which does what programs do with locks and threads, and never what cannot be.
//!
//! `cargo run -p threadlink-export --example simulated -- 7 2000 FILE.trace` is the program with seed 7 and 2000 steps at most.

use std::error::Error;
use std::{env, fs};

use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::written;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [seed, steps, path] = words.as_slice() else {
        return Err("give a seed, a number of steps and a file".into());
    };
    let events = simulate(Run {
        seed: seed.parse()?,
        steps: steps.parse()?,
        equal_times: false,
    });
    let bytes = written(&events, |writer| {
        for site in 1..20 {
            writer.define_site(site, "src/main.rs", site, 5);
        }
    });
    fs::write(path, bytes)?;
    Ok(())
}
