//! A copy of a module, section by section, as all copies are made. wasm-encoder's reencoder walks the module and follows every
//! function index outside code; what a copy has besides, and what becomes of the code of a function, its [`Additions`] say.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ExportSection, FunctionSection, GlobalSection, ImportSection, Module, NameMap, NameSection,
    SectionId, TypeSection,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, FunctionBody, FunctionSectionReader,
    GlobalSectionReader, ImportSectionReader, KnownCustom, Name, NameSectionReader, Parser,
    TypeSectionReader,
};

use super::offsets::OffsetMap;

pub(crate) type Result<T> = std::result::Result<T, Error<Infallible>>;

/// What a copy has that its original has not. All of it stands behind what that has.
pub(crate) trait Additions {
    /// The index in the copy of what stands for a function of the original.
    fn moved(&self, function: u32) -> u32;

    /// The index in the copy of a function of the original, whatever stands for it: that has its name.
    fn shifted(&self, function: u32) -> u32 {
        self.moved(function)
    }

    fn types(&self, _types: &mut TypeSection) {}

    fn imports(&self, _imports: &mut ImportSection) {}

    fn functions(&self, _functions: &mut FunctionSection) {}

    fn globals(&self, _globals: &mut GlobalSection) {}

    fn exports(&self, _exports: &mut ExportSection) {}

    /// Adds the code of the function of this number of those that the original defines.
    fn body(&mut self, number: u32, function: &FunctionBody<'_>, code: &mut Code<'_>) -> Result<()>;

    /// How many bodies stand behind those of the original.
    fn more(&self) -> u32 {
        0
    }

    /// Adds these.
    fn more_bodies(&mut self, _code: &mut Code<'_>) {}
}

/// Makes the copy of a valid module: its bytes, and where its code stood.
pub(crate) fn copy(module: &[u8], additions: &mut impl Additions) -> Result<(Vec<u8>, OffsetMap)> {
    let mut copier = Copier {
        additions,
        offsets: OffsetMap::default(),
        code_at: 0,
    };
    let mut copy = Module::new();
    copier.parse_core_module(&mut copy, Parser::new(0), module)?;
    Ok((copy.finish(), copier.offsets))
}

/// The code of a copy, as it is made.
pub(crate) struct Code<'a> {
    section: &'a mut CodeSection,
    offsets: &'a mut OffsetMap,
    /// Where the contents of the original's section begin.
    start: u64,
    /// Bytes of the number of bodies, with which the contents of the copy's begin.
    count: usize,
}

impl Code<'_> {
    /// Adds a body. Its pieces each begin somewhere in it, and stood somewhere in the original.
    pub(crate) fn add(&mut self, bytes: &[u8], pieces: &[(usize, u64)]) {
        // Each body begins with its length.
        let at = self.count + self.section.byte_len() + length_of(clamped(bytes.len() as u64));
        self.section.raw(bytes);
        for (copy, original) in pieces {
            self.offsets
                .push(clamped((at + copy) as u64), clamped(original - self.start));
        }
    }

    /// What takes bodies that stood nowhere.
    pub(crate) fn section(&mut self) -> &mut CodeSection {
        self.section
    }
}

struct Copier<'a, A> {
    additions: &'a mut A,
    offsets: OffsetMap,
    /// Where the code section of the copy begins.
    code_at: usize,
}

impl<A: Additions> Reencode for Copier<'_, A> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32> {
        Ok(self.additions.moved(function))
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Result<()> {
        utils::parse_type_section(self, types, section)?;
        self.additions.types(types);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_import_section(self, imports, section)?;
        self.additions.imports(imports);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_function_section(self, functions, section)?;
        self.additions.functions(functions);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_global_section(self, globals, section)?;
        self.additions.globals(globals);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_export_section(self, exports, section)?;
        self.additions.exports(exports);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<()> {
        if before == Some(SectionId::Code) {
            self.code_at = module.as_slice().len();
        }
        Ok(())
    }

    fn parse_code_section(&mut self, section: &mut CodeSection, reader: CodeSectionReader<'_>) -> Result<()> {
        let start = reader.range().start;
        let count = length_of(reader.count().saturating_add(self.additions.more()));
        let mut code = Code {
            section,
            offsets: &mut self.offsets,
            start,
            count,
        };
        for (number, function) in (0..).zip(reader) {
            self.additions.body(number, &function?, &mut code)?;
        }
        self.additions.more_bodies(&mut code);
        let len = clamped((count + section.byte_len()) as u64);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        self.offsets.place(self.code_at + 1 + length_of(len), start);
        Ok(())
    }

    /// Only names: debug information and test records are read from the original, and what else there may be (hints for
    /// branches, say) would speak of offsets that are no more.
    fn parse_custom_section(&mut self, module: &mut Module, section: CustomSectionReader<'_>) -> Result<()> {
        if let KnownCustom::Name(names) = section.as_known() {
            module.section(&self.function_names(names));
        }
        Ok(())
    }
}

impl<A: Additions> Copier<'_, A> {
    /// The names of functions, which backtraces show. A damaged section is no reason to refuse a module: names are kept
    /// as far as they can be read.
    fn function_names(&self, section: NameSectionReader<'_>) -> NameSection {
        let mut names = NameSection::new();
        for part in section.into_iter().map_while(std::result::Result::ok) {
            let Name::Function(functions) = part else { continue };
            let mut map = NameMap::new();
            for function in functions.into_iter().map_while(std::result::Result::ok) {
                map.append(self.additions.shifted(function.index), function.name);
            }
            names.functions(&map);
        }
        names
    }
}

/// A number of a format that has 32 bits for it.
fn clamped(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Bytes of a number in LEB128.
fn length_of(value: u32) -> usize {
    let bits = (u32::BITS - value.leading_zeros()).max(1);
    bits.div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_length_of_their_encoding() {
        for (value, length) in [(0, 1), (127, 1), (128, 2), (16383, 2), (16384, 3), (u32::MAX, 5)] {
            assert_eq!(length_of(value), length, "{value}");
        }
    }
}
