//! Canonical signatures: two spellings of one signature become the same text.
//!
//! Paths lose their prefixes, parameters (of types, lifetimes) their names, arguments their patterns; `Self` becomes the
//! type that it stands for; bounds become a sorted list of predicates, wherever they stood.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, GenericParam, Generics, ItemImpl, ReceiverKind, ReturnType, Signature, WherePredicate};

/// Names of types that the public knows under another name.
pub(crate) type Renames = BTreeMap<String, String>;

/// A sequence of tokens: words, `'a`, `::`, `->`, and single characters.
type Tokens = Vec<String>;

/// A text in the making: a head, what must hold for it, and the parameters whose names say nothing.
#[derive(Default)]
struct Draft {
    head: Tokens,
    predicates: Vec<Tokens>,
    types: Vec<String>,
    lifetimes: Vec<String>,
    fresh: u32,
}

/// The signature of a function or, with the `impl` block around it, of a method.
pub(crate) fn function(
    block: Option<&ItemImpl>,
    signature: &Signature,
    constant: bool,
    renames: &Renames,
) -> String {
    let mut draft = Draft::default();
    let mut subject = Tokens::new();
    if let Some(block) = block {
        draft.generics(&block.generics);
        subject = draft.header(&block.self_ty);
        draft.head.extend(subject.clone());
        draft.word("::");
    }
    let safety = flat(signature.safety.to_token_stream());
    draft
        .head
        .extend(safety.into_iter().filter(|word| word == "unsafe"));
    if constant {
        draft.word("const");
    }
    draft.word("fn");
    draft.word(&signature.ident.to_string());
    draft.parameters(&signature.generics);
    draft.word("(");
    for argument in &signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => match &receiver.kind {
                ReceiverKind::Reference(and, lifetime, mutability) => {
                    draft.head.extend(flat(and.to_token_stream()));
                    draft.head.extend(flat(lifetime.to_token_stream()));
                    draft.head.extend(flat(mutability.to_token_stream()));
                    draft.word("self");
                }
                ReceiverKind::Typed(_, ty) => {
                    draft.word("self");
                    draft.word(":");
                    draft.head.extend(flat(ty.to_token_stream()));
                }
                _ => draft.word("self"),
            },
            FnArg::Typed(argument) => draft.head.extend(flat(argument.ty.to_token_stream())),
        }
        draft.word(",");
    }
    draft.word(")");
    if let ReturnType::Type(_, ty) = &signature.output {
        let returned = flat(ty.to_token_stream());
        if returned != ["(", ")"] {
            draft.word("->");
            draft.head.extend(returned);
        }
    }
    draft.finish(&subject, renames)
}

/// A type, a type alias or a constant: its parameters and what it consists of.
pub(crate) fn definition(generics: &Generics, body: TokenStream, renames: &Renames) -> String {
    let mut draft = Draft::default();
    draft.parameters(generics);
    draft.drop_inferred();
    draft.head.extend(flat(body));
    draft.finish(&Tokens::new(), renames)
}

/// An associated constant of the type of a block.
pub(crate) fn constant(block: &ItemImpl, ty: TokenStream, renames: &Renames) -> String {
    let mut draft = Draft::default();
    draft.generics(&block.generics);
    let subject = draft.header(&block.self_ty);
    draft.head.extend(subject.clone());
    draft.word(":");
    draft.head.extend(flat(ty));
    draft.finish(&subject, renames)
}

/// An implementation of a trait: which it is (without bounds), and all of it with bounds and associated types.
pub(crate) fn implementation(
    block: &ItemImpl,
    assigned: &[(String, TokenStream)],
    renames: &Renames,
) -> (String, String) {
    let draft = |whole: bool| {
        let mut draft = Draft::default();
        draft.generics(&block.generics);
        let subject = draft.header(&block.self_ty);
        if let Some((path, _)) = &block.trait_ {
            let mut path = draft.header(path);
            // `Sub<Self>` is `Sub`, `PartialEq<Self>` is `PartialEq`.
            let itself = [&["<".to_owned()], subject.as_slice(), &[">".to_owned()]].concat();
            if path.ends_with(&itself) || path.ends_with(&["<", "Self", ">"].map(str::to_owned)) {
                path.truncate(path.iter().position(|token| token == "<").unwrap_or(path.len()));
            }
            draft.head.extend(path);
        }
        draft.drop_inferred();
        draft.word("for");
        draft.head.extend(subject.clone());
        if whole {
            for (name, ty) in assigned {
                draft.word(name);
                draft.word("=");
                draft.head.extend(flat(ty.clone()));
                draft.word(",");
            }
        } else {
            draft.predicates.clear();
        }
        draft.finish(&subject, renames)
    };
    (draft(false), draft(true))
}

