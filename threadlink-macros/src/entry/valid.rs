//! What an entry point cannot be, each said at the token at fault.

use syn::ext::IdentExt;
use syn::{FnArg, Safety, Type};

use super::Kind;
use super::parse::EntryFn;
use crate::errors::Errors;

const NO_PARAMETERS: &str =
    "`main` has no parameters: read the program's arguments with `threadlink::env::args()`";

pub(crate) fn check(kind: Kind, function: &EntryFn, errors: &mut Errors) {
    let sig = &function.sig;
    let attribute = kind.attribute();
    check_name(kind, function, errors);
    if let Some(token) = &sig.asyncness {
        errors.at(
            token,
            format!("`#[{attribute}]` runs no `async` function: call your executor from an ordinary one"),
        );
    }
    if let Some(token) = &sig.constness {
        errors.at(
            token,
            format!("a function with `#[{attribute}]` cannot be `const`: remove the word"),
        );
    }
    match &sig.safety {
        Safety::Unsafe(token) => errors.at(
            token,
            "the host calls this function and promises nothing, so it cannot be `unsafe`: remove the word, and \
             put `unsafe` blocks where the body needs them",
        ),
        Safety::Safe(token) => errors.at(token, "`safe` belongs in `extern` blocks only: remove the word"),
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        errors.at(
            abi,
            format!("`#[{attribute}]` chooses the ABI of the export itself: remove the `extern`"),
        );
    }
    check_generics(function, errors);
    if sig.receiver().is_some() {
        errors.at(
            &sig.inputs,
            "an entry point cannot be a method: the host has no `self` to give",
        );
    } else if kind == Kind::Export {
        check_parameters(function, errors);
    } else if !sig.inputs.is_empty() {
        errors.at(&sig.inputs, NO_PARAMETERS);
    }
    if let Some(dots) = &sig.variadic {
        errors.at(
            dots,
            "an entry point takes what its signature lists: remove the dots",
        );
    }
}

/// Refuses what the compiler would complain of in terms of the emitted code. Which types are allowed, a trait
/// decides.
fn check_parameters(function: &EntryFn, errors: &mut Errors) {
    for parameter in &function.sig.inputs {
        let FnArg::Typed(parameter) = parameter else {
            continue;
        };
        for attr in &parameter.attrs {
            errors.at(
                attr,
                "a parameter of an entry point cannot have attributes: every caller passes all of them",
            );
        }
        if let Type::ImplTrait(ty) = &*parameter.ty {
            errors.at(
                ty,
                "an entry point cannot be generic: the host knows no types, so nobody would choose this one",
            );
        }
    }
}

fn check_generics(function: &EntryFn, errors: &mut Errors) {
    let generics = &function.sig.generics;
    if !generics.params.is_empty() {
        errors.at(
            generics,
            "an entry point cannot be generic: the host knows no types, so nobody would choose them",
        );
    } else if let Some(clause) = &generics.where_clause {
        errors.at(
            clause,
            "an entry point cannot be generic, so this `where` has nothing to say: remove it",
        );
    }
}

fn check_name(kind: Kind, function: &EntryFn, errors: &mut Errors) {
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    match kind {
        Kind::Main if name != "main" => errors.at(
            ident,
            "`#[threadlink::main]` belongs on the function called `main`; to export functions of a library, use \
             `#[threadlink::export]`",
        ),
        Kind::Export if name == "main" => {
            errors.at(ident, "`main` is a program's entry point: use `#[threadlink::main]` for it");
        }
        Kind::Export if is_reserved(&name) => errors.at(
            ident,
            format!("hosts give the export `{name}` a meaning of its own: choose another name"),
        ),
        _ => {}
    }
}

/// Names of the ABI. All of its others, the linker's included, begin with an underscore.
fn is_reserved(name: &str) -> bool {
    name.starts_with('_') || matches!(name, "memory" | "thread_start")
}
