//! The steps from std's source to a sysroot, all in one folder that is aside.

use std::fs;
use std::path::Path;

use crate::build;
use crate::compiler::Compiler;
use crate::error::Error;
use crate::identity::Identity;
use crate::layout;
use crate::link;
use crate::objects;
use crate::patch::{self, Misfit};
use crate::runtime;
use crate::source;
use crate::stamp;
use crate::variant::{Std, Variant};

/// Makes the sysroot in the empty folder `aside/sysroot`, or says that the patch does not fit.
pub(crate) fn make(
    compiler: &Compiler,
    identity: &Identity,
    variant: Variant,
    aside: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Result<(), Misfit>, Error> {
    let (library, sysroot) = (aside.join("library"), aside.join("sysroot"));
    let own = compiler.sysroot()?;
    source::copy(&own.join("lib/rustlib/src/rust/library"), &library)?;
    if variant.std == Std::Threaded {
        runtime::place(&library, variant.traced)?;
        let applied = patch::apply(&library, variant.traced).map_err(Error::file(&library))?;
        if let Err(misfit) = applied {
            return Ok(Err(misfit));
        }
    }
    // What std does not support is read from its source.
    keep(
        &library.join("std/src/sys"),
        &layout::source(&sysroot).join("std/src/sys"),
    )?;
    if variant.std == Std::Threaded {
        // Ours do what std's did not.
        for file in patch::replaced() {
            let kept = layout::source(&sysroot).join("std").join(file);
            fs::remove_file(&kept).map_err(Error::file(&kept))?;
        }
    }
    let built = build::run(compiler, &library, variant, &identity.folder(variant), say)?;

    let ours = layout::libraries(&sysroot);
    fs::create_dir_all(&ours).map_err(Error::file(&ours))?;
    for file in built {
        let name = file.file_name().unwrap_or_default();
        fs::rename(&file, ours.join(name)).map_err(Error::file(&file))?;
    }
    if variant.std == Std::Threaded {
        objects::compile(compiler, variant.panic, aside, &sysroot)?;
    }
    stamp::write(
        &sysroot,
        &layout::ours(),
        &[
            ("release", compiler.release()),
            ("host", compiler.host()),
            ("compiler", &compiler.rustc.to_string_lossy()),
        ],
    )
    .map_err(Error::file(&sysroot))?;
    // The compiler looks for its tools, and rustdoc for the compiler, from the sysroot on.
    for real in [
        "bin".to_owned(),
        format!("{}/{}", layout::KINDS, compiler.host()),
        format!("{}/src", layout::KINDS),
    ] {
        let at = sysroot.join(&real);
        link::folder(&own.join(&real), &at).map_err(Error::file(&at))?;
    }
    Ok(Ok(()))
}

/// Moves a folder to where it stays.
fn keep(from: &Path, to: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(from).map_err(Error::file(from))? {
        let entry = entry.map_err(Error::file(from))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            keep(&entry.path(), &target)?;
        } else {
            fs::create_dir_all(to).map_err(Error::file(to))?;
            fs::copy(entry.path(), &target).map_err(Error::file(&target))?;
        }
    }
    Ok(())
}
