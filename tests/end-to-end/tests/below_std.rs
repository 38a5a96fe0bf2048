//! The guest's runtime (`threadlink-rt`) can stand below std: it builds where there is no std, and names it nowhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{root, run};
use syn::visit::{self, Visit};
use threadlink_toolchain::{Machine, Panic, detect, flags};

/// The crates that a std of ours would be built on.
const BELOW: [&str; 2] = ["abi", "rt"];

#[test]
fn it_builds_with_core_and_alloc_alone() {
    let toolchain = detect(&Machine::new()).expect("`cargo xtask setup` was run");
    for features in [&[][..], &["--features", "tracing"]] {
        let mut cargo = toolchain.command();
        cargo
            .current_dir(root())
            .args([
                "build",
                "--package",
                "threadlink-rt",
                "--lib",
                "--target",
                flags::TARGET,
            ])
            .arg("-Zbuild-std=core,alloc")
            .args(["--target-dir", "target/below-std"])
            .args(features)
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                flags::rustflags(Panic::Abort).join("\u{1f}"),
            );
        let ran = run(&mut cargo);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
}

#[test]
fn it_names_std_nowhere() {
    for name in BELOW {
        let source = root().join("crates").join(name).join("src");
        let mut files = vec![source.join("lib.rs")];
        let mut read = 0;
        while let Some(file) = files.pop() {
            read += 1;
            let text =
                std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(of_std(&text), [""; 0], "{}", file.display());
            files.extend(modules(&file, &text));
        }
        assert!(read > 5, "{name} has {read} files");
    }
}

#[test]
fn every_way_to_name_std_is_found() {
    for (code, found) in [
        ("use std::vec::Vec;", "std"),
        ("use {core::fmt, ::std::io};", "std"),
        ("extern crate std as other;", "std"),
        ("fn f() -> std::string::String { f() }", "std"),
        ("mod inner { fn f() { std::process::abort() } }", "std"),
        ("fn f() { panic!(\"{}\", std::env::args().count()) }", "std"),
        ("thread_local! { static X: u32 = 1; }", "thread_local"),
        ("#[cfg(not(test))] use std::io;", "std"),
    ] {
        assert_eq!(of_std(code), [found], "{code}");
    }
    for code in [
        "use core::fmt;",
        "#[cfg(test)] mod tests { use std::fmt; }",
        "#[cfg(all(test, not(loom)))] mod tests { thread_local! {} }",
        "#[cfg(loom)] mod imp { use std::sync::OnceLock; }",
        "/// use std::fmt;\nfn standard() { let std = 1; let _ = std; }",
    ] {
        assert_eq!(of_std(code), [""; 0], "{code}");
    }
}

/// Two copies in one program would both define `thread_start`: cargo refuses that, in words that name the runtime.
#[test]
fn cargo_refuses_two_copies_in_one_program() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let ours = root().join("crates/rt");
    let program = |other: &str| {
        format!(
            "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             threadlink-rt.path = {ours:?}\n{other}"
        )
    };
    write("src/lib.rs", "");
    write(
        "other/Cargo.toml",
        "[package]\nname = \"threadlink-rt\"\nversion = \"0.2.0\"\nedition = \"2024\"\nlinks = \"threadlink\"\n",
    );
    write("other/src/lib.rs", "");
    write("other/build.rs", "fn main() {}");
    std::fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    let resolve = || {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut cargo = Command::new(cargo);
        cargo.args(["generate-lockfile", "--offline"]);
        run(cargo.current_dir(folder.path()))
    };

    write("Cargo.toml", &program(""));
    let ran = resolve();
    assert_eq!(ran.code, 0, "{}", ran.stderr);

    write(
        "Cargo.toml",
        &program("other = { package = \"threadlink-rt\", path = \"other\" }"),
    );
    let ran = resolve();
    assert_ne!(ran.code, 0);
    assert!(
        ran.stderr.contains("links to the native library `threadlink`"),
        "{}",
        ran.stderr
    );
}

/// The files of the modules that a file declares, but for those of tests and models.
fn modules(file: &Path, text: &str) -> Vec<PathBuf> {
    let folder = if file.ends_with("lib.rs") || file.ends_with("mod.rs") {
        file.parent().unwrap().to_owned()
    } else {
        file.with_extension("")
    };
    let items = syn::parse_file(text).unwrap().items;
    let declared = items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() && !is_for_tests(&module.attrs) => Some(module),
        _ => None,
    });
    declared
        .map(|module| {
            let name = module.ident.to_string();
            let alone = folder.join(&name).with_extension("rs");
            if alone.exists() {
                alone
            } else {
                folder.join(name).join("mod.rs")
            }
        })
        .collect()
}

/// What in this file names std, outside of what is for tests and models only.
fn of_std(text: &str) -> Vec<String> {
    let file = syn::parse_file(text).unwrap();
    assert!(
        !is_for_tests(&file.attrs),
        "a whole file for tests says so where it is declared"
    );
    let mut search = Search::default();
    search.visit_file(&file);
    search.found
}

#[derive(Default)]
struct Search {
    found: Vec<String>,
}

impl Search {
    fn look(&mut self, name: &syn::Ident) {
        if name == "std" || name == "thread_local" {
            self.found.push(name.to_string());
        }
    }

    /// Macros take anything: there, any path that begins so counts.
    fn look_in_tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                proc_macro2::TokenTree::Group(group) => self.look_in_tokens(group.stream()),
                proc_macro2::TokenTree::Ident(name) => {
                    let starts_path = matches!(tokens.peek(), Some(proc_macro2::TokenTree::Punct(next)) if next.as_char() == ':');
                    if starts_path {
                        self.look(&name);
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if let syn::Item::Verbatim(tokens) = item {
            self.look_in_tokens(tokens.clone());
        }
        let attributes = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::ExternCrate(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 || path.is_ident("thread_local") {
            self.look(&path.segments[0].ident);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.look_in_use(&item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.look(&item.ident);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.look_in_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

impl Search {
    /// The first names of a `use`.
    fn look_in_use(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => self.look(&path.ident),
            syn::UseTree::Name(name) => self.look(&name.ident),
            syn::UseTree::Rename(name) => self.look(&name.ident),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.look_in_use(tree)),
            syn::UseTree::Glob(_) => {}
        }
    }
}

/// Whether `#[cfg]` says that something is there for tests or models only.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Meta>()
                .is_ok_and(|condition| needs_test_or_loom(&condition))
    })
}

/// Whether a condition is false without `test` and without `loom`.
fn needs_test_or_loom(condition: &syn::Meta) -> bool {
    match condition {
        syn::Meta::Path(path) => path.is_ident("test") || path.is_ident("loom"),
        syn::Meta::List(list) if list.path.is_ident("all") || list.path.is_ident("any") => {
            let parts = list
                .parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated);
            parts.is_ok_and(|parts| {
                let mut parts = parts.iter();
                if list.path.is_ident("all") {
                    parts.any(needs_test_or_loom)
                } else {
                    parts.all(needs_test_or_loom)
                }
            })
        }
        _ => false,
    }
}
