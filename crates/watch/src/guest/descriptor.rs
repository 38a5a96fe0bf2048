//! The descriptor of a threadlink module: read once a run, right after the first instantiation.

use threadlink_abi::layout::descriptor as word;

use crate::memory::Memory;

/// The largest `Location` that is believed; std's has 16 bytes.
const LARGEST_LOCATION: u32 = 64;

/// What the module says of itself, checked.
///
/// ```
/// use threadlink_watch::Memory;
/// use threadlink_watch::guest::descriptor::Descriptor;
///
/// # struct N;
/// # impl Memory for N {
/// #     fn load(&self, _: u32) -> Option<u32> { None }
/// #     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> { None }
/// # }
/// // The exported global `__threadlink_descriptor` says where it is.
/// let clause = Descriptor::read(&N, 0x400).unwrap_err();
/// assert_eq!(clause, "at 0x400 does not lie inside the module's memory");
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Descriptor {
    /// Address of the main thread's control block.
    pub main_block: u32,
    /// Locks call the hooks, and say in memory who holds them.
    pub tracing: bool,
    /// Locks and condition variables have a number in memory, and threads say which of them they have dropped.
    pub instances: bool,
    /// Locks are tried first, so that the hooks of what was free come after the fact, and have room for marks of the host's
    /// ([`mark`](super::mark)).
    pub tries_first: bool,
    /// Read-write locks say in memory how many read them.
    pub counts_readers: bool,
    /// Panics unwind, so that a thread that panicked returns like any other.
    pub unwinds: bool,
    /// Address of the word in which a host can leave how much stack threads get that ask for nothing, if there is one.
    pub min_stack: Option<u32>,
    /// How this compiler lays locations out, if that could be told.
    pub location: Option<LocationLayout>,
}

/// Where std keeps the four words of a `core::panic::Location`, as byte offsets. std does not promise it, so
/// it is measured on the one location that the descriptor shows with its contents.
///
/// ```
/// # fn show(descriptor: &threadlink_watch::guest::descriptor::Descriptor) {
/// if descriptor.location.is_none() {
///     println!("places in the source cannot be told");
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocationLayout {
    pub(crate) file: u32,
    pub(crate) file_len: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Descriptor {
    /// Reads the descriptor at `address`.
    ///
    /// # Errors
    /// A clause that completes "the descriptor ...".
    pub fn read(memory: &impl Memory, address: u32) -> Result<Self, String> {
        let field = |offset: u32| {
            address
                .checked_add(offset)
                .and_then(|at| memory.load(at))
                .ok_or_else(|| format!("at {address:#x} does not lie inside the module's memory"))
        };
        let magic = field(word::MAGIC)?;
        if magic != word::MAGIC_VALUE {
            return Err(format!(
                "at {address:#x} starts with {magic:#010x}, which is not its magic number"
            ));
        }
        let version = field(word::VERSION)?;
        if !(word::OLDEST_VERSION..=word::VERSION_VALUE).contains(&version) {
            return Err(format!(
                "has layout version {version} and this host knows the versions {} to {}: use the threadlink command \
                 and the threadlink crate of one release",
                word::OLDEST_VERSION,
                word::VERSION_VALUE
            ));
        }
        let flags = field(word::FLAGS)?;
        let tracing = flags & word::FLAG_TRACING != 0;
        Ok(Self {
            main_block: field(word::MAIN_BLOCK)?,
            tracing,
            instances: version >= word::NUMBERS_VERSION && tracing,
            tries_first: version >= word::TRIES_FIRST_VERSION && tracing,
            counts_readers: version < word::UNCOUNTED_VERSION && tracing,
            unwinds: flags & word::FLAG_UNWIND != 0,
            min_stack: (flags & word::FLAG_MIN_STACK != 0)
                .then(|| field(word::MIN_STACK))
                .transpose()?,
            location: LocationLayout::measure(memory, &field)?,
        })
    }
}

impl LocationLayout {
    /// Finds each known value among the probe's words; `None` if one of them is missing or ambiguous.
    fn measure(
        memory: &impl Memory,
        field: &dyn Fn(u32) -> Result<u32, String>,
    ) -> Result<Option<Self>, String> {
        let size = field(word::LOCATION_SIZE)?.min(LARGEST_LOCATION);
        let probe = field(word::PROBE_LOCATION)?;
        let words: Option<Vec<u32>> = (0..size / 4)
            .map(|index| memory.load(probe.checked_add(index * 4)?))
            .collect();
        let Some(words) = words else { return Ok(None) };
        let find = |value: u32| {
            let mut hits = words
                .iter()
                .zip((0..).step_by(4))
                .filter(|(found, _)| **found == value);
            let (_, offset) = hits.next()?;
            hits.next().is_none().then_some(offset)
        };
        let expected = [
            field(word::PROBE_FILE)?,
            field(word::PROBE_FILE_LEN)?,
            field(word::PROBE_LINE)?,
            field(word::PROBE_COLUMN)?,
        ];
        let [Some(file), Some(file_len), Some(line), Some(column)] = expected.map(find) else {
            return Ok(None);
        };
        Ok(Some(Self {
            file,
            file_len,
            line,
            column,
        }))
    }
}
