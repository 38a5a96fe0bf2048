//! `#[threadlink::test]`: a test that runs on the guest as well as natively.

mod expand;
mod parse;
mod valid;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::{LitInt, Token};

use crate::errors::Errors;
use crate::options::{OptionSet, Options, once};
use parse::{Marks, TestFn};

/// The attribute's name, for messages.
const ATTRIBUTE: &str = "threadlink::test";

#[derive(Default)]
struct TestOptions {
    /// Under how many schedules a runner runs the test.
    schedules: Option<LitInt>,
}

impl OptionSet for TestOptions {
    const KNOWN: &'static str = "`#[threadlink::test]` knows two: `schedules = 1000`, under how many schedules the test is run, \
                                 and `crate = path`, where the threadlink crate is found";

    fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        if key != "schedules" {
            return Ok(false);
        }
        once(key, self.schedules.is_none())?;
        let needs = |span| syn::Error::new(span, "`schedules` needs a number above 0: `schedules = 1000`");
        input.parse::<Token![=]>().map_err(|error| needs(error.span()))?;
        let count: LitInt = input.parse().map_err(|error| needs(error.span()))?;
        if !count.base10_parse::<u32>().is_ok_and(|number| number > 0) {
            return Err(needs(count.span()));
        }
        self.schedules = Some(count);
        Ok(true)
    }
}

pub(crate) fn test(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::<TestOptions>::parse(args, &mut errors);
    let Some(function) = errors.take(TestFn::parse(item.clone())) else {
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    };
    valid::check(&function, &mut errors);
    let marks = Marks::read(&function, &mut errors);
    if errors.is_empty() {
        expand::expand(&options, &function, &marks)
    } else {
        refused(&function, errors)
    }
}

/// The function as an ordinary one, so that the errors in its body show as well.
fn refused(function: &TestFn, errors: Errors) -> TokenStream {
    let TestFn {
        attrs,
        vis,
        sig,
        body,
    } = function;
    // Those that belong to a test would make rustc complain that this is none.
    let attrs = attrs.iter().filter(|attr| !parse::belongs_to_a_test(attr));
    let errors = errors.into_tokens();
    quote! {
        #(#attrs)*
        #[allow(dead_code)]
        #vis #sig #body
        #errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors_of(item: &TokenStream) -> Vec<String> {
        let output = test(quote!(), item).to_string();
        let message = |part: &str| part.split('"').nth(1).expect("a quoted message").to_owned();
        output.split("compile_error !").skip(1).map(message).collect()
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let errors = errors_of(&quote!(
            #[test]
            #[ignore(slow)]
            #[should_panic(message = "x")]
            async unsafe extern "C" fn adds<T>(count: u32) {}
        ));
        assert_eq!(errors.len(), 8, "{errors:#?}");
        for word in [
            "`async`",
            "`unsafe`",
            "`extern`",
            "generic",
            "parameters",
            "#[ignore",
            "#[should_panic",
            "second",
        ] {
            assert!(
                errors.iter().any(|error| error.contains(word)),
                "{word}: {errors:#?}"
            );
        }
    }

    #[test]
    fn the_marks_of_a_test_reach_its_record_whatever_their_order() {
        for item in [
            quote!(
                #[ignore = "slow"]
                #[should_panic(expected = "bo\"om")]
                fn r#fn() {}
            ),
            quote!(
                #[should_panic = "bo\"om"]
                #[ignore = "slow"]
                fn r#fn() {}
            ),
        ] {
            let output = test(quote!(crate = my::link), &item).to_string();
            for piece in [
                "ignored : true",
                r#"reason : "slow""#,
                "should_panic : true",
                r#"Some ("bo\"om")"#,
                r#"function : "fn""#,
                "my :: link :: __private :: run_test",
                "# [:: core :: prelude :: v1 :: test]",
            ] {
                assert!(output.contains(piece), "{piece}: {output}");
            }
        }
    }

    #[test]
    fn schedules_are_a_number_above_0() {
        let item = quote!(
            fn it() {}
        );
        let output = test(quote!(schedules = 1_000), &item).to_string();
        assert!(output.contains("count : 1_000"), "{output}");
        assert!(output.contains("threadlink.schedules"), "{output}");
        assert!(!test(quote!(), &item).to_string().contains("SchedulesRecord"));
        for args in [
            quote!(schedules),
            quote!(schedules = 0),
            quote!(schedules = "9"),
            quote!(schedules = 9_999_999_999),
        ] {
            let output = test(args.clone(), &item).to_string();
            assert!(output.contains("needs a number above 0"), "{args}: {output}");
        }
    }

    #[test]
    fn a_refused_test_is_an_ordinary_function() {
        let output = test(
            quote!(),
            &quote!(
                #[should_panic]
                async fn waits() {
                    body()
                }
            ),
        )
        .to_string();
        assert!(output.contains("async fn waits () { body () }"), "{output}");
        assert!(!output.contains("should_panic]"), "{output}");
    }

    #[test]
    fn conditions_cover_all_that_is_emitted() {
        let output = test(
            quote!(),
            &quote!(
                #[cfg(unix)]
                fn it() {}
            ),
        )
        .to_string();
        assert_eq!(output.matches("# [cfg (unix)]").count(), 2, "{output}");
    }
}
