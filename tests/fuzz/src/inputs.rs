//! The inputs of a test: always the same ones.

use std::panic::RefUnwindSafe;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// The environment variable that makes each way in go on for as many seconds, with inputs that are new each time.
pub const SECONDS: &str = "THREADLINK_SOAK_SECONDS";

/// Bytes of the longest input.
const LONGEST: u64 = 2048;

/// `count` inputs that follow from `seed`.
pub fn generated(seed: u64, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut state = seed;
    // SplitMix64 (Steele, Lea and Flood, 2014).
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..count).map(move |_| {
        let words = next() % (LONGEST / 8);
        (0..words).flat_map(|_| next().to_le_bytes()).collect()
    })
}

/// The inputs that were found to do harm once, of this way in.
///
/// # Panics
/// If they cannot be read.
#[must_use]
pub fn found(way_in: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("found").join(way_in);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| std::fs::read(path).expect("the file can be read");
    paths.iter().map(read).collect()
}

/// Gives a way in all its inputs: those that were found, and `count` generated ones. Says which one does harm. For as many
/// seconds as [`SECONDS`] says, if it says so, it goes on with others.
///
/// # Panics
/// As `check` does.
pub fn all(way_in: &str, seed: u64, count: usize, check: impl Fn(&[u8]) + RefUnwindSafe) {
    for input in found(way_in) {
        one(way_in, &input, &check);
    }
    for input in generated(seed, count) {
        one(way_in, &input, &check);
    }
    let Ok(seconds) = std::env::var(SECONDS) else {
        return;
    };
    let limit = Duration::from_secs(seconds.parse().expect("a number of seconds"));
    let start = Instant::now();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let mut inputs = 0_u64;
    for input in generated(now.as_nanos() as u64, usize::MAX) {
        if start.elapsed() > limit {
            break;
        }
        one(way_in, &input, &check);
        inputs += 1;
    }
    println!("{way_in}: {inputs} more inputs in {seconds} s, none of which did harm");
}

fn one(way_in: &str, input: &[u8], check: &(impl Fn(&[u8]) + RefUnwindSafe)) {
    if let Err(payload) = std::panic::catch_unwind(|| check(input)) {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        eprintln!("an input of {way_in}, to be kept in found/{way_in} (xxd -r -p makes bytes of it):\n{hex}");
        std::panic::resume_unwind(payload);
    }
}
