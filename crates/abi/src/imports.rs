//! Every function that a host provides, once: its module, its name, its type, and what it promises.
//!
//! [`imports!`](crate::imports!) hands the list to a macro. This file makes a table of it, the guest's runtime makes its
//! declarations of it, and hosts take names and types from the table. Part A of the ABI is the module
//! `wasm_threadlink`, which is Wasmgrind's and fixed; Part B is the module `threadlink`, ours. A module has an import of
//! Part B only if the program uses what needs it.

use core::fmt;

/// Calls the macro `$then` with all imports, one block an import module:
///
/// ```text
/// $then! {
///     mod core = "wasm_threadlink" {
///         /// What it promises.
///         THREAD_JOIN = safe fn thread_join(thread: u32) -> i32;
///     }
/// }
/// ```
///
/// A function is `safe` if it takes no pointer that the host follows, else `unsafe`.
///
/// ```
/// macro_rules! count {
///     ($(mod $_part:ident = $_module:literal { $($(#[$_doc:meta])* $name:ident = $_safety:tt fn $_fn:ident
///         ($($_arg:ident: $_type:ty),*) $(-> $_ret:tt)?;)* })*) => { [$($(stringify!($name)),*),*].len() };
/// }
/// assert_eq!(threadlink_abi::imports!(count), threadlink_abi::imports::ALL.len());
/// ```
#[macro_export]
macro_rules! imports {
    ($then:ident) => {
        $then! {
            mod core = "wasm_threadlink" {
                /// Starts a thread that calls `thread_start(start_routine)`, and writes its id to `*thread_id`. 0, or an
                /// error number.
                THREAD_CREATE = unsafe fn thread_create(thread_id: *mut u32, start_routine: usize) -> i32;
                /// Blocks until `thread_start` has returned on that thread. 0, or an error number. Once an id.
                THREAD_JOIN = safe fn thread_join(thread: u32) -> i32;
                /// Ends the program because of a failure in the runtime.
                PANIC = safe fn panic(errno: i32) -> !;
                /// [`Hook::StartLock`](crate::Hook::StartLock).
                START_LOCK = safe fn start_lock(lock: usize);
                /// [`Hook::FinishLock`](crate::Hook::FinishLock).
                FINISH_LOCK = safe fn finish_lock(lock: usize);
                /// [`Hook::StartUnlock`](crate::Hook::StartUnlock).
                START_UNLOCK = safe fn start_unlock(lock: usize);
                /// [`Hook::FinishUnlock`](crate::Hook::FinishUnlock).
                FINISH_UNLOCK = safe fn finish_unlock(lock: usize);
            }
            mod ext = "threadlink" {
                /// Writes bytes to [`STDOUT`](crate::imports::STDOUT) or [`STDERR`](crate::imports::STDERR) in one piece,
                /// never mixed with another call's. 0, or an error number.
                WRITE = unsafe fn write(stream: i32, ptr: *const u8, len: usize) -> i32;
                /// Reads bytes from [`STDIN`](crate::imports::STDIN): waits until there are some, unless `len` is 0. Returns how
                /// many it has written to memory, 0 at the end; or an error number with its sign changed, so below 0.
                READ = unsafe fn read(stream: i32, ptr: *mut u8, len: usize) -> i32;
                /// Ends the whole program with this exit code, whatever its threads do.
                EXIT = safe fn exit(code: i32) -> !;
                /// Bytes that `args_get` writes: every argument, the program's name first, each followed by a NUL.
                ARGS_SIZE = safe fn args_size() -> usize;
                /// Writes the arguments. 0, or an error number.
                ARGS_GET = unsafe fn args_get(ptr: *mut u8, len: usize) -> i32;
                /// Bytes that `env_get` writes: every environment variable as `NAME=VALUE`, each followed by a NUL.
                ENV_SIZE = safe fn env_size() -> usize;
                /// Writes the environment variables. 0, or an error number.
                ENV_GET = unsafe fn env_get(ptr: *mut u8, len: usize) -> i32;
                /// Nanoseconds on the host's monotonic clock, from an arbitrary start.
                CLOCK = safe fn clock_monotonic() -> u64;
                /// Nanoseconds since 1970-01-01 00:00 UTC on the host's clock of the day, negative before.
                CLOCK_REALTIME = safe fn clock_realtime() -> i64;
                /// How many threads can run at once on the host, at least 1.
                PARALLELISM = safe fn available_parallelism() -> u32;
                /// Fills memory with random bytes, fit for keys. 0, or an error number.
                RANDOM_GET = unsafe fn random_get(ptr: *mut u8, len: usize) -> i32;
                /// [`Hook::StartRead`](crate::Hook::StartRead).
                START_READ = safe fn start_read(lock: usize);
                /// [`Hook::FinishRead`](crate::Hook::FinishRead).
                FINISH_READ = safe fn finish_read(lock: usize);
                /// [`Hook::StartReadUnlock`](crate::Hook::StartReadUnlock).
                START_READ_UNLOCK = safe fn start_read_unlock(lock: usize);
                /// [`Hook::FinishReadUnlock`](crate::Hook::FinishReadUnlock).
                FINISH_READ_UNLOCK = safe fn finish_read_unlock(lock: usize);
                /// [`Hook::StartWait`](crate::Hook::StartWait).
                START_WAIT = safe fn start_wait(condvar: usize, mutex: usize);
                /// [`Hook::FinishWait`](crate::Hook::FinishWait); `timed_out` is 1 if the time was over, else 0.
                FINISH_WAIT = safe fn finish_wait(condvar: usize, timed_out: i32);
                /// [`Hook::Notify`](crate::Hook::Notify); `all` is 0 for one waiting thread and 1 for all of them.
                NOTIFY = safe fn notify(condvar: usize, all: i32);
                /// [`Hook::StartPark`](crate::Hook::StartPark); `timed` is 1 with a time limit, else 0.
                START_PARK = safe fn start_park(token: usize, timed: i32);
                /// [`Hook::FinishPark`](crate::Hook::FinishPark); `timed_out` is 1 if there was no token, else 0.
                FINISH_PARK = safe fn finish_park(token: usize, timed_out: i32);
                /// [`Hook::Unpark`](crate::Hook::Unpark).
                UNPARK = safe fn unpark(token: usize);
            }
        }
    };
}

