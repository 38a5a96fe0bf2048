//! What becomes of `use` declarations.

use super::super::options::TracedOptions;
use super::super::table::Switches;
use super::*;
use quote::ToTokens;

/// What becomes of `items`, and what is found in them.
fn split(items: Vec<ItemUse>, with: impl FnOnce(&Imports)) -> String {
    let options = TracedOptions {
        switches: Switches {
            thread: true,
            ..Switches::default()
        },
        ..TracedOptions::default()
    };
    let scope = Scope::new(&options);
    let mut imports = Imports::default();
    let output: Vec<Item> = items
        .into_iter()
        .flat_map(|item| imports.split(item, &scope, &CratePath::default()))
        .collect();
    with(&imports);
    quote!(#(#output)*).to_string()
}

#[track_caller]
fn same(before: ItemUse, after: &TokenStream) {
    assert_eq!(split(vec![before], |_| {}), after.to_string());
}

#[test]
fn only_the_names_leave_a_use() {
    same(
        parse_quote!(
            use std::sync::Mutex;
        ),
        &quote!(
            use ::threadlink::sync::Mutex;
        ),
    );
    same(
        parse_quote!(
            #[cfg(x)]
            pub(crate) use std::{
                fmt,
                sync::{Arc, Condvar, Mutex},
                thread::{self, JoinHandle, spawn},
            };
        ),
        &quote! {
            #[cfg(x)] pub(crate) use ::threadlink::__private::std_facade::thread;
            #[cfg(x)] pub(crate) use ::threadlink::sync::Condvar;
            #[cfg(x)] pub(crate) use ::threadlink::sync::Mutex;
            #[cfg(x)] pub(crate) use ::threadlink::thread::JoinHandle;
            #[cfg(x)] pub(crate) use ::threadlink::thread::spawn;
            #[cfg(x)] pub(crate) use std::{fmt, sync::{Arc}};
        },
    );
    same(
        parse_quote!(
            use std::sync::Mutex as Lock;
        ),
        &quote!(
            use ::threadlink::sync::Mutex as Lock;
        ),
    );
    same(
        parse_quote!(
            use parking_lot::Mutex;
        ),
        &quote!(
            use ::threadlink::mutex::TracingMutex as Mutex;
        ),
    );
    same(
        parse_quote!(
            use super::Lock as Mutex;
        ),
        &quote!(
            use ::threadlink::sync::Mutex;
        ),
    );
    same(
        parse_quote!(
            use {};
        ),
        &quote!(
            use {};
        ),
    );
}

#[test]
fn other_imports_stay() {
    for item in [
        parse_quote!(
            use std::sync::{Arc, Once};
        ),
        parse_quote!(
            use tokio::sync::Mutex as Fair;
        ),
        parse_quote!(
            use other::Lock as Mutex;
        ),
        parse_quote!(
            use std::time::Instant;
        ),
        parse_quote!(
            use super::*;
        ),
    ] {
        let item: ItemUse = item;
        let unchanged = item.to_token_stream();
        same(item, &unchanged);
    }
}

#[test]
fn paths_to_check_are_whole() {
    let item = parse_quote!(
        use ::std::{
            sync::{Mutex, Condvar as Bell},
            io,
        };
    );
    split(vec![item], |imports| {
        let paths: Vec<String> = imports
            .replaced
            .iter()
            .map(|import| import.path.to_token_stream().to_string())
            .collect();
        assert_eq!(paths, [":: std :: sync :: Mutex", ":: std :: sync :: Condvar"]);
        assert!(imports.globs.is_empty());
    });
}

#[test]
fn modules_and_strangers_are_remembered() {
    let items = vec![
        parse_quote!(
            use std::{
                sync as locks,
                thread::{self},
            };
        ),
        parse_quote!(
            use tokio::sync::{self, Mutex};
        ),
        parse_quote!(
            use super::thread as theirs;
        ),
    ];
    split(items, |imports| {
        let meanings: Vec<_> = imports
            .settled(true)
            .iter()
            .map(|(ident, meaning)| (ident.to_string(), *meaning))
            .collect();
        let expected = [
            ("locks", Meaning::Module("sync")),
            ("thread", Meaning::Module("thread")),
            ("sync", Meaning::Other),
            ("Mutex", Meaning::Other),
            ("theirs", Meaning::Module("thread")),
        ];
        assert_eq!(
            meanings,
            expected.map(|(ident, meaning)| (ident.to_owned(), meaning))
        );
    });
}

#[test]
fn globs_are_seen() {
    let items = vec![
        parse_quote!(
            use sync::*;
        ),
        parse_quote!(
            #[cfg(x)]
            use super::{*, other::*};
        ),
    ];
    split(items, |imports| {
        let globs = &imports.globs;
        assert_eq!(
            quote!(#(#globs)*).to_string(),
            quote!(
                use sync::*;
                #[cfg(x)]
                use super::*;
                #[cfg(x)]
                use super::other::*;
            )
            .to_string()
        );
        assert_eq!(imports.std_globs.len(), 1);
    });
}

#[test]
fn modules_of_std_lead_to_their_likenesses() {
    same(
        parse_quote!(
            pub use std::thread::{self as th, *};
        ),
        &quote! {
            pub use ::threadlink::__private::std_facade::thread as th;
            pub use ::threadlink::__private::std_facade::thread::*;
        },
    );
    same(
        parse_quote!(
            use std::sync;
        ),
        &quote!(
            use ::threadlink::__private::std_facade::sync_locks as sync;
        ),
    );
    // What is not asked for stays std's.
    let stays: ItemUse = parse_quote!(
        use std::{sync::mpsc, time::*};
    );
    let unchanged = stays.to_token_stream();
    same(stays, &unchanged);
    // Of std as a whole, only all or nothing can be replaced.
    let items = vec![parse_quote!(
        use std as all;
    )];
    split(items, |imports| assert_eq!(imports.partly.len(), 1));
}

#[test]
fn a_name_with_two_meanings_has_none() {
    let pair = |first: TokenStream, second: TokenStream| {
        vec![
            parse_quote!(#[cfg(x)] #first),
            parse_quote!(#[cfg(not(x))] #second),
        ]
    };
    let [own, std] = [
        quote!(
            use crate::own::Mutex;
        ),
        quote!(
            use std::sync::Mutex;
        ),
    ];
    for items in [pair(own.clone(), std.clone()), pair(std.clone(), own)] {
        split(items, |imports| {
            assert!(
                imports
                    .settled(true)
                    .iter()
                    .all(|(_, meaning)| *meaning == Meaning::Other)
            );
        });
    }
    split(pair(std.clone(), std), |imports| {
        let certain = |(_, meaning): &(Ident, Meaning)| matches!(meaning, Meaning::Twin(_));
        assert!(imports.settled(true).iter().all(certain));
        assert!(!imports.settled(false).iter().any(certain));
    });
}
