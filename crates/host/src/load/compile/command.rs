//! Which program compiles, when, and for how long.

use std::ffi::OsStr;
use std::io;
use std::process::Command;
use std::time::Duration;
use std::{ffi::OsString, path::PathBuf};

/// Bytes that compiling may take at most for a module that is compiled in this process: the slowest that were measured took
/// 1.4 s in a build without optimisation.
const BEYOND: u64 = 64 << 20;

/// A program that compiles modules in a process of its own, which can be killed: given to
/// [`EngineConfig::compiler`](crate::EngineConfig::compiler).
///
/// Compiling takes a time that nobody knows before, and cannot be stopped from within. With a compiler, modules that may take
/// long are compiled in a child process, which ends when [`max_time`](Self::max_time) is over, when the
/// [`StopHandle`](crate::StopHandle) of the load is used, or when this process ends. On Linux the child may not take more
/// memory than [`EngineConfig::max_compile_memory`](crate::EngineConfig::max_compile_memory) says, and what it is made of itself.
///
/// The program has to call [`compile_child`](crate::compile_child) when it is started so; most simply it is the same program:
///
/// ```no_run
/// use std::time::Duration;
/// use threadlink_host::{Compiler, Engine, EngineConfig, compile_child};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     if std::env::args().nth(1).as_deref() == Some("compile-a-module") {
///         compile_child();
///     }
///     let compiler = Compiler::this_program()?
///         .args(["compile-a-module"])
///         .max_time(Duration::from_secs(10));
///     let engine = Engine::new(&EngineConfig::new().compiler(compiler))?;
///     let program = engine.load(&std::fs::read("strange.wasm")?)?;
///     # let _ = program;
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Compiler {
    program: PathBuf,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    beyond: u64,
    max_time: Option<Duration>,
}

impl Compiler {
    /// The program that calls this, started once more.
    ///
    /// # Errors
    /// If the system does not say where it is.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self::at(this_program()?))
    }

    /// Another program.
    ///
    /// # Safety
    /// What it answers is run as machine code in this process. So it must be a program of yours that calls
    /// [`compile_child`](crate::compile_child) and says nothing of that form by itself, and nobody may replace it who should
    /// not.
    ///
    /// # Examples
    /// ```no_run
    /// use threadlink_host::Compiler;
    ///
    /// // SAFETY: our installer puts it there, all that its `main` does is to call `compile_child`, and only root can write
    /// // to that directory.
    /// let compiler = unsafe { Compiler::program("/usr/libexec/our-service/compiler") };
    /// # let _ = compiler;
    /// ```
    pub unsafe fn program(path: impl Into<PathBuf>) -> Self {
        Self::at(path.into())
    }

    pub(super) fn at(program: PathBuf) -> Self {
        Self {
            program,
            args: Vec::new(),
            environment: Vec::new(),
            beyond: BEYOND,
            max_time: None,
        }
    }

    /// Adds arguments that the program is started with.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to its environment, which is otherwise that of this process.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// From how many bytes on, that compiling may take by the [estimate](crate::EngineConfig::max_compile_memory), a module is
    /// compiled there and not in this process (default: 64 MiB; 0 means every module).
    ///
    /// To start a process takes some milliseconds, and the code goes through a pipe. Modules below the default were measured to
    /// take up to 1.4 s in a build without optimisation, and are not stopped in that time.
    pub fn beyond(mut self, bytes: u64) -> Self {
        self.beyond = bytes;
        self
    }

    /// How long loading a module may take that is compiled there, counted from the call of `load` (default: no limit). After
    /// that the child is killed, and the load is [`LoadError::CompileTime`](crate::LoadError::CompileTime).
    pub fn max_time(mut self, limit: Duration) -> Self {
        self.max_time = Some(limit);
        self
    }

    /// Whether it compiles a module that may take so many bytes.
    pub(super) fn takes(&self, cost: u64) -> bool {
        cost >= self.beyond
    }

    pub(super) fn time_limit(&self) -> Option<Duration> {
        self.max_time
    }

    /// What messages call it.
    pub(super) fn name(&self) -> String {
        let words =
            std::iter::once(self.program.as_os_str()).chain(self.args.iter().map(OsString::as_os_str));
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Where the program that runs is: what it was started from, also if another file has that name by now.
#[cfg(target_os = "linux")]
fn this_program() -> io::Result<PathBuf> {
    const SELF: &str = "/proc/self/exe";
    // It is there to be followed, whether or not it can be read.
    match std::fs::symlink_metadata(SELF) {
        Ok(_) => Ok(PathBuf::from(SELF)),
        Err(_) => std::env::current_exe(),
    }
}

/// Where the program that runs is.
#[cfg(not(target_os = "linux"))]
fn this_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}
