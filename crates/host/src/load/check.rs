//! Does a module's shape fit the ABI? The first mismatch is the error.

use std::collections::HashMap;
use std::sync::Arc;

use threadlink_abi::imports::{self as abi, Import as Provided};
use threadlink_abi::{Hook, exports, layout};
use wasmparser::{FuncType, MemoryType, ValType};

use super::LoadError;
use super::globals::StackPointer;
use super::rewrite::calls;
use super::shape::{Import, Item, Shape};
use super::signature;
use crate::imports::{Function, Imported, Imports};
use crate::numbers::Signature;

/// Bytes of a wasm page.
pub(crate) const PAGE: u64 = 65536;

/// What the runner needs to know of a module that passed.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Pages that the memory starts with.
    pub(crate) memory_minimum: u32,
    /// Pages that it may grow to, the host's limit included.
    pub(crate) memory_maximum: u32,
    /// Pages that it may grow to by what the module says.
    pub(crate) memory_declared: u32,
    /// Whether the module has the descriptor, and so starts its own threads.
    pub(crate) has_descriptor: bool,
    /// Whether an instance that ran one thread can run another, once its globals are put back.
    pub(crate) reusable: bool,
    /// Which of the globals that are shown is the stack pointer, if the module is one of ours.
    pub(crate) stack_pointer: Option<StackPointer>,
    /// Bytes of the host's that each instance takes, tables aside, at a guess that is high.
    pub(crate) instance_size: usize,
    /// Whether the module calls the lock hooks.
    pub(crate) hooks: bool,
    /// Exported functions over numbers: what `--invoke` can name.
    pub(crate) entry_points: Vec<String>,
    /// The embedder's functions that it imports.
    pub(crate) imported: Vec<Arc<Imported>>,
    /// Every exported function, with the index of its type.
    functions: HashMap<Box<str>, u32>,
    types: Vec<Option<FuncType>>,
}

impl Facts {
    /// The type of an exported function as messages show it.
    pub(crate) fn exported_function(&self, name: &str) -> Option<String> {
        let ty = *self.functions.get(name)?;
        Some(text_of(&self.types, ty))
    }

    /// The type of an exported function, if it has numbers only.
    pub(crate) fn signature(&self, name: &str) -> Option<Signature> {
        let ty = *self.functions.get(name)?;
        self.types.get(ty as usize)?.as_ref().and_then(Signature::of)
    }
}

fn text_of(types: &[Option<FuncType>], ty: u32) -> String {
    let known = types.get(ty as usize).and_then(Option::as_ref);
    known.map_or_else(|| "(unknown type)".to_owned(), signature::text)
}

/// Checks `shape` against the ABI and the embedder's functions. `max_memory` is the embedder's limit in bytes.
pub(crate) fn check(shape: Shape<'_>, max_memory: u64, imports: &Imports) -> Result<Facts, LoadError> {
    let memory = check_memory(&shape)?;
    let minimum = memory.initial.saturating_mul(PAGE);
    if minimum > max_memory {
        return Err(LoadError::MemoryTooLarge {
            wanted: minimum,
            limit: max_memory,
        });
    }
    let declared = memory.maximum.ok_or(LoadError::MemoryNoMaximum)?;
    let maximum = declared.min(max_memory / PAGE);
    let mut imported: Vec<Arc<Imported>> = Vec::new();
    for import in &shape.imports {
        match imports.find(import.module, import.name) {
            Some(function) => check_custom(&shape, import, function, &mut imported)?,
            None => check_import(&shape, import)?,
        }
    }
    let spawns = does_import(&shape, abi::THREAD_CREATE);
    check_thread_start(&shape, spawns)?;
    let has_descriptor = find(&shape, layout::DESCRIPTOR_EXPORT).is_some();
    if spawns && !has_descriptor && find(&shape, exports::LINKER_EXPORTS[0]).is_some() {
        return Err(LoadError::NeedsPatching);
    }
    // Once a type: a module may export one with a thousand parameters a hundred thousand times.
    let has_numbers_only = |ty: &Option<FuncType>| ty.as_ref().is_some_and(Signature::is_of);
    let numbers_only: Vec<bool> = shape.types.iter().map(has_numbers_only).collect();
    let is_entry = |ty: u32| numbers_only.get(ty as usize).is_some_and(|only| *only);
    let mut functions = HashMap::new();
    let mut entry_points = Vec::new();
    for export in &shape.exports {
        let Item::Function(ty) = export.item else { continue };
        functions.insert(export.name.into(), ty);
        if is_entry(ty) && !export.name.starts_with("__") && export.name != exports::THREAD_START {
            entry_points.push(export.name.to_owned());
        }
    }
    Ok(Facts {
        memory_minimum: pages(memory.initial),
        memory_maximum: pages(maximum),
        memory_declared: pages(declared),
        has_descriptor,
        reusable: shape.globals_can_be_put_back && !shape.instances_change,
        stack_pointer: shape.stack_pointer,
        instance_size: shape.instance_size,
        hooks: Hook::ALL.iter().any(|hook| does_import(&shape, hook.import())),
        entry_points,
        imported,
        functions,
        types: shape.types,
    })
}

/// Bytes that the memory of a module may reach that has these, as [`Facts::memory_maximum`] will say.
pub(crate) fn memory_maximum(memories: &[MemoryType], max_memory: u64) -> u64 {
    let declared = memories.first().and_then(|memory| memory.maximum);
    u64::from(pages(declared.unwrap_or(0).min(max_memory / PAGE))) * PAGE
}

