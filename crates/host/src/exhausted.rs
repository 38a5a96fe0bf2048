//! What a thread can run out of, and what to do about it.

use std::fmt;

/// What a thread had too little of when it trapped.
///
/// ```
/// use threadlink_host::Exhausted;
///
/// let why = Exhausted::Stack { size: Some(65_536) };
/// assert!(why.to_string().starts_with("overflowed its stack of 65536 bytes"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exhausted {
    /// The memory: an allocation has failed that the program cannot do without.
    Memory {
        /// Bytes of that allocation.
        wanted: u32,
        /// Bytes that the memory had.
        used: u64,
        /// Bytes that it could have.
        limit: u64,
        /// Who has set that limit.
        by: MemoryLimit,
    },
    /// The stack in the guest's memory, of the main thread; another thread's overflow is a
    /// [`RuntimeFailure`](crate::RuntimeFailure), since it may have written over what others use.
    Stack {
        /// Bytes of it, if they are known.
        size: Option<u32>,
    },
    /// The native stack on which the engine runs the guest's code.
    EngineStack {
        /// Bytes of it.
        size: usize,
    },
}

/// What kept a memory from growing.
///
/// ```
/// use threadlink_host::MemoryLimit;
///
/// assert_ne!(MemoryLimit::Module, MemoryLimit::Host);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryLimit {
    /// The maximum that the module declares.
    Module,
    /// What the embedder or the command line allows.
    Host,
    /// The system, before the limit was reached.
    System,
}

impl fmt::Display for Exhausted {
    /// A clause about the thread, with the remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory {
                wanted,
                used,
                limit,
                by,
            } => {
                write!(
                    f,
                    "ran out of memory: an allocation of {wanted} bytes failed, and the program's memory has {used} bytes of \
                     at most {limit}; "
                )?;
                f.write_str(match by {
                    MemoryLimit::Module => {
                        "that is what the module was linked with: build it with -Clink-arg=--max-memory=BYTES"
                    }
                    MemoryLimit::Host => {
                        "raise that limit with --max-memory (RunConfig::max_memory, EngineConfig::max_memory)"
                    }
                    MemoryLimit::System => {
                        "the system gives this process no more: raise its limit (ulimit -v)"
                    }
                })
            }
            Self::Stack { size } => {
                f.write_str("overflowed its stack")?;
                if let Some(size) = size {
                    write!(f, " of {size} bytes")?;
                }
                f.write_str(
                    "; give the main thread more by building with -Clink-arg=-zstack-size=BYTES, or recurse less deeply",
                )
            }
            Self::EngineStack { size } => write!(
                f,
                "trapped: call stack exhausted: the recursion is too deep for the {size} bytes that the engine has for each thread; \
                 give it more with --max-wasm-stack (EngineConfig::max_wasm_stack), or recurse less deeply"
            ),
        }
    }
}
