//! What a function of the embedder's sees of the guest that calls it.

use thiserror::Error;
use threadlink_watch::Memory;

use crate::memory::GuestMemory;

/// The guest that calls a function of the embedder's ([`Imports`](crate::Imports)): its memory, and which thread it is.
///
/// All threads of the guest share the memory and go on while the function runs: what is read may be in the middle of a
/// change, and is never more than what the guest claims.
///
/// ```
/// use threadlink_host::{Guest, Imports, OutOfBounds};
///
/// let imports = Imports::new().function("env", "sum", |guest: Guest<'_>, at: u32, len: u32| -> Result<u64, OutOfBounds> {
///     Ok(guest.bytes(at, len)?.into_iter().map(u64::from).sum())
/// })?;
/// # drop(imports);
/// # Ok::<(), threadlink_host::ImportError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Guest<'a> {
    memory: &'a GuestMemory,
    thread: u32,
}

/// An address or a length of the guest's is not inside its memory.
///
/// ```
/// let error = threadlink_host::OutOfBounds { address: 0xfff0, len: 100 };
/// assert_eq!(error.to_string(), "100 bytes at address 0xfff0 are not wholly inside the guest's memory");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{len} bytes at address {address:#x} are not wholly inside the guest's memory")]
pub struct OutOfBounds {
    /// Where they should start.
    pub address: u32,
    /// How many they are.
    pub len: u64,
}

impl<'a> Guest<'a> {
    pub(crate) fn new(memory: &'a GuestMemory, thread: u32) -> Self {
        Self { memory, thread }
    }

    /// The id of the thread that calls; 0 is main.
    #[must_use]
    pub fn thread_id(self) -> u32 {
        self.thread
    }

    /// Bytes that the memory has now. It only grows.
    #[must_use]
    pub fn memory_len(self) -> u64 {
        self.memory.len()
    }

    /// A copy of `len` bytes from `address` on. The length is the guest's word, and its memory may have 4 GiB: check it where
    /// that is too much, or use [`read`](Self::read).
    ///
    /// # Errors
    /// If they are not wholly inside the memory.
    pub fn bytes(self, address: u32, len: u32) -> Result<Vec<u8>, OutOfBounds> {
        self.memory.read(address, len).ok_or(OutOfBounds {
            address,
            len: len.into(),
        })
    }

    /// Fills `buffer` with the bytes from `address` on.
    ///
    /// # Errors
    /// If they are not wholly inside the memory; the buffer is as it was then.
    pub fn read(self, address: u32, buffer: &mut [u8]) -> Result<(), OutOfBounds> {
        let len = buffer.len() as u64;
        let read = self.memory.read_into(address, buffer);
        read.then_some(()).ok_or(OutOfBounds { address, len })
    }

    /// Writes `data` to `address`.
    ///
    /// # Errors
    /// If it does not fit; nothing is written then.
    pub fn write(self, address: u32, data: &[u8]) -> Result<(), OutOfBounds> {
        let len = data.len() as u64;
        let written = self.memory.write(address, data);
        written.then_some(()).ok_or(OutOfBounds { address, len })
    }
}

impl std::fmt::Debug for Guest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guest")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}
