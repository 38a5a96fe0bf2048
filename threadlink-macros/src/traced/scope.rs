//! What is known at a point of the walk through an item: the conditions it stands under, and which of the
//! names mean something local there.

use syn::{Attribute, GenericParam, Generics, Ident, Item, Stmt};

use super::names::{self, Name};
use super::verify::Checks;

/// A block of a body, while the walk is inside it.
pub(crate) struct BlockFrame {
    /// What was known before the block.
    pub(crate) mark: Mark,
    /// Checks of spellings that stand in this block and in no block within it: there, and only there, the
    /// block's own imports are in scope.
    pub(crate) checks: Checks,
    /// Bare names that the block's head must give the traced meaning.
    pub(crate) shadows: Vec<(&'static Name, Ident)>,
    /// The block imports names that it doesn't list: only an import of its own hides those.
    pub(crate) has_glob: bool,
}

impl BlockFrame {
    pub(crate) fn new(mark: Mark) -> Self {
        Self {
            mark,
            checks: Checks::default(),
            shadows: Vec::new(),
            has_glob: false,
        }
    }

    pub(crate) fn shadow(&mut self, name: &'static Name, ident: &Ident) {
        if !self.shadows.iter().any(|(known, _)| *known == name) {
            self.shadows.push((name, ident.clone()));
        }
    }
}

/// Conditions and local names, innermost last.
#[derive(Default)]
pub(crate) struct Scope {
    cfgs: Vec<Attribute>,
    local: Vec<Ident>,
}

/// Where a scope began.
#[derive(Clone, Copy)]
pub(crate) struct Mark(usize, usize);

impl Scope {
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.cfgs.len(), self.local.len())
    }

    pub(crate) fn leave(&mut self, mark: Mark) {
        self.cfgs.truncate(mark.0);
        self.local.truncate(mark.1);
    }

    pub(crate) fn add_conditions(&mut self, attrs: &[Attribute]) {
        self.cfgs
            .extend(attrs.iter().filter(|attr| super::is_cfg(attr)).cloned());
    }

    /// The conditions of this point, seen from the block that began at `block`, or from beside the whole
    /// item.
    pub(crate) fn conditions(&self, block: Option<Mark>) -> Vec<Attribute> {
        self.cfgs[block.map_or(0, |mark| mark.0)..].to_vec()
    }

    pub(crate) fn add_generics(&mut self, generics: &Generics) {
        for param in &generics.params {
            match param {
                GenericParam::Type(param) => self.add_local(&param.ident),
                GenericParam::Const(param) => self.add_local(&param.ident),
                GenericParam::Lifetime(_) => {}
            }
        }
    }

    /// Items of a block hide names of the module.
    pub(crate) fn add_items(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Item(Item::Struct(item)) => self.add_local(&item.ident),
                Stmt::Item(Item::Enum(item)) => self.add_local(&item.ident),
                Stmt::Item(Item::Union(item)) => self.add_local(&item.ident),
                Stmt::Item(Item::Type(item)) => self.add_local(&item.ident),
                Stmt::Item(Item::Trait(item)) => self.add_local(&item.ident),
                Stmt::Item(Item::Mod(item)) => self.add_local(&item.ident),
                _ => {}
            }
        }
    }

    pub(crate) fn add_local(&mut self, ident: &Ident) {
        if names::by_ident(ident).is_some() {
            self.local.push(ident.clone());
        }
    }

    /// Whether the bare name means something that was defined or imported within the item.
    pub(crate) fn is_local(&self, ident: &Ident) -> bool {
        self.local.contains(ident)
    }
}
