//! What is known at a point of the walk through an item: the conditions it stands under, and what the names
//! mean there.

use syn::{Attribute, GenericParam, Generics, Ident, Item};

use super::options::TracedOptions;
use super::table::{self, Name, Switch, Switches};

/// What an identifier was given as a meaning within the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// An import that now brings threadlink's twin of this name.
    Twin(&'static Name),
    /// A module of std.
    Module(&'static str),
    /// Anything else.
    Other,
}

/// Conditions and meanings, innermost last.
pub(crate) struct Scope<'a> {
    options: &'a TracedOptions,
    cfgs: Vec<Attribute>,
    local: Vec<(Ident, Meaning)>,
    /// What is known in the modules around, innermost last.
    around: Vec<Vec<(Ident, Meaning)>>,
}

/// What is known outside of a module.
pub(crate) struct Outside(Vec<Attribute>, Vec<(Ident, Meaning)>);

/// Where a scope began.
#[derive(Clone, Copy)]
pub(crate) struct Mark(usize, usize);

impl<'a> Scope<'a> {
    pub(crate) fn new(options: &'a TracedOptions) -> Self {
        Self {
            options,
            cfgs: Vec::new(),
            local: Vec::new(),
            around: Vec::new(),
        }
    }

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

    /// The conditions of this point, seen from the frame that began at `frame`, or from beside the whole item.
    pub(crate) fn conditions(&self, frame: Option<Mark>) -> Vec<Attribute> {
        self.cfgs[frame.map_or(0, |mark| mark.0)..].to_vec()
    }

    pub(crate) fn add_generics(&mut self, generics: &Generics) {
        for param in &generics.params {
            match param {
                GenericParam::Type(param) => self.add(&param.ident, Meaning::Other),
                GenericParam::Const(param) => self.add(&param.ident, Meaning::Other),
                GenericParam::Lifetime(_) => {}
            }
        }
    }

    /// Items of a block or module hide names from outside.
    pub(crate) fn add_items<'i>(&mut self, items: impl IntoIterator<Item = &'i Item>) {
        for item in items {
            match item {
                Item::Struct(item) => self.add(&item.ident, Meaning::Other),
                Item::Enum(item) => self.add(&item.ident, Meaning::Other),
                Item::Union(item) => self.add(&item.ident, Meaning::Other),
                Item::Type(item) => self.add(&item.ident, Meaning::Other),
                Item::Trait(item) => self.add(&item.ident, Meaning::Other),
                Item::Mod(item) => self.add(&item.ident, Meaning::Other),
                Item::Fn(item) => self.add(&item.sig.ident, Meaning::Other),
                Item::Macro(item) => {
                    if let Some(ident) = &item.ident {
                        self.add(ident, Meaning::Other);
                    }
                }
                _ => {}
            }
        }
    }

    pub(crate) fn add(&mut self, ident: &Ident, meaning: Meaning) {
        self.local.push((ident.clone(), meaning));
    }

    /// What the identifier means, if that was said within the item.
    pub(crate) fn meaning(&self, ident: &Ident) -> Option<Meaning> {
        let known = self.local.iter().rev().find(|(known, _)| known == ident);
        known.map(|(_, meaning)| *meaning)
    }

    /// The name that an identifier alone is, as far as the item says nothing else.
    pub(crate) fn bare(&self, ident: &Ident) -> Option<&'static Name> {
        self.told(ident)
            .or_else(|| table::bare(ident).filter(|name| self.has(name.switch)))
    }

    /// What the user said that the identifier stands for.
    pub(crate) fn told(&self, ident: &Ident) -> Option<&'static Name> {
        let told = self.options.told.iter().find(|told| told.ident == *ident);
        told.map(|told| told.name)
    }

    /// Forgets all that stands outside of a module, until [`restore`](Self::restore), save what it can name as
    /// `super`: what was known where the `body` that it stands in began, or all.
    pub(crate) fn enter_module(&mut self, body: Option<Mark>) -> Outside {
        let known = body.map_or(self.local.len(), |mark| mark.1);
        self.around.push(self.local[..known].to_vec());
        Outside(std::mem::take(&mut self.cfgs), std::mem::take(&mut self.local))
    }

    pub(crate) fn restore(&mut self, outside: Outside) {
        (self.cfgs, self.local) = (outside.0, outside.1);
        self.around.pop();
    }

    /// What a module around this one says of its names, if it is part of the item: `levels` is 1 for `super`.
    pub(crate) fn module_around(&self, levels: usize) -> &[(Ident, Meaning)] {
        let at = self.around.len().checked_sub(levels);
        at.and_then(|at| self.around.get(at)).map_or(&[], Vec::as_slice)
    }

    /// What an identifier means in a module around this one.
    pub(crate) fn meaning_around(&self, levels: usize, ident: &Ident) -> Option<Meaning> {
        let mut known = self.module_around(levels).iter().rev();
        known
            .find(|(known, _)| known == ident)
            .map(|(_, meaning)| *meaning)
    }

    pub(crate) fn switches(&self) -> Switches {
        self.options.switches
    }

    pub(crate) fn has(&self, switch: Switch) -> bool {
        self.options.switches.has(switch)
    }
}