/// The header of an implementation for people: `From<T> for Mutex<T>`.
pub(crate) fn label(block: &ItemImpl, renames: &Renames) -> String {
    let path = block
        .trait_
        .as_ref()
        .map(|(path, _)| flat(path.to_token_stream()));
    let mut tokens = path.unwrap_or_default();
    tokens.push("for".to_owned());
    tokens.extend(flat(block.self_ty.to_token_stream()));
    let tokens = tidy(&tokens, &[], renames);
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at
            .checked_sub(1)
            .map(|at| tokens[at].as_str())
            .unwrap_or_default();
        let word =
            |token: &str| token.starts_with(|first: char| first.is_alphanumeric() || "'_".contains(first));
        let apart = (word(before) && word(token))
            || matches!(before, "," | ";" | "=" | "->" | "+" | ":")
            || (matches!(token.as_str(), "=" | "->" | "+"))
            || (token == "for")
            || (before == "for");
        if apart && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}

impl Draft {
    fn word(&mut self, word: &str) {
        self.head.push(word.to_owned());
    }

    /// Part of the header of an `impl`, where each `'_` is a lifetime parameter of its own.
    fn header(&mut self, part: &impl ToTokens) -> Tokens {
        let mut tokens = flat(part.to_token_stream());
        for token in &mut tokens {
            if token == "'_" {
                self.fresh += 1;
                *token = format!("'fresh{}", self.fresh);
                self.lifetimes.push(token.clone());
            }
        }
        tokens
    }

    /// Generic parameters, written down: their order can be seen by callers.
    fn parameters(&mut self, generics: &Generics) {
        self.generics(generics);
        self.word("<");
        for parameter in &generics.params {
            match parameter {
                // A lifetime's place matters as little as its name to most callers, but it is part of a type.
                GenericParam::Lifetime(parameter) => {
                    self.head.extend(flat(parameter.lifetime.to_token_stream()));
                }
                GenericParam::Type(parameter) => {
                    self.word(&parameter.ident.to_string());
                    if let Some((_, default)) = &parameter.default {
                        self.word("=");
                        self.head.extend(flat(default.to_token_stream()));
                    }
                }
                GenericParam::Const(parameter) => {
                    self.word("const");
                    self.word(&parameter.ident.to_string());
                    self.word(":");
                    self.head.extend(flat(parameter.ty.to_token_stream()));
                }
            }
            self.word(",");
        }
        self.word(">");
    }