/// A value that crosses the border between guest and host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Value {
    /// 32 bits: numbers of that size, addresses, lengths.
    I32,
    /// 64 bits.
    I64,
}

/// A function that a host provides. Its `Display` is its type in wasm's terms: `(i32, i32) -> i32`.
///
/// ```
/// use threadlink_abi::imports::{THREAD_CREATE, Value};
///
/// assert_eq!(THREAD_CREATE.params, [Value::I32, Value::I32]);
/// assert_eq!(THREAD_CREATE.to_string(), "(i32, i32) -> i32");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Import {
    /// The import module.
    pub module: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it takes.
    pub params: &'static [Value],
    /// What it returns; `None` also for one that never returns.
    pub result: Option<Value>,
}

impl Import {
    /// The import of this module and name, if there is one.
    ///
    /// ```
    /// use threadlink_abi::imports::{CLOCK, Import};
    ///
    /// assert_eq!(Import::find("threadlink", "clock_monotonic"), Some(CLOCK));
    /// assert_eq!(Import::find("threadlink", "clock"), None);
    /// ```
    #[must_use]
    pub fn find(module: &str, name: &str) -> Option<Self> {
        ALL.iter()
            .find(|import| import.module == module && import.name == name)
            .copied()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, value) in self.params.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            value.fmt(f)?;
        }
        match self.result {
            Some(value) => write!(f, ") -> {value}"),
            None => f.write_str(") -> ()"),
        }
    }
}

