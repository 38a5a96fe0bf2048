//! What std does not support on this target, read from its own source, that of the very std that guests are built on: the
//! modules `unsupported` of `std::sys`, and the files of the folder of that name that `std::sys::pal` takes in. Where the
//! runtime is below a module, a file of ours has taken the place of std's, and is not in that source.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a body begins with that fails whatever it was asked: it panics, or returns an error.
const FAILS: [&str; 4] = ["panic!", "unsupported", "Err(", "std_io::Error::UNSUPPORTED"];
/// The file of std that says that a part of the system is not there, and a folder of such.
const UNSUPPORTED: &str = "unsupported";

/// What in std does not work.
#[derive(Debug, Default)]
pub(super) struct Standard {
    /// Functions that fail, by their paths.
    failing: BTreeSet<String>,
    /// Modules that are as std has them for a system that has nothing.
    unserved: BTreeSet<String>,
}

impl Standard {
    /// Reads the source in `library`, the folder of `rust-src` that has std's.
    pub(super) fn read(library: &Path) -> Standard {
        let mut standard = Standard::default();
        standard.folder(&library.join("std/src/sys"), "std::sys");
        standard
    }

    /// Whether the function of this path always fails.
    pub(super) fn fails(&self, path: &str) -> bool {
        self.failing.contains(path)
    }

    /// Whether the functions of this module do what they should, since the runtime is below them.
    pub(super) fn serves(&self, module: &str) -> bool {
        !self.unserved.contains(module)
    }

    /// Whether this std has threads: the runtime is below them.
    pub(super) fn has_threads(&self) -> bool {
        self.serves("std::sys::thread::unsupported")
    }

    fn folder(&mut self, folder: &Path, module: &str) {
        // Without the source nothing is known, and nothing is said.
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
                continue;
            };
            let inner = format!("{module}::{stem}");
            if path.is_dir() {
                self.folder(&path, &inner);
            } else if stem == UNSUPPORTED {
                self.file(&path, inner);
            } else if stem == "mod"
                && let Ok(text) = fs::read_to_string(&path)
            {
                for taken in taken_in(&text) {
                    self.file(
                        &folder.join("..").join(UNSUPPORTED).join(format!("{taken}.rs")),
                        format!("{module}::{taken}"),
                    );
                }
            }
        }
    }

    fn file(&mut self, path: &Path, module: String) {
        let Ok(text) = fs::read_to_string(path) else {
            return;
        };
        self.failing
            .extend(failing(&text).into_iter().map(|name| format!("{module}::{name}")));
        self.unserved.insert(module);
    }
}

/// The files of the folder `unsupported` beside it that a module says are its own.
fn taken_in(text: &str) -> impl Iterator<Item = &str> {
    let marker = "#[path = \"../unsupported/";
    text.lines()
        .filter_map(move |line| line.trim().strip_prefix(marker)?.strip_suffix(".rs\"]"))
}

/// A function that is being read.
struct Function {
    indent: usize,
    name: String,
    /// Whether what follows is its body: a head can take several lines.
    in_body: bool,
    /// What the body begins with.
    first: Option<String>,
}

/// The functions in a file that fail: `f`, or `T::f` in a block for `T`. Reads what rustfmt has formatted, by its lines.
fn failing(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut of_type = None;
    let mut function: Option<Function> = None;
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if indent == 0 && code.starts_with("impl") {
            of_type = implemented(code).filter(|_| !code.ends_with('}'));
        } else if indent == 0 && code == "}" && function.is_none() {
            of_type = None;
        }
        let Some(reading) = &mut function else {
            if let Some(name) = function_name(code) {
                let full = of_type
                    .as_ref()
                    .map_or_else(|| name.to_owned(), |of_type| format!("{of_type}::{name}"));
                if code.ends_with('}') {
                    // A body on the line of its head.
                    let body = code.split_once('{').map_or("", |(_, body)| body.trim_start());
                    found.extend(fails(body).then_some(full));
                } else if !code.ends_with(';') {
                    function = Some(Function {
                        indent,
                        name: full,
                        in_body: code.ends_with('{'),
                        first: None,
                    });
                }
            }
            continue;
        };
        if indent == reading.indent && reading.in_body && code.starts_with('}') {
            if reading.first.as_deref().is_some_and(fails) {
                found.push(std::mem::take(&mut reading.name));
            }
            function = None;
        } else if indent == reading.indent && !reading.in_body {
            reading.in_body = code.ends_with('{');
            if code.ends_with(';') {
                function = None;
            }
        } else if reading.in_body && reading.first.is_none() && !code.is_empty() && !code.starts_with("//") {
            reading.first = Some(code.to_owned());
        }
    }
    found
}

