//! How many addresses a program's memory takes, and which of two kinds of code it gets for that.
//!
//! A memory with room for every address that 32 bits can name, 4 GiB and guard zones, needs no check of any access: what is
//! out of bounds is never mapped, and the access itself traps. One that takes no more than it may grow to has a check in
//! front of each access. Where the memory is small the check costs little of what there is to do, and many small programs fit
//! into one process; where it is large, there is the check only if there are not the addresses. A program whose locks may be
//! recorded has a second memory, which has as much room as its own (`crate::rings`).

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::{Config, Engine, MemoryType, SharedMemory};

/// Bytes of the largest memory that takes no more addresses than it may need.
const SMALL: u64 = 1 << 20;
/// Bytes of guard zone behind such a memory: what an access may go beyond its address without a check of its own.
const GUARD: u64 = 1 << 16;
/// Bytes of addresses that must be left besides, for the stacks of threads and all that the host allocates.
const BESIDE: usize = 1 << 29;

/// How many addresses a memory takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reserved {
    /// Those of 32 bits.
    Whole,
    /// So many, a power of two.
    Close(u64),
}

impl Reserved {
    /// The number that stands for it: bytes, or 0 for all.
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::Whole => 0,
            Self::Close(bytes) => bytes,
        }
    }

    /// What that number stands for, if it is one.
    pub(crate) fn of_bytes(bytes: u64) -> Option<Self> {
        match bytes {
            0 => Some(Self::Whole),
            bytes if bytes.is_power_of_two() && bytes <= 1 << 32 => Some(Self::Close(bytes)),
            _ => None,
        }
    }
}

/// The engines of one configuration: one for memories that take all addresses, others for those that don't.
#[derive(Clone)]
pub(crate) struct Engines {
    settings: Config,
    whole: Engine,
    /// By the bytes that their memories may have.
    close: Arc<Mutex<BTreeMap<u64, Engine>>>,
}

impl Engines {
    /// Those of these settings.
    pub(crate) fn new(settings: Config) -> wasmtime::Result<Self> {
        Ok(Self {
            whole: Engine::new(&settings)?,
            settings,
            close: Arc::default(),
        })
    }

    /// What a memory takes here that may reach so many bytes.
    pub(crate) fn reserved(&self, maximum: u64) -> Reserved {
        if maximum > SMALL && has_room(&self.whole) {
            return Reserved::Whole;
        }
        // Few sizes, so that there are few engines.
        Reserved::Close(maximum.next_power_of_two())
    }

    /// The engine for programs whose memories take that.
    pub(crate) fn reserving(&self, reserved: Reserved) -> wasmtime::Result<Engine> {
        let Reserved::Close(reserved) = reserved else {
            return Ok(self.whole.clone());
        };
        let mut close = self.close.lock();
        if let Some(engine) = close.get(&reserved) {
            return Ok(engine.clone());
        }
        let engine = Engine::new(&self.settings_for(Reserved::Close(reserved)))?;
        close.insert(reserved, engine.clone());
        Ok(engine)
    }

    /// An engine that makes the same code without threads of its own.
    pub(crate) fn compiling_alone(&self, reserved: Reserved) -> wasmtime::Result<Engine> {
        Engine::new(self.settings_for(reserved).parallel_compilation(false))
    }

    fn settings_for(&self, reserved: Reserved) -> Config {
        let mut settings = self.settings.clone();
        if let Reserved::Close(reserved) = reserved {
            settings
                .memory_reservation(reserved)
                .memory_guard_size(GUARD)
                .guard_before_linear_memory(false);
        }
        settings
    }
}

/// Whether the system gives a memory all its addresses, and something is left then.
fn has_room(engine: &Engine) -> bool {
    let memory = SharedMemory::new(engine, MemoryType::shared(0, 1));
    // Both are given back at once.
    memory.is_ok() && Vec::<u8>::new().try_reserve_exact(BESIDE).is_ok()
}
