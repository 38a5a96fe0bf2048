//! The descriptor of a threadlink module: read once a run, right after the first instantiation.

use threadlink_abi::layout::descriptor as word;

use super::memory::GuestMemory;

/// The largest `Location` that is believed; std's has 16 bytes.
const LARGEST_LOCATION: u32 = 64;

/// What the module says of itself, checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descriptor {
    pub(crate) main_block: u32,
    pub(crate) tracing: bool,
    pub(crate) unwinds: bool,
    pub(crate) location: Option<LocationLayout>,
}

/// Where std keeps the four words of a `core::panic::Location`, as byte offsets. std does not promise it, so
/// it is measured on the one location that the descriptor shows with its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocationLayout {
    pub(crate) file: u32,
    pub(crate) file_len: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Descriptor {
    /// Reads the descriptor at `address`; the error is a clause that completes "the descriptor ...".
    pub(crate) fn read(memory: &GuestMemory, address: u32) -> Result<Self, String> {
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
        if version != word::VERSION_VALUE {
            return Err(format!(
                "has layout version {version} and this host knows version {}: use the threadlink command \
                 and the threadlink crate of one release",
                word::VERSION_VALUE
            ));
        }
        let flags = field(word::FLAGS)?;
        Ok(Self {
            main_block: field(word::MAIN_BLOCK)?,
            tracing: flags & word::FLAG_TRACING != 0,
            unwinds: flags & word::FLAG_UNWIND != 0,
            location: LocationLayout::measure(memory, &field)?,
        })
    }
}

impl LocationLayout {
    /// Finds each known value among the probe's words; `None` if one of them is missing or ambiguous.
    fn measure(
        memory: &GuestMemory,
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