/// Whether a body that begins with this fails.
fn fails(body: &str) -> bool {
    FAILS.iter().any(|mark| body.starts_with(mark))
}

/// The type that a block implements something for.
fn implemented(head: &str) -> Option<String> {
    let head = head.split('{').next()?;
    let of_type = match head.split_once(" for ") {
        Some((_, of_type)) => of_type,
        None => head.trim_start_matches("impl").trim_start(),
    };
    let end = of_type.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let name = &of_type[..end.unwrap_or(of_type.len())];
    (!name.is_empty()).then(|| name.to_owned())
}

/// The name of the function whose head begins here.
fn function_name(code: &str) -> Option<&str> {
    let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "unsafe "];
    let mut rest = code;
    while let Some(shorter) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    let name = rest.strip_prefix("fn ")?;
    let end = name.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
    Some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_tell_who_fails() {
        let text = "\
use crate::sys::unsupported;

pub struct Instant(Duration);

impl Instant {
    pub fn now() -> Instant {
        panic!(\"time not implemented on this platform\")
    }

    pub fn sub(&self) -> Option<Duration> {
        self.0.checked_sub(other.0)
    }

    pub unsafe fn new(_stack: usize) -> io::Result<Thread> {
        Err(io::Error::UNSUPPORTED_PLATFORM)
    }
}

impl io::Write for Stdout {
    fn flush(&mut self) -> io::Result<()> { Ok(()) }
    fn sync(&mut self) -> io::Result<()> { unsupported() }
}

pub fn open(
    path: &Path,
) -> io::Result<File> {
    unsupported()
}

pub fn yield_now() {
    // do nothing
}

pub fn none() -> Option<u64> {
    None
}

pub fn join_paths<I>(_paths: I) -> Result<OsString, JoinPathsError>
where
    I: Iterator,
{
    // Nobody knows how.
    Err(JoinPathsError)
}

impl Error for JoinPathsError {}

pub fn temp_dir() -> PathBuf {
    panic!(\"no files\")
}

pub fn set(name: &str) -> io::Result<()> {
    if name.is_empty() {
        return Err(EMPTY);
    }
    with(|all| all.insert(name)).map_err(|_| panic!(\"never\"))
}
";
        assert_eq!(
            failing(text),
            [
                "Instant::now",
                "Instant::new",
                "Stdout::sync",
                "open",
                "join_paths",
                "temp_dir"
            ]
        );
    }

    #[test]
    fn files_that_are_there_tell_what_is_not_served() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let write = |path: &str, text: &str| {
            let path = dir.path().join("std/src/sys").join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
            fs::write(path, text).expect("a file");
        };
        write("fs/unsupported.rs", "pub fn unlink() {\n    unsupported()\n}\n");
        write(
            "pal/wasm/mod.rs",
            "#[path = \"../unsupported/os.rs\"]\npub mod os;\n",
        );
        write("pal/unsupported/os.rs", "pub fn temp_dir() { panic!() }\n");
        let standard = Standard::read(dir.path());
        assert!(standard.has_threads());
        assert!(standard.fails("std::sys::fs::unsupported::unlink"));
        assert!(standard.fails("std::sys::pal::wasm::os::temp_dir"));
        assert!(!standard.serves("std::sys::fs::unsupported"));
        write("thread/unsupported.rs", "pub struct Thread(!);\n");
        assert!(!Standard::read(dir.path()).has_threads());
    }

    #[test]
    fn where_there_is_no_source_nothing_is_known() {
        assert!(!Standard::read(Path::new("/nowhere")).fails("std::sys::time::unsupported::Instant::now"));
    }
}
