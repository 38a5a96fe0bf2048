//! A copy of a module in which the instructions that wait and notify are calls of the host.
//!
//! The engine's own queues cannot be looked into: who waits there is unknown to the host, and cannot be woken when a run
//! ends. So `memory.atomic.wait32`, `memory.atomic.wait64` and `memory.atomic.notify` become calls of the functions of
//! [`calls`], which the copy imports from [`calls::MODULE`]: a name that no guest may import from.
//!
//! Hooks of locks that it imports have [`shortcuts`] in the copy, and functions that ask for whom a lock is [`made`] are the host's.
//!
//! The copy also exports the mutable globals, if they are few: so the host can put them back for the next thread of an
//! instance, and see by the stack pointer whether a thread that has trapped had used its stack up. Of stacks in memory the
//! engine knows nothing.
//!
//! [`sections`] makes copies section by section, this one and those that others make of it; [`copy`] says what this one has besides, [`body`] makes the code of a function: that stays as it is byte for byte, but for
//! these instructions and the ones that name a function, whose index has moved. [`offsets`] knows where each piece of the
//! copy's code stood in the original, and [`plan`] what the copy differs in. A module with nothing of all this is compiled as it
//! is.

mod body;
pub(crate) mod calls;
mod copy;
mod made;
mod offsets;
mod plan;
pub(crate) mod sections;
pub(crate) mod shortcuts;

pub(crate) use copy::{Origin, Rewritten};
pub(crate) use made::MadeFor;
pub(crate) use offsets::OffsetMap;
pub(crate) use plan::Plan;

use super::LoadError;

/// Bytes of a module above which no copy is made: sections have 32-bit lengths, and a copy's can be up to twice as long.
const LARGEST: usize = 1 << 30;

/// Makes the copy of a valid module with one 32-bit memory; `None` if there is nothing to rewrite.
pub(super) fn rewrite(module: &[u8], plan: Plan) -> Result<Option<Rewritten>, LoadError> {
    if plan.is_empty() {
        return Ok(None);
    }
    let refused = |message| LoadError::Invalid { message };
    if module.len() > LARGEST {
        let message = format!(
            "it has {} bytes, and one with waits can have {LARGEST}",
            module.len()
        );
        return Err(refused(message));
    }
    let copy = Rewritten::of(module, plan);
    copy.map(Some)
        .map_err(|error| refused(format!("its waits cannot be rewritten: {error}")))
}
