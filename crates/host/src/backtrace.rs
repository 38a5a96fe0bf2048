//! Guest backtraces: with source places where the module has debug information, std and the runtime folded.

pub(crate) mod origin;
mod style;

use std::fmt::Write as _;

use threadlink_trace::Printable;
use wasmtime::{FrameInfo, WasmBacktrace};

use self::origin::{Origin, demangle};
use self::style::FOLDED;
pub(crate) use self::style::{Style, note};
use crate::load::Compiled;
use crate::symbols::{Symbol, parts};

/// Frames shown at most, unless all are wanted.
const MOST_FRAMES: usize = 64;
/// Frames shown of a thread that waits.
const MOST_WAIT_FRAMES: usize = 8;

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

/// The frames that say where a thread is: from the first one in the program's own source on, if there are such, else
/// all. The frames of libraries inside it are how it waits.
pub(crate) fn of_wait(program: &Compiled, trace: &WasmBacktrace) -> Vec<String> {
    let frames = frames(program, trace);
    let own = |frame: &Frame| frame.place.is_some() && frame.origin() == Origin::Program;
    let start = frames.iter().position(own).unwrap_or(0);
    let frames = &frames[start..];
    let end = frames.iter().rposition(|frame| !frame.is_machinery());
    folded(
        &frames[..end.map_or(frames.len(), |last| last + 1)],
        MOST_WAIT_FRAMES,
    )
}

/// File, line and column of the innermost code in this frame that is not std's or the runtime's. The file as the compiler was given
/// it, which is what a `Location` has, too.
pub(crate) fn place_outside(program: &Compiled, frame: &FrameInfo) -> Option<(String, u32, u32)> {
    if !program.has(frame) {
        return None;
    }
    let symbols = symbols(program, frame);
    let mut outside = symbols.iter().filter(|frame| !frame.is_machinery());
    let (file, line, column) = outside.find_map(|frame| parts(frame.place.as_deref()?))?;
    let folder = program.folder(frame).unwrap_or_default();
    let relative = file
        .strip_prefix(&folder)
        .map(|rest| rest.trim_start_matches(['/', '\\']).to_owned());
    Some((relative.unwrap_or(file), line, column))
}

/// An access of memory: where in the program it is, or wherever else, and the frames that led there.
pub(crate) struct OfAccess {
    pub(crate) place: Option<String>,
    pub(crate) lines: Vec<String>,
}

/// What is said of an access at this offset of the copy that does not tell. The innermost of the frames is in the same function,
/// if they are known.
pub(crate) fn of_access(program: &Compiled, at: usize, calls: Option<&WasmBacktrace>) -> OfAccess {
    let frames = frames_of_access(program, at, calls);
    OfAccess {
        place: place_of(&frames),
        lines: match Style::wanted() {
            Style::Full => frames.iter().enumerate().map(line).collect(),
            _ => folded(&frames, MOST_FRAMES),
        },
    }
}

/// Likewise, the place of an access that may have taken a lock; `None` if by its names it has not. Others acquire, too: who is parked,
/// or takes something off a list.
pub(crate) fn of_lock(program: &Compiled, at: usize, calls: Option<&WasmBacktrace>) -> Option<String> {
    place_of_lock(&frames_of_access(program, at, calls))
}

fn place_of_lock(frames: &[Frame]) -> Option<String> {
    let own = |frame: &Frame| frame.origin() == Origin::Program;
    let inner = frames.iter().position(own).map_or(frames, |own| &frames[..=own]);
    let is_lock = |frame: &Frame| {
        let name = frame.name.to_ascii_lowercase();
        name.contains("lock") || name.contains("mutex")
    };
    inner.iter().any(is_lock).then(|| place_of(frames))?
}

fn frames_of_access(program: &Compiled, at: usize, calls: Option<&WasmBacktrace>) -> Vec<Frame> {
    let calls = calls.map_or(&[][..], WasmBacktrace::frames);
    let name = || {
        let innermost = calls.first().and_then(FrameInfo::func_name);
        innermost.map_or_else(|| "<function>".to_owned(), demangle)
    };
    let innermost = program.symbols_of_access(at);
    let mut frames: Vec<Frame> = innermost
        .into_iter()
        .map(|symbol| Frame {
            name: symbol.name.as_deref().map_or_else(name, demangle),
            place: symbol.place,
        })
        .collect();
    if frames.is_empty() {
        frames.push(Frame {
            name: name(),
            place: None,
        });
    }
    let outer = calls.iter().skip(1).filter(|frame| program.has(frame));
    frames.extend(outer.flat_map(|frame| symbols(program, frame)));
    frames
}

