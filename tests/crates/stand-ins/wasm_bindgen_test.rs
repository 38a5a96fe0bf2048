//! `#[wasm_bindgen_test]` as what it stands for on a target that has threads and libtest: `#[test]`. An asynchronous one is run by
//! an executor that parks its thread.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Polls one future until it is ready.
const EXECUTOR: &str = "
    fn wait_for<T>(future: impl ::std::future::Future<Output = T>) -> T {
        struct Unpark(::std::thread::Thread);
        impl ::std::task::Wake for Unpark {
            fn wake(self: ::std::sync::Arc<Self>) { self.0.unpark() }
        }
        let waker = ::std::sync::Arc::new(Unpark(::std::thread::current())).into();
        let mut context = ::std::task::Context::from_waker(&waker);
        let mut future = ::std::pin::pin!(future);
        loop {
            match future.as_mut().poll(&mut context) {
                ::std::task::Poll::Ready(value) => return value,
                ::std::task::Poll::Pending => ::std::thread::park(),
            }
        }
    }
";

#[proc_macro_attribute]
pub fn wasm_bindgen_test(_: TokenStream, item: TokenStream) -> TokenStream {
    let mut test: TokenStream = parse("#[::core::prelude::v1::test]");
    let mut waits = false;
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_body = tokens.peek().is_none();
        match token {
            TokenTree::Ident(word) if word.to_string() == "async" && !waits => waits = true,
            TokenTree::Group(body) if is_body && waits => {
                let mut inside = parse(EXECUTOR);
                inside.extend(parse("wait_for"));
                let mut future = parse("async");
                future.extend([TokenTree::Group(body)]);
                inside.extend([TokenTree::Group(Group::new(Delimiter::Parenthesis, future))]);
                test.extend([TokenTree::Group(Group::new(Delimiter::Brace, inside))]);
            }
            token => test.extend([token]),
        }
    }
    test
}

/// Where it would run: here it runs where it is.
#[proc_macro]
pub fn wasm_bindgen_test_configure(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

fn parse(text: &str) -> TokenStream {
    text.parse().expect("it is Rust")
}
