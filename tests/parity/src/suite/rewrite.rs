//! Changes the paths in a file of std's tests, and turns its test functions into a table of cases.
//!
//! The text is edited where tokens stand and is otherwise std's, down to the line numbers of what comes first in a line.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Item, ItemUse, Meta, Token};

use super::Source;
use super::imports::{Import, imports};
use super::left_out::WORDS;

/// A file that has been rewritten.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) text: String,
    /// The cases that can be run, in order.
    pub(super) cases: Vec<String>,
    /// The cases that were left out, with the word that they mention.
    pub(super) left_out: Vec<(String, &'static str)>,
}

/// A test function, as the table of cases describes it.
struct Case {
    function: String,
    /// `#[cfg]` that it stands under.
    conditions: String,
    /// Under which predicate it is ignored: `any()` for never.
    ignored: String,
    /// Under which predicate it has to panic, and with a message that contains what.
    should_panic: Option<(String, String)>,
}

/// The macro of std's tests that makes a test of locks with, and one of locks without poison.
const BOTH: &str = "nonpoison_and_poison_unwrap_test";

/// Rewrites a file for `root` (`threadlink` or `std`).
pub(super) fn rewrite(source: Source, text: &str, root: &str) -> Result<Rewritten, String> {
    let failed = |error: syn::Error| {
        let at = error.span().start();
        format!("{}:{}:{}: {error}", source.path, at.line, at.column)
    };
    let file = syn::parse_file(text).map_err(failed)?;
    let mut edits = Edits {
        source,
        root,
        found: Vec::new(),
    };
    let mut cases = Vec::new();
    let mut left_out = Vec::new();
    let mut dropped: Vec<Range<usize>> = Vec::new();
    for attribute in &file.attrs {
        edits.delete(attribute);
    }
    for item in &file.items {
        let case = edits.case(item)?;
        let name = |case: &Case| format!("{}::{}", source.module, case.function);
        if let (false, Some(word)) = (matches!(item, Item::Use(_)), unstable(item)) {
            dropped.push(item.span().byte_range());
            left_out.extend(case.map(|case| (name(&case), word)));
        } else {
            cases.extend(case);
        }
    }
    let known = cases.len() + left_out.len();
    let tests = text.matches("#[test]").count() + text.matches(&format!("{BOTH}!(")).count();
    if tests != known {
        return Err(format!(
            "{}: {tests} tests, but only {known} of them were found",
            source.path
        ));
    }
    edits.walk(
        text.parse::<TokenStream>()
            .map_err(|error| failed(error.into()))?,
    )?;
    let inside = |range: &Range<usize>| dropped.iter().any(|all| all.contains(&range.start));
    edits.found.retain(|(range, _)| !inside(range));
    edits
        .found
        .extend(dropped.iter().map(|range| (range.clone(), String::new())));
    let mut text = edits.apply(text);
    text.push_str("\npub(crate) const CASES: &[crate::Case] = &[\n");
    for case in &cases {
        text.push_str(&case.entry(source.module));
    }
    text.push_str("];\n");
    let cases = cases
        .iter()
        .map(|case| format!("{}::{}", source.module, case.function))
        .collect();
    Ok(Rewritten {
        text,
        cases,
        left_out,
    })
}

/// The word because of which an item cannot be compiled on stable Rust, or against threadlink.
fn unstable(item: &Item) -> Option<&'static str> {
    // The spelling of tokens with spaces in between, so that words are whole.
    let text = format!(
        " {} ",
        item.to_token_stream()
            .to_string()
            .replace(['(', ')', ',', '{', '}', '&', '.', ';'], " ")
    );
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let has = |word: &str| format!(" {text} ").contains(&format!(" {word} "));
    // `cfg!(miri)` in a body only makes a test shorter.
    let miri = |word: &str| {
        word != "miri" || text.starts_with("# [test] # [cfg miri ]") || text.starts_with("# [cfg miri ]")
    };
    WORDS
        .iter()
        .find(|(word, _)| has(word) && miri(word))
        .map(|(word, _)| *word)
}

impl Case {
    fn entry(&self, module: &str) -> String {
        let Case {
            function,
            conditions,
            ignored,
            should_panic,
        } = self;
        let should_panic = match should_panic {
            Some((predicate, message)) => {
                format!("if cfg!({predicate}) {{ Some({message:?}) }} else {{ None }}")
            }
            None => "None".to_owned(),
        };
        format!(
            "    {conditions}\n    crate::Case {{ name: \"{module}::{function}\", run: || crate::Outcome::check({function}()), \
             ignored: cfg!({ignored}), should_panic: {should_panic} }},\n"
        )
    }
}

/// Changes to a text, as ranges of its bytes.
struct Edits<'a> {
    source: Source,
    root: &'a str,
    found: Vec<(Range<usize>, String)>,
}

