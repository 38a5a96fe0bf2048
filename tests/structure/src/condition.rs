//! Under which configurations a piece of code exists: what its `#[cfg]`s and those around it say. A configuration is
//! never one of tests here, as code for tests alone may need what it likes.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// One `#[cfg]`.
#[derive(Clone, Debug, PartialEq)]
enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    /// `unix`, `feature = "tracing"`: as written.
    Atom(String),
}

impl Predicate {
    fn of(meta: &Meta) -> Predicate {
        let several = |list: &syn::MetaList| -> Vec<Predicate> {
            list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .map(|metas| metas.iter().map(Predicate::of).collect())
                .unwrap_or_default()
        };
        match meta {
            Meta::List(list) if list.path.is_ident("all") => Predicate::All(several(list)),
            Meta::List(list) if list.path.is_ident("any") => Predicate::Any(several(list)),
            Meta::List(list) if list.path.is_ident("not") => {
                Predicate::Not(Box::new(Predicate::All(several(list))))
            }
            other => Predicate::Atom(other.to_token_stream().to_string()),
        }
    }

    /// What it comes to, as far as `known` tells what its atoms are.
    fn value(&self, known: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
        let over = |parts: &[Predicate], decides: bool| {
            let values: Vec<_> = parts.iter().map(|part| part.value(known)).collect();
            if values.contains(&Some(decides)) {
                Some(decides)
            } else if values.contains(&None) {
                None
            } else {
                Some(!decides)
            }
        };
        match self {
            Predicate::All(parts) => over(parts, false),
            Predicate::Any(parts) => over(parts, true),
            Predicate::Not(part) => part.value(known).map(|value| !value),
            Predicate::Atom(atom) if atom == "test" => Some(false),
            Predicate::Atom(atom) => known(atom),
        }
    }

    fn atoms(&self, into: &mut BTreeSet<String>) {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| part.atoms(into)),
            Predicate::Not(part) => part.atoms(into),
            Predicate::Atom(atom) if atom == "test" => {}
            Predicate::Atom(atom) => {
                into.insert(atom.clone());
            }
        }
    }
}

/// All of these have to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Condition(Vec<Predicate>);

impl Condition {
    /// What the `#[cfg]`s among these attributes say.
    pub(crate) fn of(attrs: &[Attribute]) -> Condition {
        Condition(
            attrs
                .iter()
                .filter(|attr| attr.path().is_ident("cfg"))
                .filter_map(|attr| attr.parse_args::<Meta>().ok())
                .map(|meta| Predicate::of(&meta))
                .collect(),
        )
    }

    pub(crate) fn and(&self, other: &Condition) -> Condition {
        let mut both = self.clone();
        for predicate in &other.0 {
            if !both.0.contains(predicate) {
                both.0.push(predicate.clone());
            }
        }
        both
    }

    /// Whether only tests have this code.
    pub(crate) fn never(&self) -> bool {
        self.0
            .iter()
            .any(|predicate| predicate.value(&|_| None) == Some(false))
    }

    /// Whether the code is there if exactly these atoms are true.
    pub(crate) fn holds(&self, atoms: &BTreeSet<&str>) -> bool {
        self.0
            .iter()
            .all(|predicate| predicate.value(&|atom| Some(atoms.contains(atom))) == Some(true))
    }

    pub(crate) fn atoms(&self, into: &mut BTreeSet<String>) {
        self.0.iter().for_each(|predicate| predicate.atoms(into));
    }
}
