//! What is gathered in a block of a body, or in a module, for its head and its end.

use syn::{Ident, Item, ItemUse};

use super::scope::Mark;
use super::table::Name;
use super::verify::Checks;

/// A block of a body, or a module, while the walk is inside it.
pub(crate) struct Frame {
    /// What was known before it.
    pub(crate) mark: Mark,
    pub(crate) is_module: bool,
    /// Checks of spellings that stand in this frame and in none within it: there, and only there, its own
    /// imports are in scope.
    pub(crate) checks: Checks,
    /// Checks of names that one of the glob imports may bring.
    pub(crate) glob_checks: Checks,
    /// What else is emitted in it.
    pub(crate) beside: Vec<Item>,
    /// Bare names that the frame's head must give the traced meaning.
    pub(crate) shadows: Vec<(&'static Name, Ident)>,
    /// Imports of names that are not listed: only an import of its own hides those.
    pub(crate) globs: Vec<ItemUse>,
}

impl Frame {
    pub(crate) fn new(mark: Mark, is_module: bool) -> Self {
        Self {
            mark,
            is_module,
            checks: Checks::default(),
            glob_checks: Checks::default(),
            beside: Vec::new(),
            shadows: Vec::new(),
            globs: Vec::new(),
        }
    }

    pub(crate) fn shadow(&mut self, name: &'static Name, ident: &Ident) {
        if !self.shadows.iter().any(|(_, known)| known == ident) {
            self.shadows.push((name, ident.clone()));
        }
    }
}
