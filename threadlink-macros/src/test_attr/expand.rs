//! What a test becomes: an ordinary `#[test]` everywhere, and on the guest an export and a record beside it.
//!
//! On the guest, too, libtest gets to know the test, although nothing there calls libtest: its table of tests is how
//! the runner finds out which plain `#[test]`s a module has. Under how many schedules it wants to run it says in a record of its own,
//! which is there over a std with threads as well.
//!
//! Nothing here is `unsafe` in the user's eyes: lints on the user's crate, `#![forbid(unsafe_code)]`
//! included, do not look into tokens that come from an attribute.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{LitInt, LitStr};

use super::TestOptions;
use super::parse::{Marks, TestFn};
use crate::emit::{own_threads, start};
use crate::options::{CratePath, Options};

pub(crate) fn expand(options: &Options<TestOptions>, function: &TestFn, marks: &Marks) -> TokenStream {
    let krate = &options.krate;
    let TestFn {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let cfgs = function.cfgs();
    let name = LitStr::new(&sig.ident.unraw().to_string(), sig.ident.span());
    let run_guest = start(krate, sig, "run_test");
    let run_native = start(krate, sig, "run_main_native");
    let private = krate.hidden(Span::call_site());
    let ignored = marks.ignored.is_some();
    let reason = marks.ignored.as_ref().map_or_else(String::new, LitStr::value);
    let should_panic = marks.should_panic;
    let expected = match &marks.expected {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    };
    // Where the function stands, not the attribute.
    let line = quote_spanned!(sig.ident.span()=> ::core::line!());
    let seen = own_threads(
        &private,
        &quote! {
            // SAFETY: the module's path and the function's name are a name that nothing else has.
            #[unsafe(export_name = ::core::concat!("__threadlink_test::", ::core::module_path!(), "::", #name))]
            extern "C" fn test() {
                #run_guest;
            }

            const RECORD: #private::__private::test_record::TestRecord =
                #private::__private::test_record::TestRecord {
                    module: ::core::module_path!(),
                    function: #name,
                    file: ::core::file!(),
                    line: #line,
                    ignored: #ignored,
                    reason: #reason,
                    should_panic: #should_panic,
                    expected: #expected,
                };

            // SAFETY: bytes in a section that is not loaded.
            #[used]
            #[unsafe(link_section = "threadlink.tests")]
            static BYTES: [u8; RECORD.size()] = RECORD.encode();
        },
        // libtest runs it: no export, but the same demands on the function.
        &quote! {
            const _: fn() -> ::std::process::ExitCode = || #run_native;
        },
    );
    let schedules = options
        .own
        .schedules
        .as_ref()
        .map(|count| schedules(krate, &name, count));
    // `#[test]` by its path: a bare one could be this very macro, imported.
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis #sig #body

        #(#cfgs)*
        #[cfg(test)]
        const _: () = {
            #seen
            #schedules
        };
    }
}

/// The record of how many schedules it wants.
fn schedules(krate: &CratePath, name: &LitStr, count: &LitInt) -> TokenStream {
    let private = krate.hidden(Span::call_site());
    quote! {
        #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
        const _: () = {
            const RECORD: #private::__private::test_record::SchedulesRecord =
                #private::__private::test_record::SchedulesRecord {
                    module: ::core::module_path!(),
                    function: #name,
                    count: #count,
                };

            // SAFETY: bytes in a section that is not loaded.
            #[used]
            #[unsafe(link_section = "threadlink.schedules")]
            static BYTES: [u8; RECORD.size()] = RECORD.encode();
        };
    }
}
