//! `#[threadlink::main]` and `#[threadlink::export]`: functions that a host calls.

mod export;
mod fallback;
mod main;
mod options;
mod parse;
mod valid;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use parse::EntryFn;

/// Which of the two attributes is at work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Main,
    Export,
}

impl Kind {
    /// The attribute's name, for messages.
    fn attribute(self) -> &'static str {
        match self {
            Kind::Main => "threadlink::main",
            Kind::Export => "threadlink::export",
        }
    }
}

pub(crate) fn main(args: TokenStream, item: &TokenStream) -> TokenStream {
    entry(Kind::Main, args, item)
}

pub(crate) fn export(args: TokenStream, item: &TokenStream) -> TokenStream {
    entry(Kind::Export, args, item)
}

fn entry(kind: Kind, args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = options::parse(kind, args, &mut errors);
    let Some(function) = errors.take(EntryFn::parse(kind, item.clone())) else {
        return fallback::not_a_function(item, errors);
    };
    valid::check(kind, &function, &mut errors);
    if !errors.is_empty() {
        return fallback::refused(kind, &function, errors);
    }
    match kind {
        Kind::Main => main::expand(&options, &function),
        Kind::Export => export::expand(&options.krate, &function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn errors_of(kind: Kind, item: &TokenStream) -> Vec<String> {
        let output = entry(kind, quote!(), item).to_string();
        let message = |part: &str| part.split('"').nth(1).expect("a quoted message").to_owned();
        output.split("compile_error !").skip(1).map(message).collect()
    }

    #[test]
    fn every_mistake_of_a_signature_is_reported_at_once() {
        let item = quote!(
            async unsafe extern "C" fn start<T>(count: u32) -> T
            where
                T: Copy,
            {
                count
            }
        );
        let errors = errors_of(Kind::Main, &item);
        assert_eq!(errors.len(), 6, "{errors:#?}");
        for word in [
            "`async`",
            "`unsafe`",
            "`extern`",
            "called `main`",
            "generic",
            "parameters",
        ] {
            assert!(
                errors.iter().any(|error| error.contains(word)),
                "{word}: {errors:#?}"
            );
        }
    }

    #[test]
    fn a_refused_main_is_emitted_with_its_body_and_a_main_that_rustc_accepts() {
        let output = entry(
            Kind::Main,
            quote!(),
            &quote!(
                async fn main() {
                    body()
                }
            ),
        )
        .to_string();
        assert!(output.contains("async fn main () { body () }"), "{output}");
        assert_eq!(output.matches("fn main ()").count(), 2, "{output}");
        assert!(!output.contains("_start"), "{output}");
    }

    #[test]
    fn what_does_not_parse_is_emitted_unchanged() {
        for item in [
            quote!(
                struct NoFunction;
            ),
            quote!(
                fn no_body();
            ),
            quote!(
                fn main() {}
                fn more() {}
            ),
        ] {
            let output = entry(Kind::Main, quote!(), &item).to_string();
            assert!(output.starts_with(&item.to_string()), "{output}");
            assert!(output.contains("compile_error"), "{output}");
        }
    }

    #[test]
    fn a_body_that_is_no_rust_yet_passes_through() {
        let output = entry(Kind::Main, quote!(), &quote!(fn main() { let x = ; x. })).to_string();
        assert!(output.contains("{ let x = ; x . }"), "{output}");
        assert!(!output.contains("compile_error"), "{output}");
    }

    #[test]
    fn attributes_stay_on_the_function_and_cfgs_cover_everything() {
        let item = quote!(
            #[cfg(unix)]
            #[allow(dead_code)]
            #[doc = r" It runs."]
            fn main() {}
        );
        let output = entry(Kind::Main, quote!(crate = my::link), &item).to_string();
        assert_eq!(output.matches("# [cfg (unix)]").count(), 2, "{output}");
        assert_eq!(output.matches("# [allow (dead_code)]").count(), 1, "{output}");
        assert!(
            output.contains("# [cfg (unix)] # [doc = r\" It runs.\"] fn main ()"),
            "{output}"
        );
        assert!(output.contains("my :: link :: __private :: run_main"), "{output}");
    }

    #[test]
    fn exports_refuse_names_that_hosts_know() {
        for name in ["main", "memory", "thread_start", "_start", "__anything"] {
            let name = quote::format_ident!("{name}");
            let errors = errors_of(Kind::Export, &quote!(fn #name() {}));
            assert_eq!(errors.len(), 1, "{name}: {errors:?}");
        }
        assert!(
            errors_of(
                Kind::Export,
                &quote!(
                    pub fn render() {}
                )
            )
            .is_empty()
        );
        assert_eq!(
            errors_of(
                Kind::Export,
                &quote!(
                    fn method(&self) {}
                )
            )
            .len(),
            1
        );
    }

    #[test]
    fn an_export_loses_the_raw_prefix_of_its_name() {
        let output = entry(
            Kind::Export,
            quote!(),
            &quote!(
                fn r#loop() {}
            ),
        )
        .to_string();
        assert!(output.contains("export_name = \"loop\""), "{output}");
    }
}
