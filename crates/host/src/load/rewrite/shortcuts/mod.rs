//! Shortcuts: functions of the copy that stand before the hooks of locks that it imports.
//!
//! A call of the host costs more than a lock. So the copy of a traced module calls functions of its own, which come behind all
//! that it defines. They tell the host of waits, and leave what else it needs to find deadlocks in the guest's memory: who has a
//! lock and from where, and what a thread reads (`threadlink_watch::guest::mark`). Where a trace is written they record, too
//! (`crate::rings`). An index that names such an import, in code,
//! in tables or in exports, names the shortcut; what only says that a lock was released is not called at all.
//!
//! [`code`] is what they do, and [`ring`] what they do to record. They know their thread by globals ([`parts`]), which the copy exports by names that guests are
//! refused, and which the host sets before each thread (`crate::run::shortcuts`); until then, and in a guest whose locks are not
//! tried first, they pass all hooks on.
//!
//! A guest that lies in its words deceives nobody but itself: the code reads and writes the guest's own memory, and only inside
//! it, and what the host finds there it believes no more than the rest.

mod code;
pub(crate) mod parts;
mod places;
mod ring;
#[cfg(test)]
mod ring_tests;
#[cfg(test)]
mod tests;

pub(crate) use places::Shortcuts;

use wasm_encoder::{CodeSection, ConstExpr, ExportKind, ExportSection, FunctionSection, GlobalSection};

/// The rings' memory, which a copy with shortcuts imports behind its own.
pub(crate) const RINGS: &str = "rings";
/// The function that makes room in the thread's ring, which it imports behind all others.
pub(crate) const DRAIN: &str = "drain";

impl Shortcuts {
    /// Adds the types of the functions.
    pub(super) fn declare(&self, functions: &mut FunctionSection) {
        for (_, imported) in self.added() {
            functions.function(imported.ty);
        }
    }

    /// Adds the functions. `drain` is the index of the function [`DRAIN`].
    pub(super) fn define(&self, code: &mut CodeSection, drain: u32) {
        for (hook, _) in self.added() {
            code.function(&code::function(self, hook, drain));
        }
    }

    /// Adds the globals.
    pub(super) fn globals(&self, globals: &mut GlobalSection) {
        for _ in parts::Word::ALL {
            globals.global(parts::Word::TYPE, &ConstExpr::i32_const(0));
        }
    }

    /// Exports the globals.
    pub(super) fn export(&self, exports: &mut ExportSection) {
        for word in parts::Word::ALL {
            exports.export(
                &word.name(),
                ExportKind::Global,
                self.first_global() + word as u32,
            );
        }
    }
}