/// How a Rust type of the list crosses the border. Addresses and lengths of a guest have 32 bits, whatever machine this
/// is compiled for.
trait Crosses {
    const AS: Value;
}

impl Crosses for i32 {
    const AS: Value = Value::I32;
}
impl Crosses for u32 {
    const AS: Value = Value::I32;
}
impl Crosses for usize {
    const AS: Value = Value::I32;
}
impl<T> Crosses for *const T {
    const AS: Value = Value::I32;
}
impl<T> Crosses for *mut T {
    const AS: Value = Value::I32;
}
impl Crosses for i64 {
    const AS: Value = Value::I64;
}
impl Crosses for u64 {
    const AS: Value = Value::I64;
}

macro_rules! table {
    ($($(#[$module_doc:meta])* mod $part:ident = $module:literal {
        $($(#[$doc:meta])* $constant:ident = $safety:tt fn $name:ident($($arg:ident: $type:ty),*) $(-> $ret:tt)?;)*
    })*) => {
        $($($(#[$doc])*
        pub const $constant: Import = Import {
            module: $module,
            name: stringify!($name),
            params: &[$(<$type as Crosses>::AS),*],
            result: table!(@result $($ret)?),
        };)*)*

        /// All of them.
        pub const ALL: &[Import] = &[$($($constant),*),*];
    };
    (@result) => { None };
    (@result !) => { None };
    (@result $type:ty) => { Some(<$type as Crosses>::AS) };
}

crate::imports!(table);

/// The import module of Part A, which is Wasmgrind's.
pub const CORE_MODULE: &str = THREAD_CREATE.module;
/// The import module of Part B, which is ours.
pub const EXT_MODULE: &str = WRITE.module;

/// Module of the one imported memory.
pub const MEMORY_MODULE: &str = "env";
/// Name of the one imported memory, which is shared and has a maximum.
pub const MEMORY: &str = "memory";

/// `stream` of `read` for standard input.
pub const STDIN: i32 = 0;
/// `stream` of `write` for standard output.
pub const STDOUT: i32 = 1;
/// `stream` of `write` for standard error.
pub const STDERR: i32 = 2;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::collections::BTreeSet;
    use std::string::{String, ToString};
    use std::vec::Vec;
    use std::{format, fs};

    use super::*;

    #[test]
    fn no_name_stands_twice_and_each_is_found() {
        let names: BTreeSet<_> = ALL.iter().map(|import| (import.module, import.name)).collect();
        assert_eq!(names.len(), ALL.len());
        for import in ALL {
            assert_eq!(Import::find(import.module, import.name), Some(*import));
        }
    }

    /// The rows of docs/abi.md that describe imports: module of the section, name, type.
    fn documented() -> Vec<(String, String, String)> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/abi.md");
        let text = fs::read_to_string(path).expect("docs/abi.md is there");
        let mut module = None;
        let mut rows = Vec::new();
        for line in text.lines() {
            if line.starts_with('#') {
                module = None;
            }
            if let Some((_, after)) = line.to_ascii_lowercase().split_once("imports from `") {
                module = after.split('`').next().map(ToString::to_string);
            }
            let cells: Vec<_> = line.split('`').collect();
            if let (Some(module), ["| ", call, " | ", ty, ..]) = (&module, cells.as_slice()) {
                let name = call.split('(').next().unwrap_or_default();
                rows.push((module.clone(), name.to_string(), ty.to_string()));
            }
        }
        rows
    }

    #[test]
    fn the_document_has_the_same_imports_with_the_same_types() {
        let table = ALL
            .iter()
            .map(|import| (import.module.into(), import.name.into(), format!("{import}")));
        let table: BTreeSet<(String, String, String)> = table.collect();
        let documented = documented();
        assert_eq!(documented.len(), table.len(), "{documented:#?}");
        assert_eq!(documented.into_iter().collect::<BTreeSet<_>>(), table);
    }
}
