//! What the formats of RAPID say of an event: who, what, with what, where.

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Acquire,
    Release,
    Request,
    Read,
    Write,
    Fork,
    Join,
}

/// An event: who, what, with what (a lock, a variable or a thread), where (0: unknown).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) thread: u32,
    pub(crate) op: Op,
    pub(crate) what: u32,
    pub(crate) site: u32,
}
