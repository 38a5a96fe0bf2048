//! The macros on whole programs: what attributes turn a std program into, and that it costs nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Guest, root, run, run_module};
use wasmparser::{ExternalKind, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// The programs in `examples/` that are there twice, with and without attributes.
const PROGRAMS: [&str; 3] = ["std_bank", "std_pool", "std_cache"];

#[test]
fn the_programs_differ_by_attributes_only() {
    for program in PROGRAMS {
        let source = |file: &str| {
            let path = root().join("examples").join(program).join("src").join(file);
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (plain, traced) = (source("plain.rs"), source("traced.rs"));
        assert!(!plain.contains("threadlink"), "{program} is no plain program");
        let is_attribute =
            |line: &&str| line.trim_start().starts_with("#[threadlink::") && line.trim_end().ends_with(']');
        let attributes = traced.lines().filter(is_attribute).count();
        assert!(attributes >= 2, "{program} has {attributes} attributes");
        let without: Vec<&str> = traced.lines().filter(|line| !is_attribute(line)).collect();
        assert_eq!(without, plain.lines().collect::<Vec<_>>(), "{program}");
    }
}

/// Builds the natives of all programs at once; the folder that they are in.
fn natives() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // With the workspace's features, as the command and the tests are built.
    command.args(["build", "--workspace", "--message-format", "json"]);
    for program in PROGRAMS {
        command.args(["--bin", program, "--bin", &format!("{program}_plain")]);
    }
    let built = run(command.current_dir(root()));
    assert_eq!(built.code, 0, "{}{}", built.stdout, built.stderr);
    let executable = built
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names what it built");
    executable.parent().expect("it is in a folder").to_owned()
}

#[test]
fn the_programs_say_the_same_plain_and_with_attributes_natively_and_as_guests() {
    let natives = natives();
    for program in PROGRAMS {
        let native = |name: &str| run(&mut Command::new(natives.join(name)));
        let plain = native(&format!("{program}_plain"));
        assert_eq!(plain.code, 0, "{program}: {}", plain.stderr);
        assert!(plain.stdout.lines().count() >= 5, "{program}: {}", plain.stdout);
        let guest = Guest::package(program).with(&["--bin", program]);
        let others = [
            ("natively", native(program)),
            ("as a guest", run_module(&guest.build(), &[])),
            ("as a traced guest", run_module(&guest.traced().build(), &[])),
        ];
        for (how, ran) in others {
            assert_eq!(ran.code, 0, "{program} {how}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(ran.stdout, plain.stdout, "{program} {how}");
        }
    }
}

/// The functions of a module, by name, each with what it does. Where the linker has put something is left out:
/// functions are named instead of numbered, and places in constant data are all the same.
fn functions(module: &Path, program: &str) -> Vec<(String, Vec<String>)> {
    let bytes = std::fs::read(module).expect("the module can be read");
    let mut imported = 0;
    let mut names = BTreeMap::new();
    let mut bodies = Vec::new();
    let mut data = 0..0;
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.expect("the module is valid") {
            Payload::ImportSection(section) => {
                let functions = section.into_imports().filter(|import| {
                    let import = import.as_ref().expect("an import");
                    matches!(import.ty, TypeRef::Func(_))
                });
                imported = functions.count();
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            Payload::DataSection(section) => {
                let segments = section.into_iter();
                let len: usize = segments
                    .map(|segment| segment.expect("a segment").data.len())
                    .sum();
                data = DATA_START..DATA_START + i32::try_from(len).expect("there is little data");
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(section) = section.as_known() else {
                    continue;
                };
                for part in section {
                    if let Name::Function(map) = part.expect("names") {
                        for naming in map {
                            let naming = naming.expect("a name");
                            names.insert(naming.index, plain_name(naming.name, program));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let name = |index: u32| names.get(&index).cloned().unwrap_or_default();
    let mut functions: Vec<(String, Vec<String>)> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| {
            let operators = body.get_operators_reader().expect("a body");
            let operators = operators
                .into_iter()
                .map(|operator| match operator.expect("an operator") {
                    Operator::Call { function_index } => format!("call {}", name(function_index)),
                    Operator::I32Const { value } if data.contains(&value) => {
                        "the address of a constant".to_owned()
                    }
                    operator => format!("{operator:?}"),
                });
            let index = u32::try_from(imported + index).expect("indices are small");
            (name(index), operators.collect())
        })
        .collect();
    functions.sort();
    functions
}

/// Where the linker puts data: above the main stack, of 1 MiB.
const DATA_START: i32 = 1 << 20;

/// A symbol without its hashes and without the program's name.
fn plain_name(symbol: &str, program: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol)).replace(program, "program")
}

#[test]
fn attributes_make_the_functions_that_are_written_by_hand() {
    let module = |name: &str| functions(&Guest::bin(name).with(&["--release"]).build(), name);
    let (by_hand, by_attr) = (module("by_hand"), module("by_attr"));
    assert!(
        by_hand.iter().any(|(name, _)| name.contains("program")),
        "{by_hand:?}"
    );
    let names = |functions: &[(String, Vec<String>)]| -> Vec<String> {
        functions.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&by_attr), names(&by_hand));
    for ((name, attr), (_, hand)) in by_attr.iter().zip(&by_hand) {
        assert_eq!(attr, hand, "{name}");
    }
}

/// The wasm types of a module's exported functions.
fn signatures(module: &Path) -> BTreeMap<String, String> {
    let bytes = std::fs::read(module).expect("the module can be read");
    let (mut types, mut functions, mut exports) = (Vec::new(), Vec::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.expect("the module is valid") {
            Payload::TypeSection(section) => {
                types = section
                    .into_iter_err_on_gc_types()
                    .map(|ty| ty.expect("a type"))
                    .collect();
            }
            Payload::ImportSection(section) => {
                functions.extend(section.into_imports().filter_map(|import| {
                    match import.expect("an import").ty {
                        TypeRef::Func(ty) => Some(ty),
                        _ => None,
                    }
                }));
            }
            Payload::FunctionSection(section) => {
                functions.extend(section.into_iter().map(|ty| ty.expect("a function")));
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.expect("an export");
                    if export.kind == ExternalKind::Func {
                        let ty = &types[functions[export.index as usize] as usize];
                        exports.insert(
                            export.name.to_owned(),
                            format!("{:?} -> {:?}", ty.params(), ty.results()),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    exports
}

#[test]
fn exports_take_and_give_numbers() {
    let module = Guest::package("library").with(&["--lib"]).build();
    let types = signatures(&module);
    assert_eq!(types["scale"], "[I32, I64, F64, F32, I32] -> [F64]");
    assert_eq!(types["is_odd"], "[I32] -> [I32]");
    assert_eq!(types["greet"], "[] -> []");
    let call = |arguments: &[&str]| {
        let script = root().join("tests").join("node").join("call.mjs");
        let ran = run(Command::new("node").arg(script).arg(&module).args(arguments));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    };
    assert_eq!(
        call(&["scale", "i32:-3", "i64:8", "f64:2", "f32:0.5", "i32:1"]),
        "-23"
    );
    // Whatever a host passes for a bool, it is one.
    assert_eq!(
        call(&["scale", "i32:-3", "i64:8", "f64:2", "f32:0.5", "i32:77"]),
        "-23"
    );
    assert_eq!(
        call(&["scale", "i32:1", "i64:1", "f64:0", "f32:0", "i32:0"]),
        "exit 1"
    );
    assert_eq!(call(&["is_odd", "i32:7"]), "1");
}

#[test]
fn channels_and_output_of_std_work_under_the_attribute() {
    let ran = run_module(&Guest::bin("std_channels").build(), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "ANYBODY THERE?\n1 0 Timeout 3 1\n");
    let shown = ran.stderr.strip_suffix("Err(Timeout)\n").expect("it ends so");
    assert!(shown.ends_with("] started = 3\n"), "{shown}");
}

#[test]
fn main_chooses_the_stack_of_threads() {
    for std in ["plain", "threaded"] {
        let guest = Guest::bin("stack_size").with(&["--std", std]);
        let ran = run_module(&guest.build(), &[]);
        assert_eq!(ran.code, 0, "{std}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "614400\n614400\n1\n0 leaked\n", "{std}");
    }
}