    /// Takes note of parameters and their bounds.
    fn generics(&mut self, generics: &Generics) {
        for parameter in &generics.params {
            match parameter {
                GenericParam::Lifetime(parameter) => {
                    let name = flat(parameter.lifetime.to_token_stream());
                    self.lifetimes.extend(name.clone());
                    self.bounds(&name, parameter.bounds.iter().map(ToTokens::to_token_stream));
                }
                GenericParam::Type(parameter) => {
                    let name = parameter.ident.to_string();
                    self.types.push(name.clone());
                    self.bounds(&[name], parameter.bounds.iter().map(ToTokens::to_token_stream));
                }
                GenericParam::Const(parameter) => self.types.push(parameter.ident.to_string()),
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            match predicate {
                WherePredicate::Lifetime(predicate) => {
                    let name = flat(predicate.lifetime.to_token_stream());
                    self.bounds(&name, predicate.bounds.iter().map(ToTokens::to_token_stream));
                }
                WherePredicate::Type(predicate) => {
                    let mut subject = flat(predicate.lifetimes.to_token_stream());
                    subject.extend(flat(predicate.bounded_ty.to_token_stream()));
                    self.bounds(&subject, predicate.bounds.iter().map(ToTokens::to_token_stream));
                }
                other => self.predicates.push(flat(other.to_token_stream())),
            }
        }
    }

    fn bounds(&mut self, subject: &[String], bounds: impl Iterator<Item = TokenStream>) {
        for bound in bounds {
            let mut predicate = subject.to_vec();
            predicate.push(":".to_owned());
            predicate.extend(flat(bound));
            self.predicates.push(predicate);
        }
    }

    /// `T: 'a` of a type need not be written: the compiler infers it from the fields.
    fn drop_inferred(&mut self) {
        let (types, lifetimes) = (&self.types, &self.lifetimes);
        self.predicates.retain(|predicate| match predicate.as_slice() {
            [subject, _, bound] => !(types.contains(subject) && lifetimes.contains(bound)),
            _ => true,
        });
    }

    fn finish(self, subject: &[String], renames: &Renames) -> String {
        let settle = |tokens: Tokens| {
            let mut settled = Tokens::new();
            for (at, token) in tokens.iter().enumerate() {
                // `Self::Output` stays: both sides name the associated type by it.
                let associated = tokens.get(at + 1).is_some_and(|next| next == "::");
                if token == "Self" && !associated && !subject.is_empty() {
                    settled.extend(subject.iter().cloned());
                } else {
                    settled.push(token.clone());
                }
            }
            tidy(&settled, &self.types, renames)
        };
        let head = settle(self.head);
        let mut names: BTreeMap<&String, String> = BTreeMap::new();
        for token in head.iter().chain(&self.types).chain(&self.lifetimes) {
            let next = if self.types.contains(token) {
                format!("T{}", names.len())
            } else if self.lifetimes.contains(token) {
                format!("'{}", names.len())
            } else {
                continue;
            };
            names.entry(token).or_insert(next);
        }
        let spell = |tokens: &[String]| -> String {
            let words: Vec<&str> = tokens
                .iter()
                .map(|token| names.get(token).map_or(token.as_str(), String::as_str))
                .collect();
            words.join(" ")
        };
        let mut text = spell(&head);
        let mut predicates: Vec<String> = self
            .predicates
            .into_iter()
            .map(|predicate| spell(&settle(predicate)))
            .collect();
        predicates.sort();
        predicates.dedup();
        // Together these two say what saying neither says.
        let sized: Vec<String> = predicates
            .iter()
            .filter_map(|text| text.strip_suffix(" : Sized").map(str::to_owned))
            .collect();
        for subject in sized {
            let both = [format!("{subject} : Sized"), format!("{subject} : ? Sized")];
            if predicates.contains(&both[1]) {
                predicates.retain(|text| !both.contains(text));
            }
        }
        if !predicates.is_empty() {
            text.push_str(" where ");
            text.push_str(&predicates.join(" , "));
        }
        text
    }
}

/// Drops the prefixes of paths and commas at the end of lists; `parameters` may be prefixes that say something.
fn tidy(tokens: &[String], parameters: &[String], renames: &Renames) -> Tokens {
    let word = |token: &str| token.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let mut tidied = Tokens::new();
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let next = tokens.get(at + 1).map(String::as_str);
        let after = tokens.get(at + 2).map(String::as_str);
        let prefix = next == Some("::") && after.is_some_and(word) && word(token);
        // These two are different types from `Result`; everything else is told apart by its last name.
        let speaks = parameters.contains(token)
            || matches!(token.as_str(), "Self" | "fn")
            || (matches!(token.as_str(), "io" | "fmt") && after == Some("Result"));
        let closes = matches!(next, Some(")" | ">"));
        if prefix && !speaks {
            at += 2;
        } else if token == "," && closes {
            at += 1;
        } else {
            tidied.push(renames.get(token).unwrap_or(token).clone());
            at += 1;
        }
    }
    tidied
}

