//! What a module tells other hosts of places in the source: a table in a section of its own, since they read no debug information,
//! and a copy's would be wrong. It has what [`Symbols`] says of each instruction that a backtrace can stop at.
//!
//! Numbers are LEB128, texts have their length before them. First comes the [`VERSION`], then three lists with their lengths:
//!
//! 1. texts: names of functions and of files;
//! 2. frames: the function's name, or 0 for the one that the engine has; the file, or 0; how many bytes of its name are the folder
//!    that it was compiled in; line and column, or 0; 1 if it is std's or the runtime's, else 0; the frame that it was inlined
//!    into, or 0;
//! 3. where in the module another frame begins: bytes since the last such place, and the frame, or 0 where there is none.
//!
//! Texts and frames count from 1. `hosts/js/src/places.js` reads it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{BinaryReaderError, FunctionBody, KnownCustom, Name, Operator, Parser, Payload};

use crate::backtrace::origin::{demangle, is_machinery};
use crate::symbols::{Symbol, Symbols, parts};

/// The name of the section.
const SECTION: &str = "threadlink:places";
/// Of this layout.
const VERSION: u32 = 1;

/// A function of the source, maybe inlined into another one. Texts and frames by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Frame {
    name: u32,
    file: u32,
    folder: u32,
    line: u32,
    column: u32,
    machinery: bool,
    outer: u32,
}

/// Different things in the order in which they came, each with its number.
struct Numbered<T> {
    numbers: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            all: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn number(&mut self, thing: T) -> u32 {
        if let Some(&number) = self.numbers.get(&thing) {
            return number;
        }
        self.all.push(thing.clone());
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.numbers.insert(thing, number);
        number
    }
}

/// Adds the section to `module`. `original` says where what stands there stood in the module that `symbols` speak of.
pub(super) fn add(
    module: &mut Vec<u8>,
    original: impl Fn(usize) -> usize,
    symbols: &Symbols,
) -> Result<(), BinaryReaderError> {
    let mut table = Table {
        symbols,
        original,
        texts: Numbered::default(),
        frames: Numbered::default(),
        begins: Vec::new(),
    };
    table.fill(module)?;
    let data = table.written();
    CustomSection {
        name: Cow::Borrowed(SECTION),
        data: Cow::Borrowed(&data),
    }
    .append_to(module);
    Ok(())
}

struct Table<'a, F> {
    symbols: &'a Symbols,
    original: F,
    texts: Numbered<String>,
    frames: Numbered<Frame>,
    /// Where a frame begins.
    begins: Vec<(usize, u32)>,
}

impl<F: Fn(usize) -> usize> Table<'_, F> {
    fn fill(&mut self, module: &[u8]) -> Result<(), BinaryReaderError> {
        let names = names(module);
        let mut function = imported(module)?;
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CodeSectionEntry(body) = payload? else {
                continue;
            };
            self.function(&body, names.get(&function).map_or("", String::as_str))?;
            function = function.saturating_add(1);
        }
        Ok(())
    }

    fn function(&mut self, body: &FunctionBody<'_>, name: &str) -> Result<(), BinaryReaderError> {
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let at = usize::try_from(operators.original_position()).unwrap_or(usize::MAX);
            if is_never_told(&operators.read()?) {
                continue;
            }
            let frame = self.at(at, name);
            if self.begins.last().is_none_or(|last| last.1 != frame) {
                self.begins.push((at, frame));
            }
        }
        Ok(())
    }

    /// The number of the innermost frame of what stands at this offset, in a function that is called so.
    fn at(&mut self, offset: usize, name: &str) -> u32 {
        let original = (self.original)(offset);
        let found = self.symbols.at(original);
        if found.is_empty() {
            // Whose it is tells the name alone; the name itself the engine has.
            let machinery = is_machinery(name, None);
            return if machinery { self.bare(machinery) } else { 0 };
        }
        let folder = self.symbols.folder_at(original).unwrap_or_default();
        let outermost_first = found.into_iter().rev();
        outermost_first.fold(0, |outer, symbol| self.frame(&symbol, name, &folder, outer))
    }

    fn bare(&mut self, machinery: bool) -> u32 {
        self.frames.number(Frame {
            name: 0,
            file: 0,
            folder: 0,
            line: 0,
            column: 0,
            machinery,
            outer: 0,
        })
    }

    fn frame(&mut self, symbol: &Symbol, function: &str, folder: &str, outer: u32) -> u32 {
        let place = symbol.place.as_deref();
        let name = symbol.name.as_deref().map(demangle);
        let machinery = is_machinery(name.as_deref().unwrap_or(function), place);
        // What is no file with line and column is shown as it is.
        let (file, line, column) = match place.map(|place| (place, parts(place))) {
            Some((_, Some((file, line, column)))) => (Some(file), line, column),
            Some((place, None)) => (Some(place.to_owned()), 0, 0),
            None => (None, 0, 0),
        };
        let within = file
            .as_deref()
            .filter(|_| !folder.is_empty())
            .and_then(|file| file.strip_prefix(folder))
            .map(|rest| rest.trim_start_matches(['/', '\\']).len());
        let folder = match (&file, within) {
            (Some(file), Some(rest)) => file.len() - rest,
            _ => 0,
        };
        let frame = Frame {
            name: name.map_or(0, |name| self.texts.number(name)),
            file: file.map_or(0, |file| self.texts.number(file)),
            folder: u32::try_from(folder).unwrap_or(0),
            line,
            column,
            machinery,
            outer,
        };
        self.frames.number(frame)
    }

    fn written(&self) -> Vec<u8> {
        let mut data = Vec::new();
        VERSION.encode(&mut data);
        self.texts.all.len().encode(&mut data);
        for text in &self.texts.all {
            text.as_str().encode(&mut data);
        }
        self.frames.all.len().encode(&mut data);
        for frame in &self.frames.all {
            let Frame {
                name,
                file,
                folder,
                line,
                column,
                machinery,
                outer,
            } = *frame;
            for number in [name, file, folder, line, column, u32::from(machinery), outer] {
                number.encode(&mut data);
            }
        }
        self.begins.len().encode(&mut data);
        let mut last = 0;
        for (at, frame) in &self.begins {
            (at - last).encode(&mut data);
            frame.encode(&mut data);
            last = *at;
        }
        data
    }
}

