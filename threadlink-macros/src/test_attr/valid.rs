//! What a test cannot be, each said at the token at fault.

use syn::Safety;

use super::ATTRIBUTE;
use super::parse::TestFn;
use crate::errors::Errors;

pub(crate) fn check(function: &TestFn, errors: &mut Errors) {
    let sig = &function.sig;
    for attr in &function.attrs {
        if attr.path().is_ident("test") {
            errors.at(
                attr,
                format!(
                    "`#[{ATTRIBUTE}]` makes this a test already, natively too: remove the second attribute"
                ),
            );
        }
    }
    if let Some(token) = &sig.asyncness {
        errors.at(
            token,
            format!("`#[{ATTRIBUTE}]` runs no `async` function: call your executor from an ordinary one"),
        );
    }
    match &sig.safety {
        Safety::Unsafe(token) => errors.at(
            token,
            "the runner calls this function and promises nothing, so it cannot be `unsafe`: remove the word, and \
             put `unsafe` blocks where the body needs them",
        ),
        Safety::Safe(token) => errors.at(token, "`safe` belongs in `extern` blocks only: remove the word"),
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        errors.at(
            abi,
            format!("`#[{ATTRIBUTE}]` chooses the ABI of the export itself: remove the `extern`"),
        );
    }
    if !sig.generics.params.is_empty() {
        errors.at(
            &sig.generics,
            "a test cannot be generic: nobody would choose the types; call a generic function from one test for \
             each type",
        );
    } else if let Some(clause) = &sig.generics.where_clause {
        errors.at(
            clause,
            "a test cannot be generic, so this `where` has nothing to say: remove it",
        );
    }
    if sig.receiver().is_some() {
        errors.at(
            &sig.inputs,
            "a test cannot be a method: the runner has no `self` to give",
        );
    } else if !sig.inputs.is_empty() {
        errors.at(
            &sig.inputs,
            "a test has no parameters: call a function that has some from one test for each case",
        );
    }
}
