//! Ends with a code, and says nothing: that takes no import.

use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let code = thread::spawn(|| 7).join();
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
