//! The process that compiles one module.

use std::io::{self, BufReader, BufWriter, Read};

use super::address_space;
use super::protocol::{self, Settings};
use crate::compilers;
use crate::engine::{Engine, EngineConfig};

/// What the process exits with if it was not asked properly, and if nobody is there any more.
const NOT_ASKED: i32 = 2;
const LEFT: i32 = 3;

/// Bytes of addresses that the allocator takes on top of those that it uses, and that a thread takes.
const ARENAS: u64 = 160 << 20;
const THREAD: u64 = 4 << 20;

/// Compiles one module for the process that has started this one as its [`Compiler`](crate::Compiler), and ends this process:
/// all that such a program does. The module comes from standard input, the answer goes to standard output.
///
/// ```no_run
/// if std::env::args().nth(1).as_deref() == Some("compile-a-module") {
///     threadlink_host::compile_child();
/// }
/// ```
pub fn compile_child() -> ! {
    match compile() {
        Ok(()) => std::process::exit(0),
        Err(error) => {
            eprintln!("cannot compile a module: {error}; a host starts this program for it, and nobody else");
            std::process::exit(NOT_ASKED)
        }
    }
}

fn compile() -> io::Result<()> {
    let mut input = BufReader::new(io::stdin());
    let (settings, nonce, length) = protocol::asked(&mut input)?
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the input is no request"))?;
    let threads = compilers::count() as u64;
    address_space::limit(
        settings
            .max_memory
            .saturating_add(ARENAS + THREAD * threads)
            // The module, and its code once more while it is sent.
            .saturating_add(8 * length),
    );
    let module = protocol::module(&mut input, length)?;
    end_with(input)?;
    let answer = precompiled(settings, &module);
    protocol::answer(&mut BufWriter::new(io::stdout().lock()), nonce, &answer)
}

/// Ends this process when its input does.
fn end_with(mut input: impl Read + Send + 'static) -> io::Result<()> {
    let watch = move || {
        // Nothing comes any more, whatever it is.
        while matches!(input.read(&mut [0]), Ok(1..)) {}
        std::process::exit(LEFT)
    };
    std::thread::Builder::new()
        .name("parent".to_owned())
        .spawn(watch)
        .map(drop)
}

fn precompiled(settings: Settings, module: &[u8]) -> protocol::Answer {
    let config = EngineConfig::new()
        .interruptible(false)
        .locatable(settings.checks_epochs);
    let engine = Engine::new(&config).map_err(|error| error.to_string())?;
    engine
        .reserving(settings.reserved)
        .and_then(|engine_for_all| {
            if compilers::are_there() {
                Ok(engine_for_all)
            } else {
                engine.compiling_alone(settings.reserved)
            }
        })
        .and_then(|engine| engine.precompile_module(module))
        .map_err(|error| format!("{error:#}"))
}
