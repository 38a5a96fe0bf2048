//! What a module looks like from outside, and that a host which knows nothing of ours runs it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use harness::{Guest, root, run, run_module};
use threadlink_abi::exports;
use threadlink_abi::imports::{self as abi, Import};
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

const SPAWN: [Import; 3] = [abi::THREAD_CREATE, abi::THREAD_JOIN, abi::PANIC];
const LOCK: [Import; 4] = [
    abi::START_LOCK,
    abi::FINISH_LOCK,
    abi::START_UNLOCK,
    abi::FINISH_UNLOCK,
];

fn names(lists: &[&[Import]]) -> BTreeSet<String> {
    let imports = lists.iter().copied().flatten();
    imports
        .map(|import| format!("{}.{}", import.module, import.name))
        .chain(["env.memory".to_owned()])
        .collect()
}

#[test]
fn a_plain_program_imports_part_a_and_nothing_else() {
    for profile in [&[][..], &["--release"]] {
        let plain = Guest::bin("plain").with(profile);
        assert_eq!(imports(&plain.build()), names(&[&SPAWN]), "{profile:?}");
        assert_eq!(
            imports(&plain.traced().build()),
            names(&[&SPAWN, &LOCK]),
            "{profile:?}"
        );
    }
}

#[test]
fn a_main_that_fails_needs_no_import_to_say_so() {
    let host = root().join("tests").join("node").join("host.mjs");
    let unwind = Guest::bin("code").with(&["--panic", "unwind"]).build();
    let module = Guest::bin("code").build();
    assert_eq!(imports(&module), names(&[&SPAWN]));
    assert_eq!(imports(&unwind), names(&[&SPAWN, &[abi::WRITE]]));
    for module in [&module, &unwind] {
        assert_eq!(run_module(module, &[]).code, 7);
    }
    // To a host that does not look, main has returned.
    let ran = run(Command::new("node").arg(&host).arg(&module));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn names_of_locks_need_no_import() {
    let guest = Guest::bin("named").traced();
    let module = guest.build();
    let bytes = std::fs::read(&module).unwrap();
    let name = b"Counter.value";
    assert!(bytes.windows(name.len()).any(|part| part == name));
    assert_eq!(imports(&module), names(&[&SPAWN, &LOCK]));
}

#[test]
fn the_exports_are_those_of_the_abi() {
    let found = exports(&Guest::bin("plain").build());
    let wanted = [
        exports::THREAD_START,
        exports::START,
        exports::MALLOC,
        exports::FREE,
    ];
    for name in wanted.iter().chain(&exports::LINKER_EXPORTS) {
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
