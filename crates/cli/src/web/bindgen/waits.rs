//! A page's own thread may not wait: `memory.atomic.wait32` traps there. So waits become calls of functions, which look at a
//! global of their instance; where it says so, they look at the word for a while, and then return as if somebody had woken them.
//! That is what code that waits has to reckon with anyway, and goes on with looking itself whether it has to wait again.
//!
//! It also keeps each wait alone in a function, where V8 11.3 loses nothing (`docs/web.md`).

use wasm_encoder::{
    BlockType, ConstExpr, Encode, Function, GlobalType, InstructionSink, MemArg, MemArgTarget, ValType,
};
use wasmparser::{FunctionBody, Operator, Result};

/// The exported global; 1 where waits are not allowed. `hosts/js/src/bindgen/page.js` sets it.
pub(super) const FLAG: &str = "__threadlink_cannot_wait";

/// How often a word is looked at before whoever waits is let go: some tens of microseconds.
const LOOKS: i32 = 1 << 14;

/// What a wait says: woken, or that the word has another value.
const WOKEN: i32 = 0;
const NOT_EQUAL: i32 = 1;

/// What is at the end of the module's own types, functions and globals: where ours begin.
pub(super) struct Waits {
    types: u32,
    functions: u32,
    globals: u32,
    used: bool,
}

/// What a module gets. Entries of a section go with their number.
pub(super) struct Made {
    pub(super) types: (u32, Vec<u8>),
    pub(super) functions: (u32, Vec<u8>),
    pub(super) globals: (u32, Vec<u8>),
    pub(super) bodies: Vec<Function>,
}

/// The two that there are, as numbers behind `functions`.
#[derive(Clone, Copy)]
enum Width {
    Four,
    Eight,
}

impl Waits {
    pub(super) fn new(types: u32, functions: u32, globals: u32) -> Waits {
        Waits {
            types,
            functions,
            globals,
            used: false,
        }
    }

    /// The code of a function in which waits are calls.
    pub(super) fn splice(&mut self, body: &FunctionBody<'_>) -> Result<Vec<u8>> {
        let original = body.as_bytes();
        let base = body.range().start;
        let place = |offset| usize::try_from(offset - base).unwrap_or(usize::MAX);
        let (mut bytes, mut copied) = (Vec::new(), 0);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let start = place(operators.original_position());
            let (width, memarg) = match operators.read()? {
                Operator::MemoryAtomicWait32 { memarg } => (Width::Four, memarg),
                Operator::MemoryAtomicWait64 { memarg } => (Width::Eight, memarg),
                _ => continue,
            };
            // Programs that are built here have one memory, of 32 bits.
            let Ok(offset) = u32::try_from(memarg.offset) else {
                continue;
            };
            self.used = true;
            bytes.extend_from_slice(&original[copied..start]);
            let mut code = InstructionSink::new(&mut bytes);
            code.i32_const(offset.cast_signed())
                .call(self.functions + width as u32);
            copied = place(operators.original_position());
        }
        bytes.extend_from_slice(&original[copied..]);
        Ok(bytes)
    }

    /// What those calls need; nothing if there are none.
    pub(super) fn made(&self) -> Option<Made> {
        if !self.used {
            return None;
        }
        let (mut types, mut functions, mut globals) = (Vec::new(), Vec::new(), Vec::new());
        let mut bodies = Vec::new();
        for width in [Width::Four, Width::Eight] {
            // func (address, expected, timeout, offset) -> outcome
            types.push(0x60);
            [ValType::I32, width.value(), ValType::I64, ValType::I32].encode(&mut types);
            [ValType::I32].encode(&mut types);
            (self.types + width as u32).encode(&mut functions);
            bodies.push(width.body(self.globals));
        }
        let flag = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        flag.encode(&mut globals);
        ConstExpr::i32_const(0).encode(&mut globals);
        Some(Made {
            types: (2, types),
            functions: (2, functions),
            globals: (1, globals),
            bodies,
        })
    }
}

impl Width {
    fn value(self) -> ValType {
        match self {
            Width::Four => ValType::I32,
            Width::Eight => ValType::I64,
        }
    }

    fn body(self, flag: u32) -> Function {
        let (address, expected, timeout, offset, looks) = (0, 1, 2, 3, 4);
        let word = |align| MemArg {
            offset: 0,
            align,
            target: MemArgTarget::Memory(0),
            ordering: None,
        };
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        // An address beyond the last one is out of bounds, and not at the beginning again.
        code.local_get(address)
            .local_get(offset)
            .i32_add()
            .local_tee(address);
        code.local_get(offset)
            .i32_lt_u()
            .if_(BlockType::Empty)
            .unreachable()
            .end();
        code.global_get(flag)
            .if_(BlockType::Empty)
            .loop_(BlockType::Empty);
        code.local_get(address);
        match self {
            Width::Four => code.i32_atomic_load(word(2)).local_get(expected).i32_ne(),
            Width::Eight => code.i64_atomic_load(word(3)).local_get(expected).i64_ne(),
        };
        code.if_(BlockType::Empty).i32_const(NOT_EQUAL).return_().end();
        code.local_get(looks).i32_const(1).i32_add().local_tee(looks);
        code.i32_const(LOOKS).i32_lt_u().br_if(0).end();
        code.i32_const(WOKEN).return_().end();
        code.local_get(address).local_get(expected).local_get(timeout);
        match self {
            Width::Four => code.memory_atomic_wait32(word(2)),
            Width::Eight => code.memory_atomic_wait64(word(3)),
        };
        code.end();
        function
    }
}
