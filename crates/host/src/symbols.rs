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

/// How deep functions, blocks and what is inlined there may lie in each other: the library that reads them calls itself for each. No
/// compiler comes to a third of it.
const DEEPEST: isize = 300;
/// How many units there may be. Each place is looked up in all that say that they have it.
const UNITS: usize = 50_000;

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
        if !is_bounded(&dwarf) {
            return None;
        }
        Context::from_dwarf(dwarf).ok().map(Mutex::new)
    }
}

/// Whether reading it takes no more than it may. Where it is damaged, nobody reads on.
fn is_bounded(dwarf: &Dwarf<Slice>) -> bool {
    let mut units = dwarf.units();
    let mut count = 0;
    while let Ok(Some(header)) = units.next() {
        count += 1;
        let Ok(abbreviations) = dwarf.abbreviations(&header) else {
            continue;
        };
        let Ok(mut entries) = header.entries_raw(&abbreviations, None) else {
            continue;
        };
        // More ends than beginnings make a depth below 0, from which it can go down as well.
        let mut lowest = 0;
        while !entries.is_empty() {
            lowest = entries.next_depth().min(lowest);
            if entries.next_depth() - lowest > DEEPEST {
                return false;
            }
            let skipped = match entries.read_abbreviation() {
                Ok(Some(abbreviation)) => entries.skip_attributes(abbreviation.attributes()),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if skipped.is_err() {
                break;
            }
        }
    }
    count <= UNITS
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

    /// A custom section.
    fn section(name: &str, data: &[u8]) -> Vec<u8> {
        let number = |mut number: usize| {
            let mut bytes = Vec::new();
            while number > 0x7F {
                bytes.push((number & 0x7F) as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
            bytes
        };
        let body = [&number(name.len()), name.as_bytes(), data].concat();
        [&[0], &number(body.len())[..], &body].concat()
    }

    /// A module whose debug information has a unit of these entries, so many times. 1 is a function `f`, 2 something inlined;
    /// 0 ends what is in one.
    fn module(entries: &[u8], times: usize) -> Vec<u8> {
        let abbreviations = [
            // A unit, of code from 0 to FF.
            &[1, 0x11, 1, 0x11, 0x01, 0x12, 0x0B, 0, 0][..],
            &[2, 0x2E, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x0B, 0, 0],
            &[3, 0x1D, 1, 0x11, 0x01, 0x12, 0x0B, 0, 0, 0],
        ]
        .concat();
        let mut unit = [&[4, 0, 0, 0, 0, 0, 4, 1][..], &[0; 4], &[0xFF]].concat();
        for entry in entries {
            match entry {
                1 => unit.extend([2, b'f', 0, 0, 0, 0, 0, 0xFF]),
                2 => unit.extend([3, 0, 0, 0, 0, 0xFF]),
                _ => unit.push(0),
            }
        }
        unit.push(0);
        let length = u32::try_from(unit.len()).unwrap().to_le_bytes();
        let units = [&length[..], &unit].concat().repeat(times);
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(".debug_abbrev", &abbreviations),
            section(".debug_info", &units),
        ]
        .concat()
    }

    fn nested(deep: usize) -> Vec<u8> {
        [&[1][..], &vec![2; deep], &vec![0; deep + 1]].concat()
    }

    #[test]
    fn what_is_inlined_too_deep_ends_nobody() {
        // As deep as compilers come to: all are told.
        let symbols = Symbols::of(&module(&nested(90), 1));
        assert_eq!(symbols.at(16).len(), 91);
        for deep in [500, 200_000] {
            let symbols = Symbols::of(&module(&nested(deep), 1));
            assert!(symbols.at(16).is_empty() && !symbols.are_there(), "{deep}");
            let below = [vec![0; deep], nested(deep)].concat();
            assert!(!Symbols::of(&module(&below, 1)).are_there(), "{deep}");
        }
        // Just what is allowed, on a stack as threads of programs have.
        let most = usize::try_from(DEEPEST).unwrap() - 2;
        let symbols = Symbols::of(&module(&nested(most), 1));
        assert_eq!(symbols.at(16).len(), most + 1);
    }

    #[test]
    fn there_are_only_so_many_units() {
        assert!(Symbols::of(&module(&nested(0), 100)).are_there());
        assert!(!Symbols::of(&module(&nested(0), UNITS + 1)).are_there());
    }

    #[test]
    fn a_place_is_taken_apart_from_its_end() {
        assert_eq!(parts(r"C:\a.rs:12:5"), Some((r"C:\a.rs".to_owned(), 12, 5)));
        assert_eq!(parts("a.rs:12"), None);
        assert_eq!(parts("a.rs:twelve:5"), None);
    }
}
