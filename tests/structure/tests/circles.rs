//! Circles that were planted, and shapes that look like one and are none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use structure::circles::{Circle, circles};

/// The circles in a crate of these files; the first is its root.
fn found(files: &[(&str, &str)]) -> Vec<Circle> {
    let texts: BTreeMap<&Path, &str> = files
        .iter()
        .map(|(path, text)| (Path::new(*path), *text))
        .collect();
    circles(Path::new(files[0].0), &|path| {
        texts.get(path).map(|text| (*text).to_owned())
    })
    .expect("the crate can be read")
}

/// Asserts that exactly these files need each other.
#[track_caller]
fn circle(files: &[(&str, &str)], expected: &[&str]) {
    let found = found(files);
    let sets: Vec<Vec<PathBuf>> = found
        .iter()
        .map(|circle| {
            let mut files = circle.files.clone();
            files.sort();
            files
        })
        .collect();
    assert_eq!(
        sets,
        [expected.iter().map(PathBuf::from).collect::<Vec<_>>()],
        "{found:#?}"
    );
}

#[track_caller]
fn none(files: &[(&str, &str)]) {
    assert_eq!(found(files), []);
}

const ROOT: (&str, &str) = ("lib.rs", "mod a; mod b;");

#[test]
fn siblings() {
    circle(
        &[
            ROOT,
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "use crate::a::A; pub struct B(Box<A>);"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn the_message_names_the_lines() {
    let found = found(&[
        ROOT,
        ("a.rs", "\n\nuse crate::b::B;\npub struct A(B);"),
        ("b.rs", "pub struct B(\n    Box<super::a::A>,\n);"),
    ]);
    assert_eq!(
        found[0].to_string(),
        "a circle of 2 files:\n  a.rs:4: `B` is in b.rs\n  b.rs:2: `super::a::A` is in a.rs\n"
    );
}

#[test]
fn through_a_third() {
    circle(
        &[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "pub fn f() { crate::b::f() }"),
            ("b.rs", "pub fn f() { crate::c::f() }"),
            ("c.rs", "pub fn f() { crate::a::f() }"),
        ],
        &["a.rs", "b.rs", "c.rs"],
    );
}

#[test]
fn through_a_reexport() {
    circle(
        &[
            ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B as Other;"),
            ("a.rs", "pub struct A(crate::Other);"),
            ("b.rs", "pub struct B(Box<crate::A>);"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn through_a_glob() {
    circle(
        &[
            ROOT,
            ("a.rs", "use super::b::*; pub fn f() { g() }"),
            ("b.rs", "use super::a::*; pub fn g() { f() }"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn through_a_glob_of_reexports() {
    circle(
        &[
            (
                "lib.rs",
                "mod a; mod b; pub mod prelude { pub use crate::a::*; pub use crate::b::*; }",
            ),
            ("a.rs", "use crate::prelude::*; pub struct A(B);"),
            ("b.rs", "use crate::prelude::*; pub struct B(Box<A>);"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn through_a_glob_of_variants() {
    circle(
        &[
            ROOT,
            ("a.rs", "pub enum Kind { One } pub fn f() { crate::b::f() }"),
            ("b.rs", "use super::a::Kind::*; pub fn f() { let _ = One; }"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn by_paths_in_expressions_and_patterns() {
    circle(
        &[
            ROOT,
            (
                "a.rs",
                "pub const LIMIT: u8 = 1; pub fn f() -> u8 { crate::b::f(1) }",
            ),
            (
                "b.rs",
                "pub fn f(x: u8) -> u8 { match x { super::a::LIMIT => 0, _ => 1 } }",
            ),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn by_a_new_name() {
    circle(
        &[
            ROOT,
            ("a.rs", "use crate::b as other; pub fn f() { other::f() }"),
            (
                "b.rs",
                "use crate::{a::{self as first}}; pub fn f() { first::f() }",
            ),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn by_an_import_within_a_function() {
    circle(
        &[
            ROOT,
            ("a.rs", "pub fn f() { use crate::b; b::f() }"),
            ("b.rs", "pub fn f() { { use crate::a::f as g; g() } }"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn by_the_method_of_an_imported_trait() {
    circle(
        &[
            ROOT,
            (
                "a.rs",
                "use super::b::*; pub struct A; pub fn f(x: u8) { x.go() }",
            ),
            (
                "b.rs",
                "pub trait Go { fn go(&self); } impl Go for u8 { fn go(&self) { let _ = crate::a::A; } }",
            ),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn by_a_method_of_ones_own_type_in_another_file() {
    circle(
        &[
            ROOT,
            ("a.rs", "pub struct A; impl A { pub fn f(&self) { self.g() } }"),
            ("b.rs", "use crate::a::A; impl A { pub fn g(&self) {} }"),
        ],
        &["a.rs", "b.rs"],
    );
    circle(
        &[
            ROOT,
            (
                "a.rs",
                "pub struct A; impl Default for A { fn default() -> A { Self::made() } }",
            ),
            ("b.rs", "impl crate::a::A { pub fn made() -> Self { Self } }"),
        ],
        &["a.rs", "b.rs"],
    );
    none(&[
        ROOT,
        (
            "a.rs",
            "pub struct A; pub struct Other; impl Other { pub fn g(&self) {} pub fn f(&self) { self.g() } }",
        ),
        (
            "b.rs",
            "use crate::a::A; impl A { pub fn g(&self) { self.h() } pub fn h(&self) {} }",
        ),
    ]);
}

#[test]
fn by_the_tokens_of_macros() {
    circle(
        &[
            ROOT,
            (
                "a.rs",
                "pub const LIMIT: u8 = 1; pub fn f() { println!(\"{}\", crate::b::NAME) }",
            ),
            (
                "b.rs",
                "use super::a::*; pub const NAME: &str = \"b\"; pub fn g() { println!(\"{LIMIT}\") }",
            ),
        ],
        &["a.rs", "b.rs"],
    );
    circle(
        &[
            ROOT,
            (
                "a.rs",
                "macro_rules! make { () => { $crate::b::f() } } pub(crate) use make; pub struct A;",
            ),
            ("b.rs", "pub fn f() {} pub fn g() { crate::a::make!() }"),
        ],
        &["a.rs", "b.rs"],
    );
    circle(
        &[
            ROOT,
            ("a.rs", "thread_local! { pub static HERE: u8 = crate::b::f(); }"),
            ("b.rs", "pub fn f() -> u8 { crate::a::HERE.with(|here| *here) }"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn through_a_macro_of_the_parent() {
    circle(
        &[
            ("lib.rs", "macro_rules! make { () => { b::f() } } mod a; mod b;"),
            ("a.rs", "pub fn f() { make!() }"),
            ("b.rs", "pub fn f() { crate::a::f() }"),
        ],
        &["a.rs", "b.rs", "lib.rs"],
    );
}

#[test]
fn by_the_argument_of_an_attribute() {
    circle(
        &[
            ROOT,
            (
                "a.rs",
                "#[derive(Args)] pub struct A { #[arg(value_parser = crate::b::parse)] x: u8 }",
            ),
            ("b.rs", "pub fn parse() { let _: crate::a::A; }"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn by_a_qualified_path() {
    circle(
        &[
            ROOT,
            ("a.rs", "pub trait Go { fn go(); } pub fn f() { crate::b::f() }"),
            ("b.rs", "pub fn f() { <u8 as super::a::Go>::go() }"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn through_files_at_a_path() {
    circle(
        &[
            ("lib.rs", "#[path = \"other/first.rs\"] mod a; mod b;"),
            ("other/first.rs", "pub fn f() { crate::b::f() }"),
            ("b.rs", "pub fn f() { crate::a::f() }"),
        ],
        &["b.rs", "other/first.rs"],
    );
}

#[test]
fn between_an_inline_module_and_a_sibling() {
    circle(
        &[
            ROOT,
            (
                "a.rs",
                "pub mod inner { pub fn f() {} } pub fn f() { crate::b::f() }",
            ),
            ("b.rs", "pub fn f() { crate::a::inner::f() }"),
        ],
        &["a.rs", "b.rs"],
    );
}

#[test]
fn through_code_of_the_parent() {
    circle(
        &[
            ("lib.rs", "mod a; mod b; pub fn all() { b::f() }"),
            ("a.rs", "pub fn f() { super::all() }"),
            ("b.rs", "pub fn f() { super::a::f() }"),
        ],
        &["a.rs", "b.rs", "lib.rs"],
    );
}

#[test]
fn through_an_impl_of_the_parents_type() {
    circle(
        &[
            (
                "lib.rs",
                "mod a; mod b; pub struct All; impl All { pub fn go() { b::f() } }",
            ),
            ("a.rs", "pub fn f() { super::All::go() }"),
            ("b.rs", "pub fn f() { super::a::f() }"),
        ],
        &["a.rs", "b.rs", "lib.rs"],
    );
}

#[test]
fn a_grandchild_is_no_child() {
    circle(
        &[
            ("lib.rs", "mod a; pub fn all() { a::deep::f() }"),
            ("a/mod.rs", "pub mod deep;"),
            ("a/deep.rs", "pub fn f() { crate::all() }"),
        ],
        &["a/deep.rs", "lib.rs"],
    );
}

#[test]
fn parent_and_child_may_need_each_other() {
    none(&[
        (
            "lib.rs",
            "mod a; pub struct Kind; pub fn all() -> Kind { a::f() }",
        ),
        (
            "a.rs",
            "pub fn f() -> super::Kind { let _ = super::all; super::Kind }",
        ),
    ]);
}

#[test]
fn children_may_use_what_stands_beside_the_facade() {
    none(&[
        ("lib.rs", "mod a; mod b; pub struct Kind; pub fn all() { b::f() }"),
        ("a.rs", "pub fn f() -> crate::Kind { super::Kind }"),
        ("b.rs", "use super::Kind; pub fn f() -> Kind { super::a::f() }"),
    ]);
}

#[test]
fn a_reexport_is_no_need() {
    none(&[
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "pub struct B(super::A);"),
    ]);
}

#[test]
fn tests_may_need_what_they_like() {
    none(&[
        ROOT,
        (
            "a.rs",
            "pub fn f() {} #[cfg(test)] mod tests { use crate::b::f; } #[cfg(test)] mod more;",
        ),
        (
            "b.rs",
            "pub fn f() { crate::a::f() } impl B { #[cfg(all(test, unix))] fn g() {} } struct B;",
        ),
        ("a/more.rs", "use crate::b;"),
    ]);
    none(&[
        ROOT,
        (
            "a.rs",
            "pub struct A; impl A { #[cfg(test)] fn f() { crate::b::f() } }",
        ),
        ("b.rs", "pub fn f() { let _ = crate::a::A; }"),
    ]);
}

#[test]
fn twins_by_cfg_that_exclude_each_other() {
    none(&[
        ROOT,
        (
            "a.rs",
            "#[cfg(feature = \"on\")] pub fn f() { crate::b::f() } #[cfg(not(feature = \"on\"))] pub fn f() {}",
        ),
        (
            "b.rs",
            "#[cfg(feature = \"on\")] pub fn f() {} #[cfg(not(feature = \"on\"))] pub fn f() { crate::a::f() }",
        ),
    ]);
    none(&[
        (
            "lib.rs",
            "mod a; #[cfg(unix)] #[path = \"on.rs\"] mod imp; #[cfg(not(unix))] #[path = \"off.rs\"] mod imp;",
        ),
        ("on.rs", "pub fn f() { crate::a::f() }"),
        ("off.rs", "pub fn f() {}"),
        (
            "a.rs",
            "pub fn f() {} #[cfg(not(unix))] pub fn g() { crate::imp::f() }",
        ),
    ]);
}

#[test]
fn twins_by_cfg_of_which_one_makes_a_circle() {
    circle(
        &[
            (
                "lib.rs",
                "mod a; #[cfg(unix)] #[path = \"on.rs\"] mod imp; #[cfg(not(unix))] #[path = \"off.rs\"] mod imp;",
            ),
            ("on.rs", "pub fn f() { crate::a::f() }"),
            ("off.rs", "pub fn f() {}"),
            ("a.rs", "pub fn f() { crate::imp::f() }"),
        ],
        &["a.rs", "on.rs"],
    );
}

#[test]
fn names_that_stand_for_something_else() {
    // A variable, a field, a named argument, a type parameter, another crate, and what a macro puts in.
    none(&[
        (
            "lib.rs",
            "mod a; mod b; mod names { pub use crate::b::{T, name}; }",
        ),
        (
            "a.rs",
            "use crate::names::*; pub fn f<T>(name: u8, x: T) { g(name); println!(\"{}\", x.name, name = 1); quote!(#name ::b::f); }",
        ),
        ("b.rs", "pub struct T; pub fn name() { crate::a::f() }"),
    ]);
}

#[test]
fn a_module_and_a_function_of_one_name() {
    none(&[
        ("lib.rs", "mod a; mod b; pub fn a() { b::f() }"),
        ("a.rs", "pub fn f() {}"),
        ("b.rs", "use super::a; pub fn f() { a::f() }"),
    ]);
}

#[test]
fn a_file_that_is_missing_or_no_rust_is_an_error() {
    let error = circles(Path::new("lib.rs"), &|path| {
        (path == Path::new("lib.rs")).then(|| "mod a;".to_owned())
    });
    assert_eq!(
        error.expect_err("no a.rs"),
        "lib.rs: the file of `mod a` is neither a.rs nor a/mod.rs"
    );
    let error = circles(Path::new("lib.rs"), &|_| Some("\nfn (".to_owned()));
    assert!(error.expect_err("no name").starts_with("lib.rs:2: "));
}
