//! Modules: anything at all, valid ones of every shape that may import what the ABI has, and those damaged.

use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use threadlink_abi::exports;
use threadlink_abi::imports::{ALL, Import, MEMORY, MEMORY_MODULE, Value};
use threadlink_host::{Engine, EngineConfig, LoadError};
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemoryType,
    Module, TypeSection, ValType,
};

use crate::damage::damage;

/// The largest module that is tried: this is about what may be in one, not about how large it may be.
const LARGEST: usize = 64 << 10;

/// Loads a module that follows from `data`.
///
/// # Panics
/// If something is wrong with the loader.
pub fn check(data: &[u8]) {
    load(data);
    let mut from = Unstructured::new(data);
    if let Ok(bytes) = shaped(&mut from) {
        load(&bytes);
    }
}

/// The engine of all inputs.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&EngineConfig::new()).expect("wasmtime works here"))
}

fn load(bytes: &[u8]) {
    if bytes.len() > LARGEST {
        return;
    }
    let Err(error) = engine().load(bytes) else {
        return;
    };
    let text = error.to_string();
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
    // Whatever the validator lets through, the engine takes, rewritten or not.
    assert!(!matches!(error, LoadError::Invalid { .. }), "{text}");
}

fn shaped(from: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let config = wasm_smith::Config {
        available_imports: Some(offered()),
        exports: Some(wanted()),
        min_imports: from.int_in_range(0..=8)?,
        threads_enabled: true,
        memory64_enabled: from.ratio(1, 8)?,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        max_instructions: 200,
        max_funcs: 20,
        ..wasm_smith::Config::default()
    };
    let damaged = from.ratio(1, 4)?;
    let mut bytes = wasm_smith::Module::new(config, from)?.to_bytes();
    if damaged {
        damage(&mut bytes, from)?;
    }
    Ok(bytes)
}

/// A module that imports all that there is.
fn offered() -> Vec<u8> {
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    for (index, import) in (0..).zip(ALL) {
        let (params, results) = signature(import);
        types.ty().function(params, results);
        imports.import(import.module, import.name, EntityType::Function(index));
    }
    let memory = MemoryType {
        minimum: 1,
        maximum: Some(16),
        memory64: false,
        shared: true,
        page_size_log2: None,
    };
    imports.import(MEMORY_MODULE, MEMORY, memory);
    let mut module = Module::new();
    module.section(&types).section(&imports);
    module.finish()
}

/// A module that exports what a program has to.
fn wanted() -> Vec<u8> {
    let (mut types, mut functions, mut code) =
        (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([], []);
    types.ty().function([ValType::I32], []);
    let mut names = ExportSection::new();
    for (index, name) in (0..).zip([exports::START, exports::THREAD_START]) {
        functions.function(index);
        let mut body = Function::new([]);
        body.instructions().end();
        code.function(&body);
        names.export(name, ExportKind::Func, index);
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&names)
        .section(&code);
    module.finish()
}

/// The type of an import in the encoder's terms.
pub(crate) fn signature(import: &Import) -> (Vec<ValType>, Vec<ValType>) {
    let value = |value: &Value| match value {
        Value::I32 => ValType::I32,
        Value::I64 => ValType::I64,
    };
    (
        import.params.iter().map(value).collect(),
        import.result.iter().map(value).collect(),
    )
}
