//! Runs a real compiler: as it was called, or with what guests need.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufReader, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};

use threadlink_sysroot::{Cache, Identity, Made, Variant};
use threadlink_toolchain::{Machine, Own, flags, own};

use crate::added::added;
use crate::arguments::Arguments;
use crate::choice::{Choice, STD_VAR};
use crate::dep_info;
use crate::exec;
use crate::known;
use crate::messages;
use crate::say::tell;
use crate::tool::Compiler;

/// Becomes the real tool of this name.
pub(crate) fn hand_on(name: &str, words: &[OsString]) -> Result<i32, String> {
    become_real(&own(&Machine::new())?, name, words)
}

/// Does what the compiler was asked for.
pub(crate) fn run(compiler: Compiler, called: &OsStr, mut words: Vec<OsString>) -> Result<i32, String> {
    let own = own(&Machine::new())?;
    if compiler == Compiler::Clippy
        && let Some(first) = words.first_mut()
        && is_rustc(first)
    {
        *first = own.rustc.clone().into_os_string();
    }
    let arguments = Arguments::of(&words, |path| std::fs::read_to_string(path).ok());
    if !arguments.is_guest() {
        return become_real(&own, compiler.name(), &words);
    }
    let choice = Choice::of(called);
    let panic = arguments.panic();
    let variant = Variant {
        std: choice.kind(),
        panic,
        traced: arguments.is_traced(),
    };
    let made = sysroot(&own, &choice, variant, arguments.compiles())?;
    let std = made.as_ref().map_or(variant.std, |made| made.std);
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let told = known::told(&variable("CARGO_PKG_NAME"), &variable("CARGO_PKG_VERSION"), std);

    if !told.without.is_empty() || told.instead {
        let package = variable("CARGO_PKG_NAME");
        let instead = made.as_ref().filter(|_| told.instead);
        let source = instead.map(|made| made.instead(&package));
        words = arguments.changed(told.without, source.as_deref());
    }
    let mut command = Command::new(own.tool(compiler.name()));
    command
        .args(&words)
        .args(added(&arguments, panic, made.as_ref(), &told)?);
    if told.unlocked {
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    if io::stderr().is_terminal() && arguments.is_for_people() {
        // It could not see that: its messages go through here.
        command.arg("--color=always");
    }
    let code = filtered(&mut command, flags::features(panic))?;
    if code == 0
        && let (Some(list), Ok(value)) = (arguments.dep_info(), std::env::var(STD_VAR))
    {
        dep_info::note(&list, STD_VAR, &value)
            .map_err(|error| format!("cannot write to {}: {error}", list.display()))?;
    }
    Ok(code)
}

/// The sysroot to compile with. One that is not there is made only if something is really to be compiled.
fn sysroot(own: &Own, choice: &Choice, variant: Variant, compiles: bool) -> Result<Option<Made>, String> {
    let cache = Cache::of_user(&Machine::new()).map_err(|error| error.to_string())?;
    if let Choice::Exact(identity) = choice
        && let Some(made) = cache.find(identity, variant)
    {
        return Ok(Some(made));
    }
    let compiler =
        threadlink_sysroot::Compiler::ask(&own.rustc, &own.cargo).map_err(|error| error.to_string())?;
    if !compiles {
        return Ok(cache.find(&Identity::of(&compiler, variant.std), variant));
    }
    cache
        .sysroot(&compiler, variant, &mut tell)
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Runs the compiler with its messages filtered.
fn filtered(command: &mut Command, features: &[&str]) -> Result<i32, String> {
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_run(command.get_program(), &error))?;
    if let Some(stderr) = child.stderr.take() {
        // If nobody reads any more, the compiler is to learn of it, by its own next message.
        let _ = messages::copy(&mut BufReader::new(stderr), &mut io::stderr().lock(), features);
    }
    let status = child
        .wait()
        .map_err(|error| cannot_run(command.get_program(), &error))?;
    Ok(exec::code(status))
}

fn become_real(own: &Own, name: &str, words: &[OsString]) -> Result<i32, String> {
    let program = own.tool(name);
    exec::exec(Command::new(&program).args(words)).map_err(|error| cannot_run(program.as_os_str(), &error))
}

fn cannot_run(program: &OsStr, error: &io::Error) -> String {
    format!("cannot run {}: {error}", Path::new(program).display())
}

/// Cargo names the compiler to what wraps it.
fn is_rustc(word: &OsStr) -> bool {
    Path::new(word)
        .file_stem()
        .is_some_and(|name| name == "rustc" || name == "threadlink-rustc")
}
