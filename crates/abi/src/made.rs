//! What the two sides say of where a lock was made, if it was made in the source of the standard library.
//!
//! A constructor that is passed as a function (`map(Mutex::new)`), or that a collection calls, is called from there. That place says
//! nothing of the program: a guest asks for another then ([`EXPORTS`]).

/// Exported functions (`(i32) -> i32`) of which a traced module may have any: it calls one when it makes a lock or condition variable
/// in the standard library's source, at the `Location` with this address, as a constructor that is passed as a function is called
/// there. Each returns 0. A host that sees who calls may run a copy of the module that calls the host instead, which returns a site
/// that means the program's place: no address of a `Location` (those are divisible by 4), and for the host alone to read; or 0 if
/// it knows none. The second one is that of the crate, in a module whose std has the first.
pub const EXPORTS: [&str; 2] = ["__threadlink_made_for", "__threadlink_made_for_above_std"];

/// Whether a file is one of the standard library's: below `library/core/src` and the like wherever that stands, or below `core/src`,
/// as the files are called of a std that was compiled for guests. A package of the program's may have such a folder, too: the host is asked
/// of a lock that is made there, and if it does not know better, that counts as one of std's.
///
/// ```
/// use threadlink_abi::made::is_of_std;
///
/// assert!(is_of_std("/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs"));
/// assert!(!is_of_std("src/main.rs"));
/// ```
#[must_use]
pub const fn is_of_std(file: &str) -> bool {
    let file = file.as_bytes();
    let mut at = 0;
    while at < file.len() {
        let inside = after(file, at, b"library");
        if inside > 0 && at > 0 && is_separator(file[at - 1]) && is_source(file, inside) {
            return true;
        }
        at += 1;
    }
    is_source(file, 0)
}

/// Whether the sources of a crate of the standard library stand at this index.
const fn is_source(file: &[u8], at: usize) -> bool {
    let mut inside = after(file, at, b"core");
    if inside == 0 {
        inside = after(file, at, b"alloc");
    }
    if inside == 0 {
        inside = after(file, at, b"std");
    }
    inside > 0 && after(file, inside, b"src") > 0
}

/// Where a file goes on after a folder of this name that begins at this index; 0 if it does not.
const fn after(file: &[u8], at: usize, folder: &[u8]) -> usize {
    let end = at + folder.len();
    if end >= file.len() || !is_separator(file[end]) {
        return 0;
    }
    let mut index = 0;
    while index < folder.len() {
        if file[at + index] != folder[index] {
            return 0;
        }
        index += 1;
    }
    end + 1
}

const fn is_separator(byte: u8) -> bool {
    byte == b'/' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_standard_library_are_known_wherever_they_stand() {
        for file in [
            "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs",
            "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library\\core\\src\\ops\\function.rs",
            "/home/u/.rustup/toolchains/stable/lib/rustlib/src/rust/library/alloc/src/vec/mod.rs",
            "/home/u/library/x/library/std/src/sync/mod.rs",
            "core/src/ops/function.rs",
            "std\\src\\sync\\mod.rs",
        ] {
            assert!(is_of_std(file), "{file}");
        }
        for file in [
            "src/main.rs",
            "/core/src/lib.rs",
            "core/lib.rs",
            "/library/core/lib.rs",
            "/library/corey/src/lib.rs",
            "/my_library/core/src/lib.rs",
            "/library/core/src",
            "/library",
            "",
        ] {
            assert!(!is_of_std(file), "{file}");
        }
    }
}
