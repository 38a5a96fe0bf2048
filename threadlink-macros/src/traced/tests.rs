//! What `#[traced]` makes of tokens: shapes that behaviour cannot show.

use quote::quote;

use super::*;

fn output(item: &TokenStream) -> String {
    traced(quote!(), item).to_string()
}

fn error(item: &TokenStream) -> String {
    let output = output(item);
    let message = output.split_once("compile_error ! {").expect("an error").1;
    message.to_owned()
}

#[test]
fn each_spelling_is_checked_once_under_its_own_conditions() {
    let output = output(&quote! {
        #[cfg(unix)]
        struct Locks {
            one: Mutex<u8>,
            two: Vec<Mutex<u16>>,
            #[cfg(test)]
            three: Mutex<u8>,
            four: sync::Mutex<u8>,
            five: std::sync::Condvar,
        }
    });
    assert_eq!(output.matches("std_types ::").count(), 4, "{output}");
    let checked = |conditions: &str, call: &str| {
        let item =
            format!("{conditions} const _ : fn () = :: threadlink :: __private :: std_types :: {call} ;");
        assert!(output.contains(&item), "{item}\n{output}");
    };
    checked("} # [cfg (unix)]", "mutex :: < Mutex < () > >");
    checked("# [cfg (unix)] # [cfg (test)]", "mutex :: < Mutex < () > >");
    checked("# [cfg (unix)]", "mutex :: < sync :: Mutex < () > >");
    checked("# [cfg (unix)]", "condvar :: < std :: sync :: Condvar >");
}

#[test]
fn a_check_gives_as_many_types_as_the_user_did() {
    let output = output(&quote!(
        struct Locks(Mutex, Mutex<R, T>, MutexGuard<'static, u8>);
    ));
    for call in [
        "mutex :: < Mutex >",
        "mutex :: < Mutex < () , () > >",
        "< MutexGuard < 'static , () > >",
    ] {
        assert!(output.contains(call), "{call}\n{output}");
    }
}

#[test]
fn bare_names_in_bodies_are_not_touched() {
    let body = quote!({ (Mutex::new(stringify!(Mutex)), vec![Mutex::new(1)]) });
    let output = output(&quote!(impl Locks { fn new() -> Self #body }));
    let inside = body.to_string();
    let inside = inside.trim_matches(['{', '}', ' ']);
    assert!(output.contains(inside), "{output}");
    assert_eq!(
        output.matches("use :: threadlink :: sync :: Mutex ;").count(),
        1,
        "{output}"
    );
}

#[test]
fn a_body_that_mentions_no_name_gets_no_import() {
    let output = output(&quote! {
        impl Locks {
            fn new() -> Self { Mutex::new(1) }
            fn text() -> &'static str { stringify!(Mutex) }
            fn value(Mutex: u8) -> u8 { Mutex + Kind::Mutex }
        }
    });
    assert_eq!(output.matches("use ::").count(), 1, "{output}");
    assert!(
        output.contains("fn text () -> & 'static str { stringify ! (Mutex) }"),
        "{output}"
    );
    assert!(
        output.contains("fn value (Mutex : u8) -> u8 { Mutex + Kind :: Mutex }"),
        "{output}"
    );
}

#[test]
fn a_refused_item_is_emitted_unchanged() {
    for item in [
        quote!(
            struct Plain {
                count: u8,
            }
        ),
        quote!(
            enum Either {
                Left(u8),
            }
        ),
        quote!(
            mod file;
        ),
        quote!(
            use std::sync::Mutex;
        ),
        quote!(impl Locks { fn new() -> Mutex<u8> { use sync::*; Mutex::new(1) } }),
        quote!(not even an item),
    ] {
        let output = output(&item);
        assert!(output.starts_with(&item.to_string()), "{output}");
        assert!(output.contains("compile_error"), "{output}");
    }
}

#[test]
fn finding_nothing_is_an_error_that_says_what_was_looked_for() {
    let plain = error(&quote!(
        struct Plain {
            lock: tokio::sync::Mutex<u8>,
        }
    ));
    assert!(
        plain.contains("found nothing to trace") && !plain.contains("#[traced(std)]"),
        "{plain}"
    );
    let with_thread = error(&quote!(
        fn start() {
            std::thread::spawn(|| ());
        }
    ));
    assert!(with_thread.contains("#[traced(std)]"), "{with_thread}");
    let only_text = error(&quote!(impl Plain { fn text() { stringify!(Mutex::new) } }));
    assert!(only_text.contains("found nothing to trace"), "{only_text}");
}

#[test]
fn a_module_is_changed_by_its_imports() {
    let output = output(&quote! {
        mod bank {
            use std::sync::{Arc, Mutex as Lock};
            struct Account { balance: Arc<Lock<u64>> }
            fn open() -> Lock<u64> { Lock::new(0) }
        }
    });
    let expected = quote! {
        mod bank {
            const _: fn() = ::threadlink::__private::std_types::mutex::<std::sync::Mutex<()> >;
            use ::threadlink::sync::Mutex as Lock;
            use std::sync::{Arc};
            struct Account { balance: Arc<Lock<u64> > }
            fn open() -> Lock<u64> { Lock::new(0) }
        }
    };
    assert_eq!(output, expected.to_string());
}

#[test]
fn what_a_glob_brings_into_a_module_is_checked_behind_it() {
    let output = output(&quote! {
        mod bank {
            use super::*;
            struct Account { balance: Mutex<u64> }
        }
    });
    let expected = quote! {
        mod bank {
            use ::threadlink::sync::Mutex;
            const _: ::core::marker::PhantomData<Mutex<()> > = ::core::marker::PhantomData;
            const _: () = {
                #[allow(unused_imports, clippy::wildcard_imports)]
                use super::*;
                const _: fn() = ::threadlink::__private::std_types::mutex::<Mutex<()> >;
            };
            #[allow(unused_imports)]
            use super::*;
            struct Account { balance: Mutex<u64> }
        }
    };
    assert_eq!(output, expected.to_string());
}

#[test]
fn skipped_parts_keep_their_tokens_or_get_the_path_of_the_original() {
    let fields = output(&quote! {
        struct Locks {
            traced: Mutex<u8>,
            #[traced(skip)]
            #[doc = "kept"]
            plain: Mutex<u8>,
        }
    });
    assert!(
        fields.contains("# [doc = \"kept\"] plain : Mutex < u8 >"),
        "{fields}"
    );
    let body = output(&quote! {
        impl Locks {
            fn new() -> Self {
                Self { traced: Mutex::new(1), #[traced(skip)] plain: Mutex::new(2) }
            }
        }
    });
    let named =
        quote!(traced: Mutex::with_name(1, const { ::threadlink::hooks::LockName::new("Locks.traced") }));
    let plain = quote!(plain: ::std::sync::Mutex::new(2));
    assert!(
        body.contains(&quote!(Self { #named, #plain }).to_string()),
        "{body}"
    );
    let module = output(&quote! {
        mod locks {
            use std::sync::Mutex;
            static TRACED: Mutex<u8> = Mutex::new(1);
            #[traced(skip)]
            static PLAIN: Mutex<u8> = Mutex::new(1);
        }
    });
    assert!(
        module.contains("static PLAIN : :: std :: sync :: Mutex < u8 > = :: std :: sync :: Mutex :: new (1)"),
        "{module}"
    );
}
