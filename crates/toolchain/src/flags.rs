//! The flags that a guest is built with: one table, used by `threadlink build`, by `threadlink init` and by docs.

/// The only target of guests.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The most memory a guest may ever have, in bytes: what `--max-memory` is set to. A shared memory needs a
/// maximum; this one holds a thousand threads with stacks of the default size.
pub const MAX_MEMORY: u64 = 1 << 30;

/// What a panic does in a guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panic {
    /// The thread traps; whoever joins it gets an `Err` with the message. Runs on every host.
    #[default]
    Abort,
    /// The thread unwinds as natively. Needs a host with WebAssembly's exception handling (exnref).
    Unwind,
}

impl Panic {
    /// The value of `-Zbuild-std` (or `build-std` in a config file) for this way to panic.
    ///
    /// ```
    /// assert_eq!(threadlink_toolchain::Panic::Abort.build_std(), ["std", "panic_abort"]);
    /// ```
    #[must_use]
    pub const fn build_std(self) -> [&'static str; 2] {
        match self {
            Panic::Abort => ["std", "panic_abort"],
            Panic::Unwind => ["std", "panic_unwind"],
        }
    }
}

/// The flags for rustc, for target [`TARGET`]: those of [`compile`] and of [`link`].
///
/// ```
/// use threadlink_toolchain::{Panic, flags};
///
/// let flags = flags::rustflags(Panic::Abort);
/// assert!(flags.contains(&"-Clink-arg=--shared-memory".to_owned()));
/// ```
#[must_use]
pub fn rustflags(panic: Panic) -> Vec<String> {
    let mut flags = compile(panic);
    flags.extend(link());
    flags
}

/// The target features that a guest needs, for this way to panic.
///
/// ```
/// use threadlink_toolchain::{Panic, flags};
///
/// assert!(flags::features(Panic::Unwind).contains(&"exception-handling"));
/// ```
#[must_use]
pub const fn features(panic: Panic) -> &'static [&'static str] {
    match panic {
        Panic::Abort => &["atomics", "bulk-memory", "mutable-globals"],
        Panic::Unwind => &["atomics", "bulk-memory", "mutable-globals", "exception-handling"],
    }
}

/// What each crate of a guest is compiled with, std's among them.
///
/// ```
/// use threadlink_toolchain::{Panic, flags};
///
/// assert_eq!(
///     flags::compile(Panic::Abort),
///     ["-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals"]
/// );
/// ```
#[must_use]
pub fn compile(panic: Panic) -> Vec<String> {
    let features: Vec<String> = features(panic).iter().map(|name| format!("+{name}")).collect();
    let mut flags = vec![format!("-Ctarget-feature={}", features.join(","))];
    if panic == Panic::Unwind {
        // The exnref encoding, which engines and browsers have settled on.
        flags.extend(["-Cpanic=unwind", "-Cllvm-args=-wasm-use-legacy-eh=false"].map(str::to_owned));
    }
    flags
}

/// What a module is linked with.
///
/// ```
/// use threadlink_toolchain::flags;
///
/// assert!(flags::link().iter().all(|flag| flag.starts_with("-Clink-arg=")));
/// ```
#[must_use]
pub fn link() -> Vec<String> {
    // Some compilers imply some of these with +atomics; newer ones imply fewer.
    let mut flags = ["-Clink-arg=--shared-memory", "-Clink-arg=--import-memory"]
        .map(str::to_owned)
        .to_vec();
    flags.push(format!("{MAX_MEMORY_FLAG}{MAX_MEMORY}"));
    flags.extend(
        [
            "__wasm_init_tls",
            "__tls_size",
            "__tls_align",
            "__tls_base",
            "__heap_base",
        ]
        .map(|symbol| format!("-Clink-arg=--export={symbol}")),
    );
    flags
}

const MAX_MEMORY_FLAG: &str = "-Clink-arg=--max-memory=";

/// Those of `wanted` that `given`, the user's own flags, does not have yet. The user's maximum of the memory
/// stands, whatever it is.
///
/// ```
/// use threadlink_toolchain::{Panic, flags};
///
/// let mut given = vec!["-Clink-arg=--max-memory=2147483648".to_owned()];
/// given.extend(flags::missing(&given, flags::rustflags(Panic::Abort)));
/// assert_eq!(given.iter().filter(|flag| flag.contains("max-memory")).count(), 1);
/// assert!(flags::missing(&given, flags::rustflags(Panic::Abort)).is_empty());
/// ```
#[must_use]
pub fn missing(given: &[String], wanted: Vec<String>) -> Vec<String> {
    let spelled: Vec<String> = joined(given);
    let has_maximum = spelled.iter().any(|flag| flag.starts_with(MAX_MEMORY_FLAG));
    wanted
        .into_iter()
        .filter(|flag| !(spelled.contains(flag) || has_maximum && flag.starts_with(MAX_MEMORY_FLAG)))
        .collect()
}

/// `-C x=y`, in two words, is the same flag as `-Cx=y`.
fn joined(flags: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(flags.len());
    let mut words = flags.iter();
    while let Some(word) = words.next() {
        match (word.as_str(), words.clone().next()) {
            ("-C" | "--codegen", Some(value)) => {
                words.next();
                out.push(format!("-C{value}"));
            }
            _ => out.push(word.clone()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flag_has_a_blank() {
        // RUSTFLAGS and cargo's environment variables are split at blanks.
        for panic in [Panic::Abort, Panic::Unwind] {
            for flag in rustflags(panic) {
                assert!(!flag.contains(' '), "{flag:?}");
            }
        }
    }

    #[test]
    fn flags_spelled_in_two_words_count_as_given() {
        let given: Vec<String> = ["-C", "link-arg=--shared-memory", "-g", "-C"]
            .map(str::to_owned)
            .into();
        let missing = missing(&given, rustflags(Panic::Abort));
        assert!(!missing.contains(&"-Clink-arg=--shared-memory".to_owned()));
        assert!(missing.contains(&"-Clink-arg=--import-memory".to_owned()));
    }
}
