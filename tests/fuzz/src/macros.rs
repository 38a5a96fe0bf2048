//! The input of attribute macros: arguments and an item, made of this repository's own programs by moving their tokens
//! about. The macros themselves cannot be called from a library that is none, so whoever checks hands them in.

use std::path::Path;
use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;

/// An attribute macro: arguments, item, and what becomes of them.
pub type Attribute = fn(TokenStream, &TokenStream) -> TokenStream;

/// Arguments that an attribute may get, as they are written.
const ARGUMENTS: [&str; 12] = [
    "",
    "std",
    "thread",
    "time, sync",
    "only",
    "skip",
    "name = \"x\"",
    "crate = ::renamed::threadlink",
    "Mutex = std::sync::Mutex",
    "Shared, Own = parking_lot::Mutex<u8>",
    "stack_size = 1 << 20",
    "std, std, =",
];

/// Gives one of the attributes an input that follows from `data`.
///
/// # Panics
/// If it panics, or makes something of a valid item that cannot be parsed.
pub fn check(attributes: &[Attribute], data: &[u8]) {
    let mut from = Unstructured::new(data);
    let Ok((attribute, arguments, item)) = input(attributes, &mut from) else {
        return;
    };
    let output = attribute(arguments, &item);
    assert!(!output.is_empty(), "nothing became of {item}");
    // What is no item goes through as it came, so that the compiler says what is wrong.
    if syn::parse2::<syn::Item>(item.clone()).is_ok() {
        let parsed = syn::parse2::<syn::File>(output.clone());
        assert!(parsed.is_ok(), "{:?} of\n{output}\nmade of\n{item}", parsed.err());
    }
}

fn input(
    attributes: &[Attribute],
    from: &mut Unstructured<'_>,
) -> Result<(Attribute, TokenStream, TokenStream)> {
    let attribute = *from.choose(attributes)?;
    let arguments: TokenStream = from.choose(&ARGUMENTS)?.parse().expect("tokens");
    let mut item = from.choose(items())?.parse().expect("tokens");
    let other: TokenStream = from.choose(items())?.parse().expect("tokens");
    for _ in 0..from.int_in_range(0..=4)? {
        item = moved(item, &other, from)?;
    }
    Ok((attribute, arguments, item))
}

/// The same tokens but for one change, here or inside of a group.
fn moved(tokens: TokenStream, other: &TokenStream, from: &mut Unstructured<'_>) -> Result<TokenStream> {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    if trees.is_empty() {
        return Ok(other.clone());
    }
    let at = from.choose_index(trees.len())?;
    if let TokenTree::Group(group) = &trees[at]
        && from.ratio(9, 10)?
    {
        let inner = moved(group.stream(), other, from)?;
        trees[at] = TokenTree::Group(Group::new(group.delimiter(), inner));
        return Ok(trees.into_iter().collect());
    }
    let to = from.choose_index(trees.len())?;
    match from.int_in_range(0..=3)? {
        0 => {
            trees.remove(at);
        }
        1 => trees.swap(at, to),
        2 => trees.insert(to, trees[at].clone()),
        _ => {
            let others: Vec<TokenTree> = other.clone().into_iter().collect();
            trees[at] = from.choose(&others)?.clone();
        }
    }
    Ok(trees.into_iter().collect())
}

/// All items of the programs that stand beside this crate, as text: tokens do not go from thread to thread.
fn items() -> &'static [String] {
    static ITEMS: OnceLock<Vec<String>> = OnceLock::new();
    ITEMS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut items = Vec::new();
        for folder in ["examples", "tests/guests/src", "tests/suite/src"] {
            collect(&root.join(folder), &mut items);
        }
        assert!(items.len() > 300, "{}", items.len());
        items
    })
}

fn collect(folder: &Path, items: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, items);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let file = syn::parse_file(&text).expect("it is a program");
            items.extend(file.items.iter().map(|item| item.to_token_stream().to_string()));
        }
    }
}