/// One line a frame of a captured backtrace.
fn render(program: &Compiled, trace: &WasmBacktrace) -> Vec<String> {
    let frames = frames(program, trace);
    match Style::wanted() {
        Style::Full => frames.iter().enumerate().map(line).collect(),
        _ => folded(&frames, MOST_FRAMES),
    }
}

/// Every function of the source, innermost first.
fn frames(program: &Compiled, trace: &WasmBacktrace) -> Vec<Frame> {
    let own = trace.frames().iter().filter(|frame| program.has(frame));
    own.flat_map(|frame| symbols(program, frame)).collect()
}

/// The lines of the first frames, and how many there are more. Frames of std and of the runtime are one line for all that
/// stand together; where there are no others, they are where it happened, and shown.
fn folded(frames: &[Frame], most: usize) -> Vec<String> {
    let all = frames.iter().all(Frame::is_machinery);
    let shown = |frame: &Frame| all || !frame.is_machinery();
    let mut lines = Vec::new();
    let mut rest = most;
    let mut next = 0;
    while next < frames.len() {
        let frame = &frames[next];
        if rest == 0 {
            lines.push(format!("      ... and {} more", frames.len() - next));
            break;
        }
        if shown(frame) {
            lines.push(line((next, frame)));
            rest -= 1;
            next += 1;
        } else {
            let count = frames[next..].iter().take_while(|frame| !shown(frame)).count();
            next += count;
            let plural = if count == 1 { "" } else { "s" };
            let mut line = format!("      ... {count} frame{plural}{FOLDED}");
            // What the program called; outermost, it is called itself.
            if next < frames.len() {
                let _ = write!(line, ", in {}", Printable(&frames[next - 1].name));
            }
            lines.push(line);
        }
    }
    lines
}

struct Frame {
    name: String,
    place: Option<String>,
}

impl Frame {
    fn origin(&self) -> Origin {
        Origin::of(&self.name, self.place.as_deref())
    }

    /// Whether it says how the program's code was run, and not what that did.
    fn is_machinery(&self) -> bool {
        matches!(self.origin(), Origin::Std | Origin::Runtime)
    }
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

/// Where in the program's own source a thread is, or else where in whatever source.
pub(crate) fn own_place(program: &Compiled, trace: &WasmBacktrace) -> Option<String> {
    place_of(&frames(program, trace))
}

fn place_of(frames: &[Frame]) -> Option<String> {
    let own = frames.iter().filter(|frame| frame.origin() == Origin::Program);
    let place = own.chain(frames).find_map(|frame| frame.place.as_deref())?;
    Some(Printable(place).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Frame {
        Frame {
            name: name.to_owned(),
            place: None,
        }
    }

    #[test]
    fn machinery_is_one_line_and_the_others_keep_their_numbers() {
        let names = [
            "core::a",
            "std::b",
            "mine::c",
            "threadlink::d",
            "mine::e",
            "std::f",
        ];
        let frames: Vec<Frame> = names.into_iter().map(named).collect();
        let lines = [
            "      ... 2 frames of std and the runtime, in std::b",
            "   2: mine::c",
            "      ... 1 frame of std and the runtime, in threadlink::d",
            "   4: mine::e",
            "      ... 1 frame of std and the runtime",
        ];
        assert_eq!(folded(&frames, 9), lines);
        assert_eq!(folded(&frames, 1), [lines[0], lines[1], "      ... and 3 more"]);
        // Nothing else tells where it happened.
        assert_eq!(folded(&frames[..2], 9), ["   0: core::a", "   1: std::b"]);
        assert_eq!(folded(&[], 9), [""; 0]);
    }

    #[test]
    fn a_lock_is_what_is_called_so_up_to_the_programs_own() {
        let frames = |names: &[&str]| -> Vec<Frame> {
            let frame = |(line, name): (usize, &&str)| Frame {
                name: (*name).to_owned(),
                place: Some(format!("/rustc/{line}.rs:1:1").replace("/rustc/3", "src/main")),
            };
            names.iter().enumerate().map(frame).collect()
        };
        let taken = frames(&[
            "core::cmpxchg",
            "std::sys::futex::Mutex::lock",
            "std::sync::f",
            "mine::run",
        ]);
        assert_eq!(place_of_lock(&taken).as_deref(), Some("src/main.rs:1:1"));
        // What the caller is called says nothing of what it has called.
        let parked = frames(&[
            "core::cmpxchg",
            "std::sys::Parker::park",
            "std::thread::park",
            "mine::run",
            "mine::lock",
        ]);
        assert_eq!(place_of_lock(&parked), None);
    }

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
