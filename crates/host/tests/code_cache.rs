//! Code that is kept on disk: it is read the next time and runs as what was compiled, whatever has happened to the file; and what
//! is not this user's alone is neither read nor written.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use threadlink_host::{
    CodeCache, CodeSource, Compiler, End, Engine, EngineConfig, Guest, ImportError, Imports, LoadError,
    Program, RunConfig, StopHandle, Value, compile_child,
};

/// A folder that is not there yet, in one that is gone in the end.
fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/code");
    (dir, folder)
}

/// A module that returns a number, and has waits and globals, so that a copy of it is compiled.
fn module(number: u32) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (global $calls (mut i32) (i32.const 0))
            (func $fail (export "fail") unreachable)
            (func (export "number") (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
                (i32.const {number})))"#
    ))
    .unwrap()
}

fn config(folder: &Path) -> EngineConfig {
    EngineConfig::new().code_cache(CodeCache::at(folder))
}

fn load(config: &EngineConfig, module: &[u8]) -> Program {
    Engine::new(config).unwrap().load(module).unwrap()
}

/// Loads it, checks that it runs as it should, and says where its code is from.
fn source(config: &EngineConfig, number: u32) -> CodeSource {
    let program = load(config, &module(number));
    let outcome = program.run(RunConfig::new().invoke("number", [])).unwrap();
    assert!(matches!(outcome.end, End::Returned), "{}", outcome.end);
    assert_eq!(outcome.results, [Value::I32(number.cast_signed())]);
    program.code_source().clone()
}

