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
                Left(Mutex<u8>),
            }
        ),
        quote!(
            mod file;
        ),
        quote!(impl Locks { fn new() -> Mutex<u8> { use std::sync::*; Mutex::new(1) } }),
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
            lock: parking_lot::Mutex<u8>,
        }
    ));
    assert!(
        plain.contains("found nothing to trace") && !plain.contains("RwLock"),
        "{plain}"
    );
    let with_rw_lock = error(&quote!(
        struct Plain {
            lock: Arc<std::sync::RwLock<u8>>,
        }
    ));
    assert!(
        with_rw_lock.contains("an `RwLock` is not traced"),
        "{with_rw_lock}"
    );
    let only_text = error(&quote!(impl Plain { fn text() { stringify!(Mutex::new) } }));
    assert!(only_text.contains("found nothing to trace"), "{only_text}");
}
