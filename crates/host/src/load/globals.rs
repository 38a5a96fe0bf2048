//! The mutable globals of a module: what an instance carries from one thread to the next, if nobody puts it back.

use wasmparser::{Global, Operator, ValType};

/// How many a module may have whose instances are put back: each costs every thread a store.
const MOST: usize = 4;

/// The mutable globals of one module.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    found: Vec<Mutable>,
    /// One that cannot be put back, or too many of them.
    beyond: bool,
}

#[derive(Debug, Clone, Copy)]
struct Mutable {
    index: u32,
    /// What it is in a new instance, if that is a constant of 32 bits.
    initial: Option<u32>,
    is_tls_base: bool,
}

/// Those of which an embedder sees all, in their order: a copy of the module exports them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shown([Option<u32>; MOST]);

impl Shown {
    /// Their indices.
    pub(crate) fn indices(self) -> impl Iterator<Item = u32> {
        self.0.into_iter().flatten()
    }
}

/// The stack pointer of a module, as far as it can be told from the other globals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StackPointer {
    /// Its place among those that are [`Shown`].
    pub(crate) place: usize,
    /// What it is in a new instance: the end of the main thread's stack.
    pub(crate) top: u32,
}

impl Globals {
    /// Takes note of a global that the module defines.
    pub(super) fn note(&mut self, index: usize, global: &Global<'_>) {
        if !global.ty.mutable {
            return;
        }
        let is_number = matches!(
            global.ty.content_type,
            ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64
        );
        match u32::try_from(index) {
            Ok(index) if is_number && self.found.len() < MOST => self.found.push(Mutable {
                index,
                initial: initial(global),
                is_tls_base: false,
            }),
            _ => self.beyond = true,
        }
    }

    /// One that the module imports cannot be put back: others may use it.
    pub(super) fn import(&mut self, mutable: bool) {
        self.beyond |= mutable;
    }

    /// Takes note of the name of an exported one.
    pub(super) fn exported(&mut self, index: u32, name: &str) {
        for global in &mut self.found {
            global.is_tls_base |= global.index == index && name == "__tls_base";
        }
    }

    /// Whether they can be put back, all of them.
    pub(super) fn can_be_put_back(&self) -> bool {
        !self.beyond
    }

    /// Those that are to be shown: all or none.
    pub(super) fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        if self.can_be_put_back() {
            for (place, global) in shown.0.iter_mut().zip(&self.found) {
                *place = Some(global.index);
            }
        }
        shown
    }

    /// The stack pointer of a module that the threadlink crate is in: what the linker makes has one mutable global besides
    /// the address of thread-local storage.
    pub(super) fn stack_pointer(&self) -> Option<StackPointer> {
        let mut others = self
            .found
            .iter()
            .enumerate()
            .filter(|(_, global)| !global.is_tls_base);
        match (others.next(), others.next(), self.beyond) {
            (Some((place, global)), None, false) => Some(StackPointer {
                place,
                top: global.initial?,
            }),
            _ => None,
        }
    }
}

fn initial(global: &Global<'_>) -> Option<u32> {
    let mut operators = global.init_expr.get_operators_reader();
    match (operators.read(), operators.read()) {
        (Ok(Operator::I32Const { value }), Ok(Operator::End)) => Some(value.cast_unsigned()),
        _ => None,
    }
}
