//! What the end-to-end tests share: building a guest through the real `threadlink` command, and running it.

pub mod user;

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long one command may take before the test gives up on it. A watchdog: the longest, a million threads, takes less
/// than a minute on two idle processors.
const LIMIT: Duration = Duration::from_secs(900);

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("tests/end-to-end/ is in the workspace")
        .to_owned()
}

/// The `threadlink` command, built once a test process.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn threadlink() -> Command {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    // With the workspace's features, as the tests themselves are built: the host is compiled once.
    let path = PATH.get_or_init(|| {
        // The other one belongs to it, and stands beside it.
        executable(&["--workspace", "--bin", "threadlink-rustc"]);
        executable(&["--workspace", "--bin", "threadlink"])
    });
    let mut command = Command::new(path);
    command
        .current_dir(root())
        .env("THREADLINK_CACHE", std_folder())
        // Each run compiles, whatever ran before; those that are about kept code have a place of their own for it.
        .env("THREADLINK_CACHE_SIZE", "0")
        .env("RUSTUP_HOME", rustup_home())
        // What a report shows does not depend on who runs the tests.
        .env_remove("RUST_BACKTRACE");
    command
}

/// The folder that all tests share for the std that guests are built on: each kind of it is made once.
#[must_use]
pub fn std_folder() -> PathBuf {
    root().join("target/std")
}

/// A rustup of this test process: with links to the toolchains that there are, but settings of its own, so that the ones of
/// whoever runs the tests stay what they are.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn rustup_home() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = copies().join("rustup");
        rustup_at(&made);
        made
    })
    .clone()
}

/// Makes such a rustup in this folder.
///
/// # Panics
/// If it cannot be made.
pub fn rustup_at(made: &Path) {
    let real = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".rustup"));
    std::fs::create_dir_all(made.join("toolchains")).expect("target/ can be written to");
    let Some(real) = real.or(home) else {
        return;
    };
    let toolchains = std::fs::read_dir(real.join("toolchains"));
    for toolchain in toolchains.into_iter().flatten().filter_map(Result::ok) {
        link(
            &toolchain.path(),
            &made.join("toolchains").join(toolchain.file_name()),
        );
    }
    if let Ok(settings) = std::fs::read_to_string(real.join("settings.toml")) {
        std::fs::write(made.join("settings.toml"), settings).expect("target/ can be written to");
    }
}

/// Makes a folder reachable at another place.
///
/// # Panics
/// If it cannot be done.
#[cfg(unix)]
pub fn link(real: &Path, at: &Path) {
    std::os::unix::fs::symlink(real, at).expect("target/ can have links");
}

/// Makes a folder reachable at another place.
///
/// # Panics
/// If it cannot be done.
#[cfg(windows)]
pub fn link(real: &Path, at: &Path) {
    std::os::windows::fs::symlink_dir(real, at).expect("target/ can have links");
}

/// Plain cargo in a project, as it is where `threadlink init` was run.
///
/// # Panics
/// If the toolchain cannot be made.
#[must_use]
pub fn plain_cargo(project: &Path) -> Command {
    // The command makes the toolchain when it is first used.
    static READY: OnceLock<()> = OnceLock::new();
    READY.get_or_init(|| {
        let ran = run(threadlink().arg("init").arg(copies()));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    });
    let cargo = format!("cargo{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(std_folder().join("toolchains/threadlink/bin").join(cargo));
    command
        .current_dir(project)
        .env("THREADLINK_CACHE", std_folder())
        .env("RUSTUP_HOME", rustup_home());
    // Cargo tells its tests what they run on; a person's shell does not.
    for name in [
        "RUSTUP_TOOLCHAIN",
        "CARGO",
        "RUSTC",
        "RUSTDOC",
        "RUSTC_WRAPPER",
        "RUST_BACKTRACE",
    ] {
        command.env_remove(name);
    }
    command
}

/// Builds a program of the workspace for this machine, with these arguments for `cargo build`; a copy that later
/// builds leave alone.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn native(arguments: &[&str]) -> PathBuf {
    // One at a time: two builds of one program with other features write the same file.
    static COUNT: Mutex<usize> = Mutex::new(0);
    let mut count = COUNT.lock().expect("no build panicked");
    *count += 1;
    let built = executable(arguments);
    let copy = copies().join(format!("native-{count}"));
    std::fs::copy(built, &copy).expect("the path that cargo names is a file");
    copy
}

/// Runs `cargo build` with these arguments, and returns what it says that the executable is.
fn executable(arguments: &[&str]) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--message-format", "json"])
        .args(arguments)
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{arguments:?} cannot be built");
    let text = String::from_utf8_lossy(&built.stdout);
    let marker = "\"executable\":\"";
    let at = text.rfind(marker).expect("cargo names the executable") + marker.len();
    let end = text[at..].find('"').expect("the name ends") + at;
    PathBuf::from(&text[at..end])
}

