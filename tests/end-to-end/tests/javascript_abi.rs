//! The names and numbers of the ABI that the host in JavaScript has are those of the crate `threadlink-abi`, and those of what its
//! threads write down of `threadlink-follow`: its file is made from these, and the script of its workers
//! from its other files. `THREADLINK_BLESS=1` writes both anew.

use std::fmt::{Display, Write as _};
use std::process::Command;

use harness::{root, run};
use threadlink_abi::layout::{DESCRIPTOR_EXPORT, block, descriptor, lock};
use threadlink_abi::{Hook, errno, exports, imports};
use threadlink_follow::record::{self, Kind};

const FILE: &str = "hosts/js/src/abi.js";

/// Constants of one module, by their names.
macro_rules! constants {
    ($from:ident: $($name:ident)*) => { [$((stringify!($name), $from::$name.to_string())),*] };
}

fn object(text: &mut String, name: &str, entries: impl IntoIterator<Item = (impl Display, impl Display)>) {
    writeln!(text, "\nexport const {name} = {{").unwrap();
    for (name, value) in entries {
        writeln!(text, "  {name}: {value},").unwrap();
    }
    text.push_str("};\n");
}

/// The error numbers, by the names that the crate's source has for them.
fn error_numbers() -> Vec<(String, i32)> {
    let source = std::fs::read_to_string(root().join("crates/abi/src/errno.rs")).unwrap();
    let constants = source.lines().filter_map(|line| {
        let (name, value) = line
            .strip_prefix("pub const ")?
            .strip_suffix(';')?
            .split_once(": i32 = ")?;
        Some((name.to_owned(), value.parse().unwrap()))
    });
    // Not the name of a number, but of a border.
    constants.filter(|(name, _)| name != "FIRST_OWN").collect()
}

fn generated() -> String {
    let mut text = "// Names and numbers of the ABI, made from crates/abi by a test (tests/end-to-end/tests/javascript_abi.rs): \
                    not to be edited.\n"
        .to_owned();
    let numbers = error_numbers();
    let distinct = |number: &i32| errno::describe(*number) != errno::describe(-1);
    assert!(numbers.iter().all(|(_, number)| distinct(number)));
    let described = (0..200).filter(distinct).count();
    assert_eq!(numbers.len(), described, "each number has one name: {numbers:?}");
    object(
        &mut text,
        "ERRNO",
        numbers.iter().map(|(name, number)| (name, number)),
    );
    let sentence = |(_, number): &(String, i32)| (*number, format!("{:?}", errno::describe(*number)));
    object(&mut text, "SENTENCES", numbers.iter().map(sentence));
    text.push_str(
        "\n/// One sentence for an error number.\n\
         export const describe = (errno) => SENTENCES[errno] ?? \"unknown error number\";\n",
    );
    let names = [
        ("THREAD_START", exports::THREAD_START),
        ("START", exports::START),
        ("MALLOC", exports::MALLOC),
        ("FREE", exports::FREE),
        ("DESCRIPTOR", DESCRIPTOR_EXPORT),
    ];
    object(
        &mut text,
        "EXPORTS",
        names.map(|(name, value)| (name, format!("{value:?}"))),
    );
    let memory = [("module", imports::MEMORY_MODULE), ("name", imports::MEMORY)];
    object(
        &mut text,
        "MEMORY",
        memory.map(|(name, value)| (name, format!("{value:?}"))),
    );
    let module = |module: &'static str| {
        let functions = imports::ALL.iter().filter(|import| import.module == module);
        let functions: String = functions.fold(String::new(), |mut text, import| {
            write!(text, "\n    {}: \"{import}\",", import.name).unwrap();
            text
        });
        (module, format!("{{{functions}\n  }}"))
    };
    let modules = [imports::CORE_MODULE, imports::EXT_MODULE];
    assert!(imports::ALL.iter().all(|import| modules.contains(&import.module)));
    object(&mut text, "IMPORTS", modules.map(module));
    let hooks: Vec<&str> = Hook::ALL.iter().map(|hook| hook.import().name).collect();
    writeln!(text, "\nexport const HOOKS = {hooks:?};").unwrap();
    object(
        &mut text,
        "DESCRIPTOR",
        constants!(descriptor: MAGIC VERSION MAIN_BLOCK FLAGS PROBE_LOCATION PROBE_FILE PROBE_FILE_LEN PROBE_LINE PROBE_COLUMN
            LOCATION_SIZE MIN_STACK MAGIC_VALUE VERSION_VALUE OLDEST_VERSION NUMBERS_VERSION
            FLAG_TRACING FLAG_MIN_STACK),
    );
    object(
        &mut text,
        "BLOCK",
        constants!(block: MAGIC STACK_TOP STACK_LOW GUARD NAME NAME_LEN PANIC PANIC_LEN PANIC_SITE SITE OP ENDED ENDED_LIST
            ENDED_KEPT FLAGS ALLOCATION EXIT_CODE HELD HELD_COUNT MAGIC_VALUE GUARD_BYTE OP_REAP FLAG_SCOPED FLAG_DESTRUCTORS FLAG_SAID FLAG_NO_MEMORY FLAG_HELD
            FLAG_EXIT_CODE HELD_BY_DEAD),
    );
    object(&mut text, "LOCK", constants!(lock: SITE NAME NAME_LEN INSTANCE));
    object(
        &mut text,
        "RECORD",
        constants!(record: SIZE KIND THREAD ADDRESS SECOND SITE OP ENDED TIME INSTANCE MADE NAME NAME_LEN TICKET),
    );
    object(
        &mut text,
        "KINDS",
        Kind::ALL.iter().map(|(kind, name)| (name, kind.number())),
    );
    text
}

/// That the file is this, or else how it comes to be; made so if that is wanted.
fn assert_is(file: &str, generated: &str, made_of: &str) {
    let path = root().join(file);
    if std::env::var_os("THREADLINK_BLESS").is_some() {
        std::fs::write(&path, generated).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(
        found == generated,
        "{file} is not what {made_of} says: `THREADLINK_BLESS=1 cargo test --workspace --test javascript_abi` writes it"
    );
}

#[test]
fn the_files_that_are_made_are_what_they_are_made_of() {
    assert_is(FILE, &generated(), "crates/abi");
    // With that file in it.
    let bundle = run(Command::new("node").arg(root().join("hosts/js/bundle.mjs")));
    assert_eq!(bundle.code, 0, "{}", bundle.stderr);
    assert_is("hosts/js/src/worker.js", &bundle.stdout, "hosts/js/bundle.mjs");
}
