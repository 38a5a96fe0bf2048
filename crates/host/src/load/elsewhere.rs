//! Modules for other hosts: with the calls that this one's copies have in place of instructions that wait and notify, and with
//! what they need to know of places in the source.

use super::globals::Shown;
use super::rewrite::{self, Plan};
use super::{LoadError, limits, places, shape, validate};
use crate::symbols::Symbols;

/// A copy of a module for other hosts. They see its waits: the instructions that wait and notify are calls of `wait32`, `wait64` and
/// `notify` of the module `threadlink:host`, each of which takes what the instruction takes, and then its static offset. A traced
/// module calls `made_for(i32) -> i32` there, too, when std makes a lock for it: what that returns says for whom, or 0. In
/// place of debug information, of which only this host makes sense, it has a section `threadlink:places` that says where in the
/// source its code stands.
///
/// ```
/// let module = wat::parse_str(
///     r#"(module (import "env" "memory" (memory 1 2 shared))
///         (func (export "f") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1))))"#,
/// )?;
/// let copy = threadlink_host::for_other_hosts(&module)?;
/// let has = |name: &str| copy.windows(name.len()).any(|bytes| bytes == name.as_bytes());
/// assert!(has("threadlink:host") && has("threadlink:places"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// It is no module that a guest can be.
pub fn for_other_hosts(module: &[u8]) -> Result<Vec<u8>, LoadError> {
    limits::check_length(module)?;
    let shape = shape::Outline::read(module)?.with_code(module)?;
    validate::validate(module, &shape)?;
    let plan = Plan {
        shortcuts: None,
        globals: Shown::default(),
        ..shape.plan
    };
    if shape.imports.is_empty() && plan.imports_more() {
        return Err(LoadError::Invalid {
            message: "it waits or makes locks, and imports nothing: a guest imports its memory".to_owned(),
        });
    }
    let symbols = Symbols::of(module);
    let (mut copy, way_back) = match rewrite::rewrite(module, plan)? {
        Some(copy) => (copy.bytes, Some(copy.origin)),
        None => (module.to_vec(), None),
    };
    let original = |at: usize| way_back.as_ref().map_or(at, |way_back| way_back.offset(at));
    places::add(&mut copy, original, &symbols).map_err(|error| LoadError::Invalid {
        message: error.to_string(),
    })?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_imports_nothing_stays_valid_or_is_refused() {
        let nothing = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
        assert!(for_other_hosts(&nothing).unwrap().starts_with(&nothing));
        let waits = wat::parse_str(
            "(module (memory 1 1 shared)
                (func (drop (memory.atomic.notify (i32.const 0) (i32.const 0)))))",
        );
        let refused = for_other_hosts(&waits.unwrap()).unwrap_err().to_string();
        assert!(refused.contains("imports nothing"), "{refused}");
    }
}
