//! Which threads hold a lock for reading, and which want to write it: looked at once a walk ([`circle`](crate::circle)).

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use threadlink_trace::Mode;

use crate::memory::Memory;
use crate::thread::{Thread, Wait};
use crate::watch::Watch;

/// What a walk knows of the readers of locks.
pub(crate) enum Readers {
    /// Nothing so far: it looks when it comes to one.
    Unknown,
    /// Nothing: it leaves them to a later look; whether it came to one.
    Left(bool),
    Known(KnownReaders),
}

impl Readers {
    /// What is known of them, now that it is needed; `None` if that is left for later.
    pub(crate) fn known<M: Memory, C>(&mut self, watch: &Watch<M, C>) -> Option<&KnownReaders> {
        match self {
            Self::Unknown => *self = Self::Known(KnownReaders::of(watch)),
            Self::Left(needed) => *needed = true,
            Self::Known(_) => {}
        }
        match self {
            Self::Known(known) => Some(known),
            Self::Unknown | Self::Left(_) => None,
        }
    }
}

/// All threads that hold something for reading, or wait to write: looked at once a walk.
pub(crate) struct KnownReaders {
    holding: HashMap<u32, Rc<[Reader]>>,
    writers: HashMap<u32, Writer>,
}

/// A thread that holds something for reading, since `site`; its step count before that was seen.
pub(crate) struct Reader {
    pub(crate) thread: Arc<Thread>,
    pub(crate) steps: u64,
    pub(crate) site: u32,
}

/// A thread that waits to write; its step count before that was seen.
pub(crate) struct Writer {
    pub(crate) thread: Arc<Thread>,
    pub(crate) steps: u64,
}

impl KnownReaders {
    fn of<M: Memory, C>(watch: &Watch<M, C>) -> Self {
        let mut holding: HashMap<u32, Vec<Reader>> = HashMap::new();
        let mut writers: HashMap<u32, Writer> = HashMap::new();
        for thread in watch.threads.all() {
            // In this order: as long as it makes no step, the rest stays true.
            let steps = thread.steps();
            if thread.is_running()
                && let Some(Wait::Lock(lock, Mode::Exclusive)) = thread.waits_for()
            {
                writers.entry(lock).or_insert_with(|| Writer {
                    thread: thread.clone(),
                    steps,
                });
            }
            for read in watch.reads_of(&thread) {
                holding.entry(read.lock).or_default().push(Reader {
                    thread: thread.clone(),
                    steps,
                    site: read.site,
                });
            }
        }
        let shared = |(lock, readers): (u32, Vec<Reader>)| (lock, Rc::from(readers));
        Self {
            holding: holding.into_iter().map(shared).collect(),
            writers,
        }
    }

    /// Those that hold it for reading.
    pub(crate) fn holding(&self, lock: u32) -> Option<&Rc<[Reader]>> {
        self.holding.get(&lock)
    }

    /// One of those that wait to write: all of them wait for the same readers.
    pub(crate) fn wanting_to_write(&self, lock: u32) -> Option<&Writer> {
        self.writers.get(&lock)
    }
}