/// Tokens without their tree.
fn flat(stream: TokenStream) -> Tokens {
    fn walk(stream: TokenStream, found: &mut Tokens) {
        let mut joins = false;
        for tree in stream {
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    found.extend((!open.is_empty()).then(|| open.to_owned()));
                    walk(group.stream(), found);
                    found.extend((!close.is_empty()).then(|| close.to_owned()));
                    joins = false;
                }
                TokenTree::Punct(punct) => {
                    let before = found.last().map(String::as_str);
                    match (before, punct.as_char()) {
                        (Some(":"), ':') | (Some("-"), '>') if joins => {
                            if let Some(last) = found.last_mut() {
                                last.push(punct.as_char());
                            }
                        }
                        (_, character) => found.push(character.to_string()),
                    }
                    joins = punct.spacing() == Spacing::Joint;
                }
                TokenTree::Ident(ident) => {
                    if joins && found.last().is_some_and(|last| last == "'") {
                        found.pop();
                        found.push(format!("'{ident}"));
                    } else {
                        found.push(ident.to_string());
                    }
                    joins = false;
                }
                TokenTree::Literal(literal) => {
                    found.push(literal.to_string());
                    joins = false;
                }
            }
        }
    }
    let mut found = Tokens::new();
    walk(stream, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::{ImplItem, parse_quote};

    fn method(block: &ItemImpl) -> String {
        let ImplItem::Fn(method) = &block.items[0] else {
            panic!("a method is expected")
        };
        function(
            Some(block),
            &method.sig,
            method.sig.constness.is_some(),
            &Renames::new(),
        )
    }

    #[test]
    fn spelling_does_not_matter() {
        let ours = method(&parse_quote! {
            impl<'x, U: ?Sized + std::fmt::Debug> Lock<'x, U> {
                #[inline]
                pub fn with<G, R>(&self, mut action: G) -> io::Result<Self> where G: FnOnce(&U) -> R, R: Send {}
            }
        });
        let theirs = method(&parse_quote! {
            impl<'a, T> Lock<'a, T> where T: fmt::Debug + ?Sized {
                pub fn with<F: FnOnce(&T,) -> R, R>(&self, f: F) -> crate::io::Result<Lock<'a, T>> where R: Send {}
            }
        });
        assert_eq!(ours, theirs);
    }

    #[test]
    fn everything_that_callers_see_matters() {
        let std = |text: &str| {
            let block: ItemImpl = syn::parse_str(&format!("impl<T: ?Sized> Lock<T> {{ {text} }}")).unwrap();
            method(&block)
        };
        let all = [
            std("pub fn get(&self) -> LockResult<Guard<'_, T>> {}"),
            std("pub const fn get(&self) -> LockResult<Guard<'_, T>> {}"),
            std("pub unsafe fn get(&self) -> LockResult<Guard<'_, T>> {}"),
            std("pub fn get(&mut self) -> LockResult<Guard<'_, T>> {}"),
            std("pub fn get(self) -> LockResult<Guard<'_, T>> {}"),
            std("pub fn get(&self, x: T) -> LockResult<Guard<'_, T>> {}"),
            std("pub fn get(&self) -> Option<Guard<'_, T>> {}"),
            std("pub fn get(&self) -> LockResult<Guard<'_, T>> where T: Send {}"),
            std("pub fn get<A, B>(&self, a: A, b: B) -> LockResult<Guard<'_, T>> {}"),
            std("pub fn get<B, A>(&self, a: A, b: B) -> LockResult<Guard<'_, T>> {}"),
            std("pub fn get(&self) -> io::Result<T> {}"),
            std("pub fn get(&self) -> fmt::Result<T> {}"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{one}");
        }
    }

    #[test]
    fn a_renamed_type_is_the_public_one() {
        let renames = Renames::from([("TracingMutex".to_owned(), "Mutex".to_owned())]);
        let ours: ItemImpl = parse_quote!(
            impl<T> From<T> for TracingMutex<T> {}
        );
        let std: ItemImpl = parse_quote!(
            impl<U> From<U> for Mutex<U> {}
        );
        assert_eq!(
            implementation(&ours, &[], &renames),
            implementation(&std, &[], &Renames::new())
        );
        assert_eq!(label(&ours, &renames), "From<T> for Mutex<T>");
    }
}
