//! What `#[traced(std)]` replaces is all that has a twin: its table, and the modules to which it lets imports lead, name
//! each item of std that threadlink has its own of.

use std::collections::BTreeSet;

use parity::source::{StdSource, workspace};
use parity::table::twins;
use syn::visit::Visit;
use syn::{Expr, ExprArray, Item, ItemMod, Lit, UseTree};

/// What is not replaced, and why.
const LEFT: [(&str, &str); 3] = [
    ("thread::Result", "an alias of std's"),
    ("process::ExitCode", "threadlink's `main` takes std's as well"),
    (
        "process::Termination",
        "threadlink's `main` takes what std's takes",
    ),
];

fn source(path: &str) -> syn::File {
    let path = workspace().join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The paths in the attribute's table: lists of texts. A list that is no path is one of macros.
#[derive(Default)]
struct Table(BTreeSet<String>);

impl<'a> Visit<'a> for Table {
    fn visit_expr_array(&mut self, array: &'a ExprArray) {
        let texts = array.elems.iter().map(|element| match element {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
        match texts.collect::<Option<Vec<String>>>() {
            Some(texts) if texts.contains(&"println".to_owned()) => self.0.extend(texts),
            Some(texts) => self.0.extend([texts.join("::")]),
            None => syn::visit::visit_expr_array(self, array),
        }
    }
}

/// The names that a `use` of something else than std brings.
fn names(tree: &UseTree, found: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) if path.ident == "std" => {}
        UseTree::Path(path) => names(&path.tree, found),
        UseTree::Name(name) => found.push(name.ident.to_string()),
        UseTree::Rename(name) => found.push(name.rename.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
        UseTree::Glob(_) => {}
    }
}

/// The names of threadlink's own items in one of the modules that stand for std's.
fn facade(module: &str) -> BTreeSet<String> {
    let file = source("threadlink/src/__private/std_facade.rs");
    let found = file.items.iter().find_map(|item| match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) if ident == module => Some(items),
        _ => None,
    });
    let mut listed = Vec::new();
    for item in found.unwrap_or_else(|| panic!("nothing stands for std's {module}")) {
        if let Item::Use(item) = item {
            names(&item.tree, &mut listed);
        }
    }
    listed.into_iter().collect()
}

/// All that has a twin, by walking through std.
fn replaced() -> BTreeSet<String> {
    let (source, toolchain) = StdSource::find().expect("a toolchain with std's source");
    let mut twins = twins(&source, &toolchain).unwrap_or_else(|error| panic!("{error}"));
    for (item, _) in LEFT {
        assert!(
            twins.remove(item),
            "std::{item} has no twin that could be left alone"
        );
    }
    // The walk would be worth nothing if it saw too little.
    for item in [
        "dbg",
        "sync::mpsc::TryIter",
        "thread::sleep_ms",
        "time::UNIX_EPOCH",
    ] {
        assert!(twins.contains(item), "std::{item} is not among {twins:?}");
    }
    twins
}

#[test]
fn every_twin_is_in_the_table_and_behind_its_module() {
    let twins = replaced();
    let mut table = Table::default();
    table.visit_file(&source("threadlink-macros/src/traced/table.rs"));
    let missing: Vec<&String> = twins.difference(&table.0).collect();
    assert!(missing.is_empty(), "`#[traced(std)]` does not know {missing:?}");
    for item in &twins {
        let (module, name) = item.rsplit_once("::").unwrap_or(("whole", item));
        let module = module.rsplit("::").next().unwrap_or(module);
        assert!(
            facade(module).contains(name),
            "an import of std's {module} leads to std's own {name}"
        );
    }
    let sync = facade("sync");
    let without_channels: BTreeSet<String> = sync.into_iter().filter(|name| name != "mpsc").collect();
    assert_eq!(facade("sync_locks"), without_channels);
}
