//! `docs/std-parity.md` is what the tool writes from what rustdoc says of std and of threadlink, and every difference is explained.

use std::sync::OnceLock;

use parity::source::{StdSource, workspace};
use parity::table::{self, Status, Table};

/// Made once: rustdoc says some sixty megabytes.
fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (source, toolchain) = StdSource::find().expect("a toolchain with std's source");
        table::build(&source, &toolchain).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn document() -> String {
    std::fs::read_to_string(workspace().join(table::DOCUMENT)).expect("the document is there")
}

#[test]
fn the_document_is_what_the_tool_writes() {
    let (table, document) = (table(), document());
    let made = table::made_with(&document).expect("the document names its release");
    let written = table::render(table);
    if made == table.version {
        same(&document, &written);
        return;
    }
    for row in table.rows.iter().filter(|row| row.since > made) {
        println!(
            "new since {made}: std::{}::{} ({})",
            row.module, row.item, row.since
        );
    }
    let common = made.min(table.version);
    same(&table::as_of(&document, common), &table::as_of(&written, common));
}

/// Fails with the first line that differs.
#[track_caller]
fn same(document: &str, written: &str) {
    let pairs = document.lines().zip(written.lines());
    if let Some((at, (is, should))) = pairs.enumerate().find(|(_, (is, should))| is != should) {
        panic!(
            "{}:{} is not what the tool writes: run `cargo xtask parity`\n  is      {is}\n  should  {should}",
            table::DOCUMENT,
            at + 1
        );
    }
    let (is, should) = (document.lines().count(), written.lines().count());
    assert_eq!(
        is,
        should,
        "lines of {}: run `cargo xtask parity`",
        table::DOCUMENT
    );
}

#[test]
fn every_difference_has_a_note() {
    let table = table();
    let made = table::made_with(&document()).expect("the document names its release");
    let problems: Vec<&str> = table
        .problems
        .iter()
        .filter(|(since, _)| *since <= made)
        .map(|(_, problem)| problem.as_str())
        .collect();
    assert!(
        problems.is_empty(),
        "see {}:\n{}",
        table::NOTES,
        problems.join("\n")
    );
}

#[test]
fn every_note_is_about_something() {
    let (table, document) = (table(), document());
    let made = table::made_with(&document).expect("the document names its release");
    // An item that this std does not have yet stands in a document that was made from a newer one.
    let known = |item: &str| {
        let name = item.trim_start_matches("std::");
        let label = table::MODULES
            .iter()
            .filter_map(|module| name.strip_prefix(module)?.strip_prefix("::"))
            .next_back()
            .unwrap_or(name);
        table.version < made && document.contains(&format!("| `{label}`"))
    };
    let idle: Vec<&String> = table.idle_notes.iter().filter(|item| !known(item)).collect();
    assert!(idle.is_empty(), "std has no such items: {idle:?}");
}

/// The comparison would be worth nothing if it saw too little: items of each kind and way to get there.
#[test]
fn known_items_are_seen() {
    let table = table();
    for (item, since) in [
        ("thread::thread_local!", "1.0.0"),
        ("thread::spawn", "1.0.0"),
        ("thread::sleep_ms", "1.0.0"),
        ("thread::Builder::spawn_scoped", "1.63.0"),
        ("thread::Scope", "1.63.0"),
        ("thread::Result", "1.0.0"),
        ("sync::atomic", "1.0.0"),
        ("sync::Arc", "1.0.0"),
        ("sync::Mutex::clear_poison", "1.77.0"),
        ("sync::impl From<T> for Mutex<T>", "1.24.0"),
        ("sync::WaitTimeoutResult::timed_out", "1.5.0"),
        ("sync::impl Copy for WaitTimeoutResult", "1.5.0"),
        ("sync::ONCE_INIT", "1.0.0"),
        ("sync::mpsc::Receiver", "1.0.0"),
        ("sync::mpsc::TryRecvError", "1.0.0"),
        ("time::Duration", "1.3.0"),
        ("time::UNIX_EPOCH", "1.8.0"),
    ] {
        let row = table.row(item).unwrap_or_else(|| panic!("no row for {item}"));
        assert_eq!(row.since.to_string(), since, "{item}");
    }
    let arc = table.row("sync::Arc").expect("seen before");
    for member in ["new_cyclic", "impl From<Vec<T, A>> for Arc<[T], A>"] {
        assert!(
            arc.members.iter().any(|(label, ..)| label == member),
            "{member}: {arc:?}"
        );
    }
    assert_eq!(table.row("sync::Arc").map(|row| &row.status), Some(&Status::Std));
    assert_eq!(
        table
            .row("thread::sleep_ms")
            .and_then(|row| row.deprecated)
            .map(|v| v.to_string()),
        Some("1.6.0".into())
    );
    for unstable in [
        "sync::mpmc",
        "sync::nonpoison",
        "sync::ReentrantLock",
        "thread::add_spawn_hook",
    ] {
        assert!(table.row(unstable).is_none(), "{unstable} is not stable");
    }
}
