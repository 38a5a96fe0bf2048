//! What shortcuts are made of: their globals, and how code reads the words of guests.

use threadlink_abi::Hook;
use threadlink_abi::layout::block;
use wasm_encoder::{GlobalType, InstructionSink, MemArg, MemArgTarget, ValType};

use super::super::calls::MODULE;
use super::places::Shortcuts;

/// A global of the shortcuts, 32 bits, 0 in a new instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// The address of the thread's control block, or 0 to have the host told of everything.
    Block,
    /// What stands for the thread: its id plus one.
    Thread,
    /// Not 0 while the host knows of a wait whose end it was not told.
    Told,
    /// Not 0 from the beginning of a wait for a token to its end.
    Parked,
    /// Where the thread's page in the rings' memory begins; 0 where nothing is recorded.
    Page,
}

impl Word {
    pub(crate) const ALL: [Self; 5] = [Self::Block, Self::Thread, Self::Told, Self::Parked, Self::Page];

    pub(super) const TYPE: GlobalType = GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    };

    /// The export by which a copy shows it.
    pub(crate) fn name(self) -> String {
        let name = match self {
            Self::Block => "block",
            Self::Thread => "thread",
            Self::Told => "told",
            Self::Parked => "parked",
            Self::Page => "page",
        };
        format!("{MODULE}.{name}")
    }
}

/// What is loaded or stored at an address of the guest's memory and this offset.
pub(super) fn at(offset: u32) -> MemArg {
    MemArg {
        offset: offset.into(),
        align: 2,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}

/// The code of a shortcut while it is written.
pub(super) struct Code<'a> {
    pub(super) to: InstructionSink<'a>,
    pub(super) of: &'a Shortcuts,
    /// The function of the host that makes room in the thread's ring.
    pub(super) drain: u32,
}

impl Code<'_> {
    /// Puts a global on the stack.
    pub(super) fn get(&mut self, word: Word) -> &mut Self {
        self.to.global_get(self.of.first_global() + word as u32);
        self
    }

    /// Makes a global this number.
    pub(super) fn set(&mut self, word: Word, value: i32) -> &mut Self {
        self.to
            .i32_const(value)
            .global_set(self.of.first_global() + word as u32);
        self
    }

    /// Puts the kind of the operation on the stack.
    pub(super) fn operation(&mut self) -> &mut Self {
        self.get(Word::Block).to.i32_load(at(block::OP));
        self
    }

    /// Puts the place of the operation on the stack.
    pub(super) fn site(&mut self) -> &mut Self {
        self.get(Word::Block).to.i32_load(at(block::SITE));
        self
    }

    /// Calls the host's hook, with what this one was called with. A module without it does not call it either.
    pub(super) fn tell(&mut self, hook: Hook) -> &mut Self {
        if let Some(function) = self.of.host(hook) {
            for parameter in (0..).take(hook.import().params.len()) {
                self.to.local_get(parameter);
            }
            self.to.call(function);
        }
        self
    }
}
