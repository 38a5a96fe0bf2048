//! Guest backtraces: with source places where the module has debug information, the machinery left out.

use std::fmt::Write as _;

use threadlink_trace::Printable;
use wasmtime::{FrameInfo, WasmBacktrace};

use crate::load::Compiled;
use crate::symbols::Symbol;

/// Frames shown at most.
const MOST_FRAMES: usize = 64;
/// Frames shown of a thread that waits.
const MOST_WAIT_FRAMES: usize = 8;

/// Functions whose frames, and everything inside them, are how a panic is raised, not where.
const PANIC_MACHINERY: [&str; 6] = [
    "rust_begin_unwind",
    "__rust_end_short_backtrace",
    "core::panicking::panic_fmt",
    "core::panicking::panic",
    "std::panicking::begin_panic",
    "core::result::unwrap_failed",
];

/// What the outermost frames of every thread are: how it came to run, not what it did.
const START_MACHINERY: [&str; 7] = [
    "threadlink::",
    "__threadlink",
    "thread_start",
    "_start",
    "std::panic",
    "core::panic",
    "core::ops::function",
];

/// Where toolchains and cargo keep the source of std and of dependencies.
const LIBRARIES: [&str; 4] = [
    "/rustlib/src/rust/library/",
    "/rustc/",
    "/registry/src/",
    "/git/checkouts/",
];

/// One line a frame, innermost first; empty if the error has no backtrace.
pub(crate) fn lines(program: &Compiled, error: &wasmtime::Error) -> Vec<String> {
    error
        .downcast_ref::<WasmBacktrace>()
        .map(|trace| render(program, trace))
        .unwrap_or_default()
}

/// Functions of std through which every panic of an abort build goes, whatever its hook does. They are never inlined.
const PANIC_ENTRY: [&str; 3] = ["rust_panic", "__rust_start_panic", "rust_begin_unwind"];

/// Whether an error arose while std was raising a panic, as far as the module still has the names of functions.
pub(crate) fn is_panic(error: &wasmtime::Error) -> bool {
    let name_is = |name: &str| PANIC_ENTRY.iter().any(|entry| name.contains(entry));
    error.downcast_ref::<WasmBacktrace>().is_some_and(|trace| {
        trace
            .frames()
            .iter()
            .filter_map(FrameInfo::func_name)
            .any(name_is)
    })
}

/// The frames that say where a thread waits: from the first one in the program's own source on, if there are such, else
/// all. The frames of libraries inside it are how it waits.
pub(crate) fn of_wait(program: &Compiled, trace: &WasmBacktrace) -> Vec<String> {
    let frames = frames(program, trace);
    let own = |frame: &Frame| {
        let place = frame.place.as_deref();
        place.is_some_and(|place| !LIBRARIES.iter().any(|folder| place.contains(folder))) && !is_start(frame)
    };
    let start = frames.iter().position(own).unwrap_or(0);
    numbered(without_start(&frames[start..]), MOST_WAIT_FRAMES)
}

/// One line a frame of a captured backtrace.
fn render(program: &Compiled, trace: &WasmBacktrace) -> Vec<String> {
    let frames = frames(program, trace);
    let machinery = |frame: &Frame| {
        PANIC_MACHINERY
            .iter()
            .any(|name| frame.name.starts_with(name) || frame.name.ends_with(name))
    };
    let start = frames.iter().rposition(machinery).map_or(0, |last| last + 1);
    numbered(without_start(&frames[start..]), MOST_FRAMES)
}

/// Every function of the source, innermost first.
fn frames(program: &Compiled, trace: &WasmBacktrace) -> Vec<Frame> {
    let frames = trace.frames().iter();
    frames.flat_map(|frame| symbols(program, frame)).collect()
}

fn is_start(frame: &Frame) -> bool {
    START_MACHINERY.iter().any(|name| frame.name.contains(name))
}

/// Without the outermost frames that are how the thread came to run. A trace of these alone is shown whole: then they are
/// where it happened.
fn without_start(frames: &[Frame]) -> &[Frame] {
    let end = frames.iter().rposition(|frame| !is_start(frame));
    &frames[..end.map_or(frames.len(), |last| last + 1)]
}

/// The lines of the first frames, and how many there are more.
fn numbered(frames: &[Frame], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = frames.iter().take(most).enumerate().map(line).collect();
    let hidden = frames.len() - lines.len();
    if hidden > 0 {
        lines.push(format!("      ... and {hidden} more"));
    }
    lines
}

struct Frame {
    name: String,
    place: Option<String>,
}

fn line((index, frame): (usize, &Frame)) -> String {
    let mut line = format!("{index:>4}: {}", Printable(&frame.name));
    if let Some(place) = &frame.place {
        let _ = write!(line, "\n             at {}", Printable(place));
    }
    line
}

/// A frame has one symbol for each function that was inlined into it.
fn symbols(program: &Compiled, frame: &FrameInfo) -> Vec<Frame> {
    let fallback = || {
        frame
            .func_name()
            .map_or_else(|| format!("<function {}>", program.function(frame)), demangle)
    };
    let found = program.symbols(frame);
    if found.is_empty() {
        return vec![Frame {
            name: fallback(),
            place: None,
        }];
    }
    let frame = |symbol: Symbol| Frame {
        name: symbol.name.as_deref().map_or_else(fallback, demangle),
        place: symbol.place,
    };
    found.into_iter().map(frame).collect()
}

/// Rust's names without the hash.
fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_files_cannot_steer_a_terminal_or_forge_lines() {
        let frame = Frame {
            name: "f\u{1b}[2J\nerror: forged".to_owned(),
            place: Some("a\r\nerror: forged.rs:1:1".to_owned()),
        };
        assert_eq!(
            line((3, &frame)),
            "   3: f\\u{1b}[2J\\nerror: forged\n             at a\\r\\nerror: forged.rs:1:1"
        );
    }
}
