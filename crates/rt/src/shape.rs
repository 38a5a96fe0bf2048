//! The shape of a block: how big its stack is, and where its parts lie.

use core::alloc::Layout;

/// Bytes of stack for a thread that didn't ask for more or less.
pub const DEFAULT_STACK: usize = 512 * 1024;
/// The smallest stack: the runtime's own frames need some of it.
const MIN_STACK: usize = 16 * 1024;
/// Bytes of guard zone below each stack.
pub(crate) const GUARD_SIZE: usize = 1024;
/// What a stack pointer and the ends of a guard zone are aligned to.
const STACK_ALIGN: usize = 16;

/// Where the parts of a block lie, in bytes from its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) layout: Layout,
    pub(crate) tls: usize,
    pub(crate) guard: usize,
    pub(crate) stack: usize,
}

impl Shape {
    /// The shape of a block with this control block, TLS area and stack. None if no block of that size can exist.
    pub(crate) fn new(control: Layout, tls: Layout, stack_size: usize) -> Option<Self> {
        let guard = Layout::from_size_align(GUARD_SIZE, STACK_ALIGN).ok()?;
        let stack = Layout::from_size_align(stack_size, STACK_ALIGN).ok()?;
        let (layout, tls) = control.extend(tls).ok()?;
        let (layout, guard) = layout.extend(guard).ok()?;
        let (layout, stack) = layout.extend(stack).ok()?;
        Some(Self {
            layout,
            tls,
            guard,
            stack,
        })
    }
}

/// The size that a stack really gets: `wanted`, or what the program said that threads get. None if it is beyond all memory.
pub(crate) fn stack_size(wanted: Option<usize>) -> Option<usize> {
    wanted
        .or_else(crate::default_stack::get)
        .unwrap_or(DEFAULT_STACK)
        .max(MIN_STACK)
        .checked_next_multiple_of(STACK_ALIGN)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn parts_follow_each_other_aligned_and_the_guard_ends_where_the_stack_begins() {
        for tls in [layout(0, 1), layout(1, 1), layout(100, 4), layout(40, 256)] {
            let control = layout(120, 16);
            let shape = Shape::new(control, tls, MIN_STACK).unwrap();
            assert!(shape.tls >= control.size());
            assert!(shape.guard >= shape.tls + tls.size());
            assert_eq!(shape.stack, shape.guard + GUARD_SIZE);
            assert_eq!(shape.layout.size(), shape.stack + MIN_STACK);
            assert_eq!(shape.layout.align(), tls.align().max(16));
            assert_eq!(shape.tls % tls.align(), 0);
            assert_eq!(shape.stack % STACK_ALIGN, 0);
        }
    }

    #[test]
    fn what_no_memory_holds_has_no_shape() {
        let (control, tls) = (layout(120, 16), layout(100, 4));
        assert_eq!(Shape::new(control, tls, usize::MAX), None);
        assert_eq!(Shape::new(control, tls, isize::MAX as usize - 1024), None);
        assert_eq!(
            Shape::new(control, layout(isize::MAX as usize - 1024, 1), 1024),
            None
        );
    }

    #[test]
    fn a_stack_has_a_least_size_and_whole_frames() {
        assert_eq!(stack_size(Some(0)), Some(MIN_STACK));
        assert_eq!(stack_size(Some(MIN_STACK + 1)), Some(MIN_STACK + 16));
        assert_eq!(stack_size(Some(1 << 20)), Some(1 << 20));
        assert_eq!(stack_size(Some(usize::MAX)), None);
    }

    #[test]
    fn the_program_says_what_a_thread_gets_that_asks_for_nothing() {
        assert_eq!(stack_size(None), Some(DEFAULT_STACK));
        crate::default_stack::set(100_001);
        assert_eq!(stack_size(None), Some(100_016));
        assert_eq!(stack_size(Some(1 << 20)), Some(1 << 20));
        crate::default_stack::set(0);
        assert_eq!(stack_size(None), Some(DEFAULT_STACK));
    }
}
