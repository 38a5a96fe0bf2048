//! What is added to the arguments of a compiler of guests.

use std::path::Path;

use threadlink_sysroot::{Made, Std};
use threadlink_toolchain::{Linker, Machine, Panic, flags, linker};

use crate::arguments::Arguments;
use crate::known::Told;
use crate::stand_in::{STD_CFG, TRACE_CFG};

/// What is added; `made` is the sysroot, if there is one.
pub(crate) fn added(
    arguments: &Arguments,
    panic: Panic,
    made: Option<&Made>,
    told: &Told,
) -> Result<Vec<String>, String> {
    let mut added = flags::missing(arguments.flags(), flags::compile(panic));
    if !arguments.has_mangling() {
        // Backtraces name what closures and generic functions stand for.
        added.push("-Csymbol-mangling-version=v0".to_owned());
    }
    // Else the compiler would not know these names, and warn where they are asked for.
    for cfg in [STD_CFG, TRACE_CFG] {
        added.push(format!("--check-cfg=cfg({cfg})"));
    }
    for cfg in told.cfgs {
        added.push(format!("--cfg={cfg}"));
    }
    let Some(made) = made else {
        return Ok(added);
    };
    if made.std == Std::Threaded {
        added.push(format!("--cfg={STD_CFG}"));
    }
    if let Some((name, library)) = told.given
        && !arguments.has_extern(name)
    {
        added.push(format!("--extern={name}={}", utf8(&made.given(library))?));
    }
    if !arguments.has_sysroot() {
        added.push(format!("--sysroot={}", utf8(&made.folder)?));
    }
    if arguments.links() {
        link(arguments, made, &mut added)?;
    }
    Ok(added)
}

fn utf8(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("the path {} is not UTF-8", path.display()))
}

fn link(arguments: &Arguments, made: &Made, added: &mut Vec<String>) -> Result<(), String> {
    added.extend(flags::missing(arguments.flags(), flags::link()));
    let program = arguments.is_program();
    for object in made.objects(program) {
        added.push(format!("-Clink-arg={}", object.display()));
    }
    if program && made.std == Std::Threaded {
        added.push("-Clink-arg=--export=_start".to_owned());
    }
    if !arguments.has_linker() {
        match linker(&Machine::new(), &made.folder, &made.host()) {
            Some(Linker::At(path)) => added.push(format!("-Clinker={}", path.display())),
            Some(_) => {}
            None => {
                return Err("there is no linker for wasm here (neither rustc's own rust-lld nor LLVM's wasm-ld): run \
                     `threadlink setup`"
                    .to_owned());
            }
        }
    }
    Ok(())
}
