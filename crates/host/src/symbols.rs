//! Source places of a module's code, from its debug information (DWARF in custom sections).
//!
//! wasmtime can look these up itself, but it parses the sections anew for every frame of every trap; here they are
//! parsed once a program, when the first backtrace is wanted.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use addr2line::Context;
use gimli::{Dwarf, EndianArcSlice, LittleEndian, Reader as _};
use parking_lot::Mutex;
use wasmparser::{Parser, Payload};

type Slice = EndianArcSlice<LittleEndian>;

/// The debug information of one module.
///
/// ```
/// use threadlink_host::Symbols;
///
/// let symbols = Symbols::of(b"\0asm\x01\0\0\0");
/// assert!(symbols.at(0).is_empty(), "there is none in an empty module");
/// ```
pub struct Symbols {
    sections: HashMap<String, Arc<[u8]>>,
    /// Where the contents of the code section begin: DWARF counts addresses from there.
    code: usize,
    /// Made at first use. Its own caches are not thread-safe.
    context: OnceLock<Option<Mutex<Context<Slice>>>>,
}

/// A function of the source, maybe inlined into another, and where in it the code stands.
///
/// ```no_run
/// # let (module, offset) = (vec![0_u8], 0);
/// for symbol in threadlink_host::Symbols::of(&module).at(offset) {
///     println!("{:?} at {:?}", symbol.name, symbol.place);
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Symbol {
    /// Its name, mangled as in the debug information.
    pub name: Option<String>,
    /// File, line and column, as far as they are known.
    pub place: Option<String>,
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols")
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl Symbols {
    /// Keeps the debug sections of a module, as far as it is well formed.
    #[must_use]
    pub fn of(module: &[u8]) -> Self {
        let mut sections = HashMap::new();
        let mut code = 0;
        for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
            match payload {
                Payload::CodeSectionStart { unchecked_range, .. } => {
                    code = usize::try_from(unchecked_range.start).unwrap_or(usize::MAX);
                }
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    sections.insert(section.name().to_owned(), section.data().into());
                }
                _ => {}
            }
        }
        Self {
            sections,
            code,
            context: OnceLock::new(),
        }
    }

    /// Whether there is any debug information.
    pub(crate) fn are_there(&self) -> bool {
        self.context.get_or_init(|| self.parse()).is_some()
    }

    /// What stands at an offset of the module, innermost inlined function first. Empty without debug information.
    #[must_use]
    pub fn at(&self, offset: usize) -> Vec<Symbol> {
        let Some(address) = offset
            .checked_sub(self.code)
            .and_then(|at| u64::try_from(at).ok())
        else {
            return Vec::new();
        };
        let Some(context) = self.context.get_or_init(|| self.parse()) else {
            return Vec::new();
        };
        let context = context.lock();
        let Ok(mut frames) = context.find_frames(address).skip_all_loads() else {
            return Vec::new();
        };
        let mut symbols = Vec::new();
        // Damaged debug information ends the list early; the function's name remains, from the name section.
        while let Ok(Some(frame)) = frames.next() {
            let name = frame
                .function
                .as_ref()
                .and_then(|name| name.raw_name().ok().map(Cow::into_owned));
            let place = frame.location.and_then(|location| {
                let file = location.file?;
                Some(match (location.line, location.column) {
                    (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
                    (Some(line), None) => format!("{file}:{line}"),
                    _ => file.to_owned(),
                })
            });
            symbols.push(Symbol { name, place });
        }
        symbols
    }

    /// The folder in which the code at an offset of the module was compiled: names of its files are relative to it as a rule.
    pub(crate) fn folder_at(&self, offset: usize) -> Option<String> {
        let address = u64::try_from(offset.checked_sub(self.code)?).ok()?;
        let context = self.context.get_or_init(|| self.parse()).as_ref()?.lock();
        let unit = context.find_dwarf_and_unit(address).skip_all_loads()?;
        let folder = unit.comp_dir.as_ref()?.to_string_lossy().ok()?;
        Some(folder.into_owned())
    }

    fn parse(&self) -> Option<Mutex<Context<Slice>>> {
        if self.sections.is_empty() {
            return None;
        }
        let section = |name: &str| {
            let bytes = self.sections.get(name).cloned().unwrap_or_else(|| Arc::from([]));
            Ok::<_, gimli::Error>(EndianArcSlice::new(bytes, LittleEndian))
        };
        let dwarf = Dwarf::load(|id| section(id.name())).ok()?;
        Context::from_dwarf(dwarf).ok().map(Mutex::new)
    }
}

/// The parts of `file:line:column`, of which a file's name may have colons.
pub(crate) fn parts(place: &str) -> Option<(String, u32, u32)> {
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file.to_owned(), line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_apart_from_its_end() {
        assert_eq!(parts(r"C:\a.rs:12:5"), Some((r"C:\a.rs".to_owned(), 12, 5)));
        assert_eq!(parts("a.rs:12"), None);
        assert_eq!(parts("a.rs:twelve:5"), None);
    }
}