impl Edits<'_> {
    fn delete(&mut self, what: &impl Spanned) {
        self.found.push((what.span().byte_range(), String::new()));
    }

    /// The case that an item is, if it is one; takes the attributes of the test harness off it.
    fn case(&mut self, item: &Item) -> Result<Option<Case>, String> {
        let (attributes, function) = match item {
            Item::Fn(item)
                if item
                    .attrs
                    .iter()
                    .any(|attribute| attribute.path().is_ident("test")) =>
            {
                (&item.attrs, item.sig.ident.to_string())
            }
            Item::Macro(item) if item.mac.path.is_ident(BOTH) => {
                let name = name_of(&item.mac.tokens).ok_or("a test without a name")?;
                self.found
                    .push((name.span().byte_range(), format!("poison_{name}")));
                (&item.attrs, format!("poison_{name}"))
            }
            _ => return Ok(None),
        };
        let mut case = Case {
            function,
            conditions: String::new(),
            ignored: "any()".to_owned(),
            should_panic: None,
        };
        for attribute in attributes {
            let text = attribute.to_token_stream().to_string();
            let name = attribute
                .path()
                .get_ident()
                .map(ToString::to_string)
                .unwrap_or_default();
            match name.as_str() {
                "cfg" => case.conditions.push_str(&text),
                "test" => self.delete(attribute),
                "ignore" => {
                    self.delete(attribute);
                    case.ignored = "all()".to_owned();
                }
                "should_panic" => {
                    self.delete(attribute);
                    case.should_panic = Some(("all()".to_owned(), expected(&attribute.meta)));
                }
                "cfg_attr" => {
                    let (predicate, what) = conditional(attribute)?;
                    if what.path().is_ident("ignore") {
                        self.delete(attribute);
                        case.ignored = format!("any({}, {predicate})", case.ignored);
                    } else if what.path().is_ident("should_panic") {
                        self.delete(attribute);
                        case.should_panic = Some((predicate, expected(&what)));
                    }
                }
                _ => {}
            }
        }
        Ok(Some(case))
    }

    /// Changes what paths in tokens begin with, in bodies of macros too.
    fn walk(&mut self, stream: TokenStream) -> Result<(), String> {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.walk(group.stream())?,
                TokenTree::Ident(ident) if ident == "use" => {
                    let end = tokens[at..]
                        .iter()
                        .position(|token| is(token, ';'))
                        .map(|offset| at + offset);
                    let end = end.ok_or("a `use` without an end")?;
                    let import: ItemUse = syn::parse2(tokens[at..=end].iter().cloned().collect())
                        .map_err(|error| error.to_string())?;
                    let range = ident.span().byte_range().start..tokens[end].span().byte_range().end;
                    let text = self.imports(&import);
                    self.found.push((range, text));
                    at = end;
                }
                TokenTree::Ident(ident) => {
                    let after = path_after(&tokens, at);
                    let begins = !at.checked_sub(1).is_some_and(|before| is(&tokens[before], ':'));
                    let printing =
                        ident == "println" && tokens.get(at + 1).is_some_and(|token| is(token, '!'));
                    if printing && begins && self.root != "std" {
                        self.found
                            .push((ident.span().byte_range(), format!("{}::println", self.root)));
                    } else if let Some(next) = after {
                        let path = [ident.to_string(), next.to_string()];
                        let first = self.first(&path);
                        if first != path[0] {
                            self.found.push((ident.span().byte_range(), first));
                        }
                        // `std::sync::poison` is `std::sync`, by a name that is not stable.
                        if next == "sync"
                            && let Some(last) = path_after(&tokens, at + 3)
                            && last == "poison"
                        {
                            let range = next.span().byte_range().end..last.span().byte_range().end;
                            self.found.push((range, String::new()));
                        }
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Ok(())
    }

    /// What a path begins with from now on.
    fn first(&self, path: &[String]) -> String {
        let moved = |name: &str| matches!(name, "thread" | "sync" | "time" | "thread_local");
        let next = path.get(1).map(String::as_str).unwrap_or_default();
        match path[0].as_str() {
            "std" if moved(next) => self.root.to_owned(),
            "crate" if self.source.inside => if moved(next) { self.root } else { "std" }.to_owned(),
            "super" if self.source.inside => format!("{}::thread", self.root),
            "rand" => "crate::rand".to_owned(),
            other => other.to_owned(),
        }
    }

    /// A `use` for each import, without those of what is not stable.
    fn imports(&self, item: &ItemUse) -> String {
        let mut text = String::new();
        for Import { name, mut path } in imports(item) {
            let spelled = path.join(" :: ");
            if WORDS
                .iter()
                .any(|(word, _)| spelled.split(" :: ").any(|part| part == *word))
            {
                continue;
            }
            path[0] = self.first(&path);
            if let Some(at) = path.windows(2).position(|pair| pair == ["sync", "poison"]) {
                path.remove(at + 1);
            }
            let path = path.join("::");
            let last = path.rsplit("::").next().unwrap_or_default();
            match name {
                None => text.push_str(&format!("use {path}::*; ")),
                Some(name) if name == last => text.push_str(&format!("use {path}; ")),
                Some(name) => text.push_str(&format!("use {path} as {name}; ")),
            }
        }
        text.trim_end().to_owned()
    }

    fn apply(mut self, text: &str) -> String {
        self.found.sort_by_key(|(range, _)| (range.start, range.end));
        let mut done = String::with_capacity(text.len());
        let mut at = 0;
        for (range, new) in self.found {
            if range.start < at {
                continue;
            }
            done.push_str(&text[at..range.start]);
            done.push_str(&new);
            at = range.end;
        }
        done.push_str(&text[at..]);
        done
    }
}

fn is(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// The next name of a path: what follows `::` behind the token at `at`.
fn path_after(tokens: &[TokenTree], at: usize) -> Option<&Ident> {
    match tokens.get(at + 1..at + 4)? {
        [first, second, TokenTree::Ident(next)] if is(first, ':') && is(second, ':') => Some(next),
        _ => None,
    }
}

/// The name in `name: smoke, test_body: { .. }`.
fn name_of(tokens: &TokenStream) -> Option<Ident> {
    match tokens.clone().into_iter().nth(2)? {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    }
}

/// Predicate and attribute of a `#[cfg_attr(predicate, attribute)]`.
fn conditional(attribute: &Attribute) -> Result<(String, Meta), String> {
    let parts = attribute
        .parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated)
        .map_err(|error| error.to_string())?;
    match parts.iter().collect::<Vec<_>>().as_slice() {
        [predicate, what] => Ok((predicate.to_token_stream().to_string(), (*what).clone())),
        _ => Err("a cfg_attr with more than one attribute".to_owned()),
    }
}

/// The message of a `should_panic`, or nothing.
fn expected(meta: &Meta) -> String {
    let Meta::List(list) = meta else {
        return String::new();
    };
    let pair: Result<syn::MetaNameValue, _> = list.parse_args();
    match pair.map(|pair| pair.value) {
        Ok(syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        })) => text.value(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTSIDE: Source = Source {
        module: "m",
        path: "m.rs",
        inside: false,
    };

    #[test]
    fn paths_change_and_the_rest_stays() {
        let text = "#![feature(x)]\nuse std::{hint, thread::{self, Builder as B}};\nuse std::sync::mpmc::X;\n\
                    // std::thread in a comment\nfn f() { x!(std::time::now(), ::std::sync::poison::Mutex, std::mem::drop) }\n\
                    #[test]\n#[cfg_attr(not(panic = \"unwind\"), ignore = \"x\")]\n#[should_panic(expected = \"boom\")]\nfn a() {}\n\
                    #[test] fn b() { use std::sync::nonpoison::Mutex; }\n";
        let done = rewrite(OUTSIDE, text, "threadlink").unwrap();
        assert!(
            done.text
                .contains("use std::hint; use threadlink::thread; use threadlink::thread::Builder as B;"),
            "{}",
            done.text
        );
        assert!(done.text.contains("// std::thread in a comment"));
        assert!(
            done.text
                .contains("x!(threadlink::time::now(), ::threadlink::sync::Mutex, std::mem::drop)"),
            "{}",
            done.text
        );
        assert!(
            !done.text.contains("mpmc") && !done.text.contains("feature") && !done.text.contains("[test]")
        );
        assert_eq!(done.cases, ["m::a"]);
        assert_eq!(done.left_out.len(), 1);
        assert!(
            done.text.contains("Some(\"boom\")")
                && done.text.contains("cfg!(any(any(), not (panic = \"unwind\")))"),
            "{}",
            done.text
        );
    }

    #[test]
    fn std_from_inside_is_std_from_outside() {
        let source = Source {
            inside: true,
            ..OUTSIDE
        };
        let text = "use crate::any::Any;\nuse crate::thread::{self, Scope};\nfn f() { super::sleep(crate::iter::once(1)) }\n";
        let done = rewrite(source, text, "threadlink").unwrap().text;
        assert!(
            done.contains("use std::any::Any;\nuse threadlink::thread; use threadlink::thread::Scope;"),
            "{done}"
        );
        assert!(
            done.contains("threadlink::thread::sleep(std::iter::once(1))"),
            "{done}"
        );
    }

    #[test]
    fn the_half_with_poison_of_a_double_test_is_a_case() {
        let text = "#[cfg(panic = \"unwind\")]\nnonpoison_and_poison_unwrap_test!(\n    name: smoke,\n    test_body: { use locks::Mutex; }\n);\n";
        let done = rewrite(OUTSIDE, text, "std").unwrap();
        assert_eq!(done.cases, ["m::poison_smoke"]);
        assert!(done.text.contains("name: poison_smoke,"), "{}", done.text);
        assert!(
            done.text
                .contains("# [cfg (panic = \"unwind\")]\n    crate::Case"),
            "{}",
            done.text
        );
    }
}