/// Whether no backtrace stops at this instruction, which calls nothing and never traps: the most frequent of such.
fn is_never_told(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::GlobalGet { .. }
            | Operator::GlobalSet { .. }
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::I32Add
            | Operator::I32Sub
            | Operator::I32And
            | Operator::I32Eq
            | Operator::I32Eqz
            | Operator::I32Ne
            | Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::Return
            | Operator::Drop
            | Operator::Select
    )
}

/// How many functions a module imports.
fn imported(module: &[u8]) -> Result<u32, BinaryReaderError> {
    let mut count = 0_u32;
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(section) = payload? else {
            continue;
        };
        for import in section.into_imports() {
            let is_function = matches!(
                import?.ty,
                wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_)
            );
            count = count.saturating_add(u32::from(is_function));
        }
    }
    Ok(count)
}

/// The names of functions, as far as they can be read.
fn names(module: &[u8]) -> HashMap<u32, String> {
    let mut found = HashMap::new();
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        let KnownCustom::Name(names) = section.as_known() else {
            continue;
        };
        for part in names.into_iter().map_while(Result::ok) {
            let Name::Function(functions) = part else { continue };
            let functions = functions.into_iter().map_while(Result::ok);
            found.extend(functions.map(|naming| (naming.index, demangle(naming.name))));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_alone_tell_whose_code_it_is() {
        let mut module = wat::parse_str(
            r#"(module
                (import "a" "b" (func $b))
                (func $std::thread::sleep (nop) (call $b) (call $b))
                (func $mine::f (call $b))
                (func $core::f (call $b)))"#,
        )
        .unwrap();
        let before = module.clone();
        add(&mut module, |at| at, &Symbols::of(&before)).unwrap();
        assert!(wasmparser::validate(&module).is_ok());
        assert!(module.starts_with(&before));
        let Some(Payload::CustomSection(section)) = Parser::new(0)
            .parse_all(&module)
            .map(Result::unwrap)
            .filter(|payload| matches!(payload, Payload::CustomSection(_)))
            .last()
        else {
            panic!("there is no section");
        };
        assert_eq!(section.name(), SECTION);
        // No texts; one frame that is std's; three places where another begins.
        let data = section.data();
        assert_eq!(data[..4], [1, 0, 1, 0], "{data:?}");
        assert_eq!(data[4..10], [0, 0, 0, 0, 1, 0], "{data:?}");
        let (count, places) = (data[10], &data[11..]);
        assert_eq!((count, places.len()), (3, 6), "{data:?}");
        assert_eq!([places[1], places[3], places[5]], [1, 0, 1], "{data:?}");
        // From the first instruction to that of the next function, over two calls and more.
        assert!(places[2] > 4 && places[4] > 2, "{data:?}");
    }
}