/// A folder below target/ that is this process's own, and empty when it is first asked for.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn copies() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let copies = root()
            .join("target")
            .join("e2e")
            .join(std::process::id().to_string());
        // Numbers of processes come round: what an earlier one has left is not this one's.
        if let Err(error) = std::fs::remove_dir_all(&copies) {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{}: {error}", copies.display());
        }
        std::fs::create_dir_all(&copies).expect("target/ can be written to");
        copies
    })
    .clone()
}

/// How a guest is built.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guest {
    arguments: Vec<String>,
}

impl Guest {
    /// A binary of the package `tests/guests`.
    #[must_use]
    pub fn bin(name: &str) -> Self {
        Self {
            arguments: ["-p", "guests", "--bin", name].map(str::to_owned).to_vec(),
        }
    }

    /// A package with one target.
    #[must_use]
    pub fn package(name: &str) -> Self {
        Self {
            arguments: ["-p", name].map(str::to_owned).to_vec(),
        }
    }

    /// With more arguments for `threadlink build`.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// With lock events.
    #[must_use]
    pub fn traced(self) -> Self {
        self.with(&["--features", "tracing"])
    }

    /// Builds it and returns a copy of the module that later builds of the same program leave alone.
    ///
    /// # Panics
    /// If the build fails.
    #[must_use]
    pub fn build(&self) -> PathBuf {
        // One build at a time: two builds of one program with other features write the same file.
        static BUILT: OnceLock<Mutex<HashMap<Guest, PathBuf>>> = OnceLock::new();
        let mut built = BUILT
            .get_or_init(Mutex::default)
            .lock()
            .expect("no build panicked");
        if let Some(path) = built.get(self) {
            return path.clone();
        }
        // These are about the crate's own runtime. Those about std's threads say so.
        // Nothing that is in a test of its own depends on what a profile says.
        let mut command = threadlink();
        command.arg("build");
        for (option, value) in [("--std", "plain"), ("--panic", "abort")] {
            if !self.arguments.iter().any(|word| word == option) {
                command.args([option, value]);
            }
        }
        let output = output(command.args(&self.arguments));
        assert!(
            output.status.success(),
            "{:?} cannot be built:\n{}",
            self.arguments,
            text(&output.stderr)
        );
        let stdout = text(&output.stdout);
        let path = PathBuf::from(stdout.lines().last().expect("build prints a path"));
        let copy = copies().join(format!("{}.wasm", built.len()));
        std::fs::copy(&path, &copy).expect("the path that build prints is a file");
        built.insert(self.clone(), copy.clone());
        copy
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// The same, byte by byte.
    pub bytes: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// Runs a command to its end.
///
/// # Panics
/// If it does not end in time, or was killed.
pub fn run(command: &mut Command) -> Ran {
    let output = output(command);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let code = output
        .status
        .code()
        .unwrap_or_else(|| panic!("{command:?} was killed: {}", output.status));
    Ran {
        code,
        stdout,
        bytes: output.stdout,
        stderr,
    }
}

/// `threadlink run MODULE -- ARGUMENTS`.
#[must_use]
pub fn run_module(module: &Path, arguments: &[&str]) -> Ran {
    run(threadlink().arg("run").arg(module).arg("--").args(arguments))
}

/// The same in Node, on the host of `hosts/js`: `MODULE ARGUMENTS` follow.
#[must_use]
pub fn javascript() -> Command {
    let mut command = Command::new("node");
    command
        .arg(root().join("hosts/js/bin/threadlink.mjs"))
        .env_remove("RUST_BACKTRACE");
    command
}

/// Builds what follows a program in JavaScript, and puts it where that host looks for it.
///
/// # Panics
/// If it cannot be built.
pub fn with_follower() {
    static THERE: OnceLock<()> = OnceLock::new();
    THERE.get_or_init(|| {
        let options = ["--lib", "--release", "--std", "threaded"];
        let module = Guest::package("follow-module").with(&options).build();
        let folder = root().join("hosts/js");
        // Other tests may be reading an older one.
        let new = folder.join(format!("follow.{}.new", std::process::id()));
        std::fs::copy(module, &new).expect("a copy");
        std::fs::rename(&new, folder.join("follow.wasm")).expect("a file");
    });
}

/// `threadlink build --web` of this guest: the folder of the package, with what follows it.
///
/// # Panics
/// If the build fails.
#[must_use]
pub fn web_package(guest: &Guest, name: &str) -> PathBuf {
    let folder = copies().join(format!("{name}-pkg"));
    let done = guest
        .clone()
        .with(&["--web", "-o"])
        .with(&[folder.to_str().expect("UTF-8")]);
    let _ = done.build();
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command with a watchdog.
fn output(command: &mut Command) -> Output {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut out, mut err) = (
        child.stdout.take().expect("piped"),
        child.stderr.take().expect("piped"),
    );
    let stdout = std::thread::spawn(move || read(&mut out));
    let stderr = std::thread::spawn(move || read(&mut err));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break status;
        }
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("{command:?} did not end within {} s", LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let stdout = stdout.join().expect("the reader does not panic");
    Output {
        status,
        stdout,
        stderr: stderr.join().expect("the reader does not panic"),
    }
}

fn read(stream: &mut dyn Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A stream that breaks off has given what it had.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}
