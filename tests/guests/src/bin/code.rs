//! A main that fails, in a program that asks nothing else of its host than threads.

use threadlink::process::ExitCode;

#[threadlink::main]
fn main() -> ExitCode {
    let worker = threadlink::spawn(|| 7);
    worker.join().map_or(ExitCode::FAILURE, ExitCode::from)
}
