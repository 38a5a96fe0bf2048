//! What std documents of its threads and locks, as cases: run natively against std itself, which proves what they
//! expect, and against threadlink, natively and as a guest. What std's own tests show is not repeated: `tests/parity`
//! runs those in the same builds.
//!
//! `suite [FILTER...] [--times N]` runs the cases whose names contain one of the filters, or all of them. In a build
//! with `panic = "abort"` the cases that need unwinding are not applicable, and it says so.

// xtask stress: park:: scope:: condvar:: mpsc:: --times 1000

mod api;
mod case;
mod cases;
mod support;

use threadlink::process::ExitCode;

use crate::case::{Case, Count};

#[threadlink::main]
fn main() -> ExitCode {
    let mut filters = Vec::new();
    let mut times = 1;
    let mut arguments = threadlink::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--times" {
            let number = arguments.next().and_then(|number| number.parse().ok());
            times = number.expect("--times needs a number");
        } else {
            filters.push(argument);
        }
    }

    let chosen =
        |case: &&Case| filters.is_empty() || filters.iter().any(|filter| case.name.contains(filter.as_str()));
    let mut count = Count::default();
    for case in cases::all().filter(chosen) {
        count.run(*case, times);
    }
    let Count {
        passed,
        failed,
        not_applicable,
    } = count;
    threadlink::println!("{passed} passed, {failed} failed, {not_applicable} not applicable");
    ExitCode::from(u8::from(failed > 0))
}