fn pages(count: u64) -> u32 {
    u32::try_from(count.min(PAGE)).unwrap_or(u32::MAX)
}

fn find<'a>(shape: &'a Shape<'_>, name: &str) -> Option<&'a Item> {
    shape
        .exports
        .iter()
        .find(|export| export.name == name)
        .map(|export| &export.item)
}

fn does_import(shape: &Shape<'_>, wanted: Provided) -> bool {
    shape
        .imports
        .iter()
        .any(|import| import.module == wanted.module && import.name == wanted.name)
}

fn check_memory(shape: &Shape<'_>) -> Result<MemoryType, LoadError> {
    if shape.memory64 {
        return Err(LoadError::Memory64);
    }
    let imported = shape.imports.iter().filter_map(|import| match &import.item {
        Item::Memory(memory) => Some((import, *memory)),
        _ => None,
    });
    let imported: Vec<_> = imported.collect();
    let refused = |found: &str| LoadError::MemoryNotImported {
        found: found.to_owned(),
    };
    let [(import, memory)] = imported.as_slice() else {
        return Err(refused(match (imported.len(), shape.own_memories) {
            (0, 0) => "has no memory",
            (0, _) => "defines its own memory",
            _ => "imports several memories",
        }));
    };
    if (import.module, import.name) != (abi::MEMORY_MODULE, abi::MEMORY) {
        return Err(refused(&format!(
            "imports its memory as `{}.{}`",
            import.module, import.name
        )));
    }
    if shape.own_memories > 0 {
        return Err(refused("defines a second memory of its own"));
    }
    if !memory.shared {
        return Err(LoadError::MemoryNotShared);
    }
    Ok(*memory)
}

fn check_import(shape: &Shape<'_>, import: &Import<'_>) -> Result<(), LoadError> {
    if matches!(import.item, Item::Memory(_)) {
        return Ok(());
    }
    let Some(provided) = Provided::find(import.module, import.name) else {
        return Err(LoadError::UnknownImport {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            hint: hint(import.module).to_owned(),
        });
    };
    if let Item::Function(ty) = import.item
        && let Some(ty) = shape.function_type(ty)
        && signature::fits(ty, provided)
    {
        return Ok(());
    }
    Err(LoadError::ImportType {
        module: import.module.to_owned(),
        name: import.name.to_owned(),
        found: describe(shape, import.item),
        expected: provided.to_string(),
    })
}

/// Checks an import that the embedder has a function for, and takes note of it.
fn check_custom(
    shape: &Shape<'_>,
    import: &Import<'_>,
    function: &Function,
    imported: &mut Vec<Arc<Imported>>,
) -> Result<(), LoadError> {
    let fits = match import.item {
        Item::Function(ty) => shape
            .function_type(ty)
            .is_some_and(|ty| function.signature.fits(ty)),
        _ => false,
    };
    if !fits {
        return Err(LoadError::CustomImportType {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            found: describe(shape, import.item),
            expected: function.signature.to_string(),
        });
    }
    // A module may import a function more than once.
    let same = |known: &Arc<Imported>| known.module == import.module && known.name == import.name;
    if !imported.iter().any(same) {
        imported.push(Arc::new(Imported {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            function: function.clone(),
        }));
    }
    Ok(())
}

fn check_thread_start(shape: &Shape<'_>, spawns: bool) -> Result<(), LoadError> {
    let Some(item) = find(shape, exports::THREAD_START) else {
        return if spawns {
            Err(LoadError::MissingExport {
                name: exports::THREAD_START,
            })
        } else {
            Ok(())
        };
    };
    if let Item::Function(ty) = *item
        && let Some(ty) = shape.function_type(ty)
        && ty.params() == [ValType::I32]
        && ty.results().is_empty()
    {
        return Ok(());
    }
    Err(LoadError::ExportType {
        name: exports::THREAD_START.to_owned(),
        found: describe(shape, *item),
        expected: "(i32) -> ()".to_owned(),
    })
}

fn describe(shape: &Shape<'_>, item: Item) -> String {
    match item {
        Item::Function(ty) => text_of(&shape.types, ty),
        Item::Memory(_) => "a memory".to_owned(),
        Item::Global { mutable: true } => "a mutable global".to_owned(),
        Item::Global { mutable: false } => "a global".to_owned(),
        Item::Other(kind) => kind.to_owned(),
    }
}

fn hint(module: &str) -> &'static str {
    match module {
        abi::CORE_MODULE | abi::EXT_MODULE => {
            "the threadlink crate is newer than this host; use the threadlink command of the same release"
        }
        "wasi_snapshot_preview1" | "wasi" => {
            "that is WASI; build for wasm32-unknown-unknown, not for a wasi target"
        }
        "__wbindgen_placeholder__" | "wbg" => {
            "that comes from wasm-bindgen; turn off the dependency's feature for JavaScript (often named \"js\" or \
             \"wasm-bindgen\")"
        }
        "env" => "an `extern` function was left undefined at link time; define it, or remove the call",
        calls::MODULE => {
            "it is a copy for the host in JavaScript, as `threadlink build --web` puts it into packages; run the module that \
             `threadlink build` makes"
        }
        _ => "remove what imports it, or run the module on a host that has it",
    }
}