/// The one file that is kept.
fn file(folder: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_module_is_compiled_once_for_each_setting_and_limits_hold_all_the_same() {
    let (_dir, folder) = place();
    let config = config(&folder);
    assert_eq!(source(&EngineConfig::new(), 7), CodeSource::Compiled);
    assert_eq!(source(&config, 7), CodeSource::CompiledAndKept);
    assert_eq!(source(&config, 7), CodeSource::Cache);
    assert_eq!(source(&config, 8), CodeSource::CompiledAndKept);
    assert_eq!(
        source(&config.clone().interruptible(false), 7),
        CodeSource::CompiledAndKept
    );
    let contents = CodeCache::at(&folder).contents().unwrap();
    assert_eq!(contents.modules, 3);
    assert!(contents.bytes > 3000, "{contents:?}");
    // Who has less memory to give refuses the module, though there is code for it.
    let refused = Engine::new(&config.clone().max_memory(1))
        .unwrap()
        .load(&module(7));
    assert!(matches!(refused, Err(LoadError::MemoryTooLarge { .. })));
    assert_eq!(CodeCache::at(&folder).clear().unwrap(), contents);
    assert_eq!(source(&config, 7), CodeSource::CompiledAndKept);
}

#[test]
fn kept_code_knows_where_it_comes_from_and_which_module_it_is() {
    let (_dir, folder) = place();
    let config = config(&folder);
    let run = || {
        let program = load(&config, &module(1));
        let outcome = program.run(RunConfig::new().entry("fail")).unwrap();
        (
            program.hash(),
            outcome.end.to_string(),
            program.code_source().clone(),
        )
    };
    let (first, second) = (run(), run());
    assert_eq!(
        (first.2, second.2),
        (CodeSource::CompiledAndKept, CodeSource::Cache)
    );
    assert!(first.1.contains("unreachable"), "{}", first.1);
    assert_eq!((first.0, first.1), (second.0, second.1));
}

#[test]
fn functions_of_the_embedders_are_checked_anew() -> Result<(), ImportError> {
    let (_dir, folder) = place();
    let text = r#"(module (import "env" "memory" (memory 1 1 shared)) (import "a" "b" (func)))"#;
    let bytes = wat::parse_str(text).unwrap();
    let engine = Engine::new(&config(&folder)).unwrap();
    let imports = Imports::new().function("a", "b", |_: Guest<'_>| ())?;
    let program = engine.load_with(&bytes, &imports).unwrap();
    assert_eq!(program.code_source(), &CodeSource::CompiledAndKept);
    let program = engine
        .load_owned(bytes.clone(), &imports, &StopHandle::new())
        .unwrap();
    assert_eq!(program.code_source(), &CodeSource::Cache);
    assert!(matches!(
        engine.load(&bytes),
        Err(LoadError::UnknownImport { .. })
    ));
    Ok(())
}

#[test]
fn what_is_damaged_is_made_anew() {
    let (_dir, folder) = place();
    let config = config(&folder);
    source(&config, 7);
    let path = file(&folder);
    let whole = fs::read(&path).unwrap();
    let middle = whole.len() / 2;
    for damage in [0, 1, whole.len() - 1] {
        fs::write(&path, &whole[..damage]).unwrap();
        assert_eq!(source(&config, 7), CodeSource::CompiledAndKept, "{damage} bytes");
    }
    // One of the code, of what is known of it, of the foot.
    for at in [100, middle, whole.len() - 70, whole.len() - 50, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        assert_eq!(source(&config, 7), CodeSource::CompiledAndKept, "byte {at}");
        assert_eq!(source(&config, 7), CodeSource::Cache);
    }
    // The code of another module under this one's name.
    let other = folder.with_extension("other");
    source(&EngineConfig::new().code_cache(CodeCache::at(&other)), 8);
    fs::copy(file(&other), &path).unwrap();
    assert_eq!(source(&config, 7), CodeSource::CompiledAndKept);
    assert_eq!(source(&config, 7), CodeSource::Cache);
}

#[test]
fn what_others_can_write_is_not_used_and_said() {
    let (dir, folder) = place();
    let config = config(&folder);
    source(&config, 7);
    let path = file(&folder);
    let whole = fs::read(&path).unwrap();
    let above = dir.path().join("a");
    for (what, mode, usual) in [
        (&path, 0o620, 0o600),
        (&path, 0o602, 0o600),
        (&folder, 0o770, 0o700),
        (&folder, 0o1777, 0o700),
        (&above, 0o707, 0o700),
    ] {
        set_mode(what, mode);
        let CodeSource::Refused(why) = source(&config, 7) else {
            panic!("{} is used though its mode is {mode:o}", what.display());
        };
        assert!(
            why.contains(&*what.to_string_lossy()) && why.contains("chmod"),
            "{why}"
        );
        assert_eq!(fs::read(&path).unwrap(), whole, "nothing was written");
        set_mode(what, usual);
        assert_eq!(source(&config, 7), CodeSource::Cache);
    }
}

/// Only root can give a file away; others have nothing to test with.
#[test]
fn what_belongs_to_somebody_else_is_not_used() {
    let (_dir, folder) = place();
    let config = config(&folder);
    source(&config, 7);
    for what in [file(&folder), folder.clone()] {
        if std::os::unix::fs::chown(&what, Some(12345), None).is_err() {
            return;
        }
        let CodeSource::Refused(why) = source(&config, 7) else {
            panic!("{} is used", what.display());
        };
        assert!(why.contains("belongs to user 12345"), "{why}");
        std::os::unix::fs::chown(&what, Some(0), None).unwrap();
    }
}

#[test]
fn links_are_not_followed() {
    let (_dir, folder) = place();
    let config = config(&folder);
    source(&config, 7);
    let path = file(&folder);
    let elsewhere = folder.with_extension("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert_eq!(source(&config, 7), CodeSource::CompiledAndKept);
    assert!(
        fs::symlink_metadata(&path).unwrap().is_file(),
        "it takes the link's place"
    );
}

#[test]
fn a_folder_that_cannot_be_is_no_reason_to_refuse_a_module() {
    let (dir, _) = place();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let CodeSource::NotKept(why) = source(&config(&file.join("code")), 7) else {
        panic!("a file is a folder");
    };
    assert!(why.contains("file/code"), "{why}");
}

#[test]
fn the_oldest_makes_room() {
    let (_dir, folder) = place();
    let bytes = {
        source(&config(&folder), 1);
        CodeCache::at(&folder).contents().unwrap().bytes
    };
    let config = EngineConfig::new().code_cache(CodeCache::at(&folder).max_bytes(2 * bytes + bytes / 2));
    source(&config, 2);
    // That one is the oldest by now.
    assert_eq!(source(&config, 1), CodeSource::Cache);
    source(&config, 3);
    assert_eq!(source(&config, 1), CodeSource::Cache);
    assert_eq!(CodeCache::at(&folder).contents().unwrap().modules, 2);
    let none = EngineConfig::new().code_cache(CodeCache::at(&folder).max_bytes(10));
    assert!(matches!(
        source(&none.interruptible(false), 1),
        CodeSource::NotKept(_)
    ));
}

#[test]
fn many_at_once_find_all_of_it_or_nothing() {
    let (_dir, folder) = place();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..6 {
                    let source = source(&config(&folder), number % 3);
                    let is_fine = matches!(source, CodeSource::CompiledAndKept | CodeSource::Cache);
                    assert!(is_fine, "{source}");
                }
            });
        }
    });
    assert_eq!(CodeCache::at(&folder).contents().unwrap().modules, 3);
    let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// What another process compiles is kept as well.
#[test]
fn what_a_compiler_makes_is_kept() {
    const COMPILES: &str = "THREADLINK_TEST_COMPILES";
    if std::env::var_os(COMPILES).is_some() {
        compile_child();
    }
    let (_dir, folder) = place();
    let compiler = Compiler::this_program()
        .unwrap()
        .args(["what_a_compiler_makes_is_kept", "--exact", "--nocapture"])
        .env(COMPILES, "1")
        .beyond(0);
    let with_compiler = config(&folder).compiler(compiler);
    assert_eq!(source(&with_compiler, 7), CodeSource::CompiledAndKept);
    assert_eq!(source(&config(&folder), 7), CodeSource::Cache);
}
