//! Which ordering an atomic access has in the source. Compiled wasm has one for all, but the debug information names the line of
//! core's source from which the instruction comes, and core has a line for each ordering. So this reads it there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use threadlink_races::Order;

/// Where core's source is below wherever it is, and what its atomic accesses are calls of.
const CORE: &str = "/library/core/src/";
const INTRINSIC: &str = "intrinsics::atomic_";
/// Bytes of a source file that are read at most.
const LARGEST: u64 = 4 << 20;
/// Lines of a call at most.
const LINES: usize = 4;

/// Of a compare-exchange, that of success and that of failure; of others, one twice.
pub(super) type Orders = (Order, Order);

/// Where the source of a compiler's standard library is. Debug information often names another folder, with the compiler's commit
/// in its name.
///
/// ```
/// use threadlink_host::Library;
///
/// let library = Library {
///     commit: "59807616e1fa2540724bfbac14d7976d7e4a3860".to_owned(),
///     folder: "/usr/lib/rustlib/src/rust/library".into(),
/// };
/// assert_eq!(library, library.clone());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// The compiler's commit, as `rustc -vV` has it.
    pub commit: String,
    /// The folder that has a folder for each crate.
    pub folder: PathBuf,
}

/// What was read of source files.
pub(super) struct Sources<'a> {
    /// Where else it is looked for.
    libraries: &'a [Library],
    files: HashMap<String, Vec<String>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(libraries: &'a [Library]) -> Self {
        Self {
            libraries,
            files: HashMap::new(),
        }
    }

    /// What the line says at this place, `file:line:column`, if it is one of core's.
    pub(super) fn orders(&mut self, place: &str) -> Option<Orders> {
        let mut parts = place.rsplitn(3, ':');
        let (_, line, file) = (parts.next()?, parts.next()?, parts.next()?);
        let line: usize = line.parse().ok()?;
        let file = file.replace('\\', "/");
        let (root, below) = file.split_once(CORE)?;
        let (root, below) = (root.to_owned(), below.to_owned());
        let libraries = self.libraries;
        let lines = self.files.entry(file).or_insert_with_key(|file| {
            let same = libraries
                .iter()
                .filter(|library| root.ends_with(&format!("/{}", library.commit)));
            let elsewhere = same.map(|library| library.folder.join("core/src").join(&below));
            let mut candidates = std::iter::once(PathBuf::from(file)).chain(elsewhere);
            let text = candidates.find_map(|path| read(&path)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        });
        let from = lines.get(line.checked_sub(1)?..)?;
        // A line before leads to several, of which the first need not be it.
        from.first().filter(|line| line.contains(INTRINSIC))?;
        orders(&from[..from.len().min(LINES)].join(" "))
    }
}

/// A source file, if it is none that never ends.
fn read(path: &Path) -> Option<String> {
    let kind = std::fs::metadata(path).ok()?;
    if !kind.is_file() || kind.len() > LARGEST || path.extension().is_none_or(|end| end != "rs") {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

/// The orderings in the first call of an intrinsic.
fn orders(text: &str) -> Option<Orders> {
    let (before, call) = text.split_once(INTRINSIC)?;
    // A line that only leads to one means something else.
    if before.contains(';') || before.contains("fn ") {
        return None;
    }
    let generics = call.split('(').next()?;
    let words = generics.split(|letter: char| !letter.is_alphanumeric());
    let mut found = words.filter_map(|word| {
        Some(match word {
            "Relaxed" => Order::Relaxed,
            "Acquire" => Order::Acquire,
            "Release" => Order::Release,
            "AcqRel" => Order::AcqRel,
            "SeqCst" => Order::SeqCst,
            _ => return None,
        })
    });
    let first = found.next()?;
    Some((first, found.next().unwrap_or(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_core_tell_orderings() {
        for (text, expected) in [
            (
                "Relaxed => intrinsics::atomic_store::<T, { AO::Relaxed }>(dst, val), SeqCst => intrinsics::atomic_store::<T, { AO::SeqCst }>(dst, val)",
                Some((Order::Relaxed, Order::Relaxed)),
            ),
            (
                "intrinsics::atomic_cxchg::<T, { AO::AcqRel }, { AO::Acquire }>(dst, old, new)",
                Some((Order::AcqRel, Order::Acquire)),
            ),
            (
                "Acquire => intrinsics::atomic_fence::<{ AO::Acquire }>(),",
                Some((Order::Acquire, Order::Acquire)),
            ),
            ("unsafe { atomic_store(self.v.get(), val, order) };", None),
            (
                "let a = 1; intrinsics::atomic_load::<T, { AO::Acquire }>(dst)",
                None,
            ),
            ("", None),
        ] {
            assert_eq!(orders(text), expected, "{text}");
        }
    }

    #[test]
    fn a_place_is_looked_up_where_the_source_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("core/src/sync/atomic.rs");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(
            &file,
            "\nAcquire => intrinsics::atomic_load::<T, { AO::Acquire }>(dst),\n",
        )
        .unwrap();
        let libraries = [Library {
            commit: "0123".to_owned(),
            folder: folder.path().to_owned(),
        }];
        let mut sources = Sources::new(&libraries);
        let at = |line| format!("/rustc/0123/library/core/src/sync/atomic.rs:{line}:24");
        assert_eq!(sources.orders(&at(2)), Some((Order::Acquire, Order::Acquire)));
        assert_eq!(sources.orders(&at(1)), None);
        assert_eq!(sources.orders(&at(9)), None);
        assert_eq!(
            sources.orders("/rustc/4567/library/core/src/sync/atomic.rs:2:24"),
            None,
            "another compiler's"
        );
        assert_eq!(sources.orders("/home/me/src/main.rs:2:1"), None);
        assert_eq!(sources.orders(""), None);
    }
}
