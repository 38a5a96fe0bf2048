//! `threadlink build --web`: a folder with a module and all that a page needs to run it.

use std::fs;
use std::path::{Path, PathBuf};

use threadlink_host::for_other_hosts;
use threadlink_js::{Dir, DirEntry, FILES};

use super::files::{HOST, failed, quoted, write};
use super::{bindgen, names, types};
use crate::failure::Failure;

/// It stands beside a page, and so at the top of the package.
const SERVICE_WORKER: &str = "isolate-worker.js";

/// What follows the program, beside the folder of the host.
const FOLLOWER: &str = "follow.wasm";

/// How a module talks with JavaScript.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Glue<'a> {
    /// In numbers.
    None,
    /// Through wasm-bindgen, of the version in this lock file.
    Bindgen(&'a Path),
}

/// Makes the folder, or makes it anew, with the module `follower` to follow the program: the module's copy there. Without glue
/// it is one whose waits the host can see.
pub(crate) fn package(
    module: &Path,
    follower: Option<&Path>,
    folder: &Path,
    glue: Glue<'_>,
) -> Result<PathBuf, Failure> {
    let name = module
        .file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let bytes = crate::run::read(module)?;
    let no_module = |error: wasmparser::BinaryReaderError| {
        Failure::usage(format!("{} is no module: {error}", module.display()))
    };
    let calls = types::calls(&bytes).map_err(no_module)?;
    let glue_module = match glue {
        Glue::None if bindgen::is_wanted(&bytes).map_err(no_module)? => {
            return Err(Failure::usage(format!(
                "{} talks with JavaScript through wasm-bindgen: add `--bindgen`",
                module.display()
            )));
        }
        Glue::None => None,
        Glue::Bindgen(lock_file) => Some(bindgen::make(module, &name, lock_file, folder)?),
    };
    let host = folder.join(HOST);
    // What an older version had there, and this one has not.
    match fs::remove_dir_all(&host) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&host, &error)),
        _ => {}
    }
    let put = |file: String, text: String| write(&folder.join(file), text.as_bytes());
    // Bundlers look for it in any case: an empty one is none.
    let follower = follower.map_or_else(|| Ok(Vec::new()), crate::run::read)?;
    write(&folder.join(FOLLOWER), &follower)?;
    unpack(&FILES, &host)?;
    let copy = if let Some(copy) = glue_module {
        let address = format!("./{}/{name}_bg.wasm", bindgen::FOLDER);
        let provided = bindgen::provided(&crate::run::read(&copy)?).map_err(no_module)?;
        put(format!("{HOST}/glue.js"), bindgen::host_glue(&name, &provided))?;
        put(format!("{name}.js"), bindgen::script(&name, &address))?;
        put(format!("{name}.d.ts"), bindgen::declarations(&name))?;
        put(format!("{name}_program.js"), script(&name, &address))?;
        put(format!("{name}_program.d.ts"), declarations(&name, &calls))?;
        copy
    } else {
        let readable = names::readable(&bytes).map_err(no_module)?;
        let made = for_other_hosts(&readable)
            .map_err(|error| Failure::usage(format!("{}: {error}", module.display())))?;
        let copy = folder.join(format!("{name}.wasm"));
        write(&copy, &made)?;
        put(format!("{name}.js"), script(&name, &format!("./{name}.wasm")))?;
        put(format!("{name}.d.ts"), declarations(&name, &calls))?;
        copy
    };
    put("package.json".to_owned(), manifest(&name))?;
    if let Some(worker) = FILES.get_file(SERVICE_WORKER) {
        write(&folder.join(SERVICE_WORKER), worker.contents())?;
    }
    Ok(copy)
}

/// Writes the files of a folder into another one.
fn unpack(dir: &Dir<'_>, folder: &Path) -> Result<(), Failure> {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => unpack(dir, folder)?,
            DirEntry::File(file) => write(&folder.join(file.path()), file.contents())?,
        }
    }
    Ok(())
}

