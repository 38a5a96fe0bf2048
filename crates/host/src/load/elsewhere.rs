//! Modules for other hosts: with the calls that this one's copies have in place of instructions that wait and notify.

use super::globals::Shown;
use super::rewrite::{self, Plan};
use super::{LoadError, limits, shape, validate};

/// A copy of a module whose waits other hosts can see: the instructions that wait and notify are calls of `wait32`, `wait64` and
/// `notify` of the module `threadlink:host`, each of which takes what the instruction takes, and then its static offset. `None`
/// if there are no such instructions.
///
/// ```
/// let module = wat::parse_str(
///     r#"(module (import "env" "memory" (memory 1 2 shared))
///         (func (export "f") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1))))"#,
/// )?;
/// let copy = threadlink_host::with_visible_waits(&module)?.expect("it notifies");
/// assert!(copy.windows(15).any(|bytes| bytes == b"threadlink:host"));
/// assert!(threadlink_host::with_visible_waits(&copy)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// It is no module that a guest can be.
pub fn with_visible_waits(module: &[u8]) -> Result<Option<Vec<u8>>, LoadError> {
    limits::check_length(module)?;
    let shape = shape::Outline::read(module)?.with_code(module)?;
    validate::validate(module, &shape)?;
    let plan = Plan {
        shortcuts: None,
        globals: Shown::default(),
        ..shape.plan
    };
    Ok(rewrite::rewrite(module, plan)?.map(|copy| copy.bytes))
}
