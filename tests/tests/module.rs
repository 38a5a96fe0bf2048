//! What a module looks like from outside, and that a host which knows nothing of ours runs it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use harness::{Guest, root, run, run_module};
use threadlink_abi::core;
use wasmparser::{Parser, Payload, TypeRef};

/// Every import as `module.name`.
fn imports(module: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(module).unwrap();
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            for import in section.into_imports() {
                let import = import.unwrap();
                if let TypeRef::Memory(memory) = import.ty {
                    assert!(memory.shared && memory.maximum.is_some(), "{memory:?}");
                }
                found.insert(format!("{}.{}", import.module, import.name));
            }
        }
    }
    found
}

fn exports(module: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(module).unwrap();
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ExportSection(section) = payload.unwrap() {
            found.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
        }
    }
    found
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter()
        .map(|name| format!("{}.{name}", core::MODULE))
        .chain(["env.memory".to_owned()])
        .collect()
}

#[test]
fn a_plain_program_imports_part_a_and_nothing_else() {
    let spawn = [core::THREAD_CREATE, core::THREAD_JOIN, core::PANIC];
    let hooks = [
        core::START_LOCK,
        core::FINISH_LOCK,
        core::START_UNLOCK,
        core::FINISH_UNLOCK,
    ];
    let all: Vec<_> = spawn.iter().chain(&hooks).copied().collect();
    for profile in [&[][..], &["--release"]] {
        let plain = Guest::bin("plain").with(profile);
        assert_eq!(imports(&plain.build()), names(&spawn), "{profile:?}");
        assert_eq!(imports(&plain.traced().build()), names(&all), "{profile:?}");
    }
}

#[test]
fn names_of_locks_need_no_import() {
    let hooks = [
        core::START_LOCK,
        core::FINISH_LOCK,
        core::START_UNLOCK,
        core::FINISH_UNLOCK,
    ];
    let guest = Guest::bin("named").traced();
    let module = guest.build();
    let bytes = std::fs::read(&module).unwrap();
    let name = b"Counter.value";
    assert!(bytes.windows(name.len()).any(|part| part == name));
    let all: Vec<_> = [core::THREAD_CREATE, core::THREAD_JOIN, core::PANIC]
        .into_iter()
        .chain(hooks)
        .collect();
    assert_eq!(imports(&module), names(&all));
}

#[test]
fn the_exports_are_those_of_the_abi() {
    let found = exports(&Guest::bin("plain").build());
    let wanted = [core::THREAD_START, core::START, core::MALLOC, core::FREE];
    for name in wanted.iter().chain(&core::LINKER_EXPORTS) {
        assert!(found.contains(*name), "no export {name} among {found:?}");
    }
}

#[test]
fn a_host_that_knows_only_part_a_runs_the_same_module() {
    let host = root().join("tests").join("node").join("host.mjs");
    let lines = std::fs::read_to_string(&host).unwrap().lines().count();
    assert!(lines <= 60, "the host has {lines} lines");
    for guest in [
        Guest::bin("plain"),
        Guest::bin("plain").traced(),
        Guest::bin("plain").with(&["--release"]),
    ] {
        let module = guest.build();
        let ran = run(Command::new("node").arg(&host).arg(&module));
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(run_module(&module, &[]).code, 0);
    }
}