fn script(name: &str, address: &str) -> String {
    let (file, name) = (quoted(address), quoted(name));
    format!(
        r#"// Made by `threadlink build --web`: what a page imports.

import {{ load as loadModule }} from "./{HOST}/index.js";

export {{ ThreadlinkError }} from "./{HOST}/index.js";
export {{ isolate }} from "./{HOST}/isolate.js";

/** Loads the program: `run()` runs it, `call(name, ...numbers)` calls what it exports. */
export const load = (options) => loadModule(new URL({file}, import.meta.url), {{ args: [{name}], ...options }});

/** Loads the program, and runs it to its end. */
export async function run(options) {{
  const program = await load(options);
  return program.run();
}}
"#
    )
}

fn declarations(name: &str, calls: &str) -> String {
    format!(
        r#"// Made by `threadlink build --web`.

import type {{ Options, Outcome, Program }} from "./{HOST}/index.js";

export {{ ThreadlinkError }} from "./{HOST}/index.js";
export type {{ Kind, Options, Outcome, Place, Sink, Source }} from "./{HOST}/index.js";
export {{ isolate }} from "./{HOST}/isolate.js";

/** The program `{}`. */
export interface Loaded extends Omit<Program, "call"> {{
{calls}  call(name: string, ...numbers: (number | bigint)[]): Promise<number | bigint | undefined>;
}}

/** Loads the program. */
export function load(options?: Options): Promise<Loaded>;

/** Loads the program, and runs it to its end. */
export function run(options?: Options): Promise<Outcome>;
"#,
        name.replace("*/", "")
    )
}

fn manifest(name: &str) -> String {
    let text = |text: String| serde_json::Value::from(text);
    let manifest = serde_json::json!({
        "name": text(name.to_lowercase()),
        "version": "0.0.0",
        "private": true,
        "type": "module",
        "main": text(format!("./{name}.js")),
        "types": text(format!("./{name}.d.ts")),
    });
    format!("{manifest:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_the_host_and_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("some-name.wasm");
        fs::write(
            &module,
            wat::parse_str(r#"(module (func (export "f")))"#).unwrap(),
        )
        .unwrap();
        let package_folder = folder.path().join("a/pkg");
        let stale = package_folder.join(HOST).join("stale.js");
        write(&stale, b"").unwrap();
        let follower = folder.path().join("followed.wasm");
        fs::write(&follower, b"some").unwrap();
        let copy = package(&module, Some(&follower), &package_folder, Glue::None).unwrap();
        assert_eq!(fs::read(package_folder.join(FOLLOWER)).unwrap(), b"some");
        assert!(fs::read(copy).unwrap().starts_with(&fs::read(&module).unwrap()));
        assert!(!stale.exists());
        for file in [
            "some-name.js",
            "isolate-worker.js",
            "threadlink/worker.js",
            "threadlink/imports/all.js",
        ] {
            assert!(package_folder.join(file).is_file(), "{file}");
        }
        let types = fs::read_to_string(package_folder.join("some-name.d.ts")).unwrap();
        assert!(types.contains("  call(name: \"f\"): Promise<void>;\n"), "{types}");
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(package_folder.join("package.json")).unwrap()).unwrap();
        assert_eq!(manifest["type"], "module");
        // The host's folder belongs to the command; the rest may have more files.
        let own = package_folder.join("own.txt");
        write(&own, b"").unwrap();
        package(&module, None, &package_folder, Glue::None).unwrap();
        assert_eq!(fs::read(package_folder.join(FOLLOWER)).unwrap(), b"");
        assert!(own.exists());
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("text.wasm");
        fs::write(&module, "text").unwrap();
        let failure = package(&module, None, folder.path(), Glue::None).unwrap_err();
        assert!(failure.message.contains("is no module"), "{}", failure.message);
    }
}
