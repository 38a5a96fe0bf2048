//! A copy of a copy that tells the host of its accesses of memory, for whoever looks for [data races](crate::run::races).
//!
//! Before each instruction that reads or writes memory stands a call of the host ([`calls`]), which plain accesses pass by if the
//! thread has told of the same bytes since it last released something ([`seen`]). What allocates is wrapped, and what serves
//! it tells nothing ([`allocator`]). [`accesses`] says what instructions do, [`orders`] which orderings they have in the source,
//! [`body`] puts the calls into a function, with [`locals`] of its own, and [`insert`] makes the copy; what has moved there,
//! [`indices`] says.

mod accesses;
mod allocator;
mod body;
pub(crate) mod calls;
mod indices;
mod insert;
mod locals;
mod orders;
pub(crate) mod seen;
mod sites;

use wasmtime::FrameInfo;

pub(crate) use accesses::Kind;
pub use orders::Library;
pub(crate) use sites::Site;

use self::allocator::Functions;
use self::indices::Indices;
use self::insert::Copy;
use self::orders::Sources;
use super::LoadError;
use super::rewrite::OffsetMap;
use crate::backtrace::origin::{demangle, is_machinery};
use crate::symbols::Symbol;

/// What leads from a copy that tells to what it was made from.
#[derive(Debug)]
pub(crate) struct WayBack {
    offsets: OffsetMap,
    indices: Indices,
}

impl WayBack {
    /// The offset of what stands at this offset of the copy.
    pub(crate) fn offset(&self, of_copy: usize) -> usize {
        self.offsets.original(of_copy)
    }

    /// The index of a frame's function.
    pub(crate) fn function(&self, frame: &FrameInfo) -> u32 {
        self.indices.original(frame.func_index())
    }
}

/// What is known of a copy that tells.
#[derive(Debug)]
pub(crate) struct Telling {
    pub(crate) way_back: WayBack,
    pub(crate) sites: Vec<Site>,
    /// Atomic accesses whose ordering in the source is not known.
    pub(crate) unordered: usize,
    /// Whether it is known what allocates.
    pub(crate) allocator: bool,
}

/// Whether the innermost code of these functions of the source is the runtime's, or serves memory that no program gets: what that
/// does is ordered by means of its own, and orders nothing for the program.
fn is_private(symbols: &[Symbol]) -> bool {
    for symbol in symbols {
        let name = symbol.name.as_deref().map(demangle).unwrap_or_default();
        if PRIVATE.iter().any(|part| name.contains(part)) {
            return true;
        }
        if !is_machinery(&name, symbol.place.as_deref()) {
            return false;
        }
    }
    false
}

/// What the names of such functions have in them: the runtime below std, allocators, and collections in std's own memory.
const PRIVATE: [&str; 4] = [
    "threadlink_rt::",
    "std::alloc::System",
    "std::sys::alloc::",
    "dlmalloc::",
];

/// Makes a copy of `module` that tells. `symbols` says what in the source stands at an offset of it.
pub(super) fn insert(
    module: &[u8],
    libraries: &[Library],
    symbols: impl Fn(usize) -> Vec<Symbol>,
) -> Result<(Vec<u8>, Telling), LoadError> {
    let refused = |message: String| LoadError::Invalid {
        message: format!("its accesses of memory cannot be watched: {message}"),
    };
    let is_private = |at| is_private(&symbols(at));
    let functions = Functions::read(module, &is_private).map_err(|error| refused(error.to_string()))?;
    let Copy {
        bytes,
        way_back,
        mut sites,
    } = insert::insert(module, &functions, &is_private).map_err(refused)?;
    let mut sources = Sources::new(libraries);
    let mut unordered = 0;
    for site in sites.iter_mut().filter(|site| site.kind.is_atomic()) {
        let innermost = symbols(site.at).into_iter().next();
        match innermost.and_then(|symbol| sources.orders(&symbol.place?)) {
            Some(orders) => site.orders = orders,
            None => unordered += 1,
        }
    }
    let telling = Telling {
        way_back,
        sites,
        unordered,
        allocator: !functions.roles.is_empty(),
    };
    Ok((bytes, telling))
}
