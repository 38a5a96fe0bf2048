//! What a path names: through modules, imports with new names, globs and re-exports, to the items that stand at the
//! end. Twins under different `#[cfg]`s are all found, each with its condition.

use crate::condition::Condition;
use crate::tree::{Import, MACROS, ModuleId, TYPES, Tree, What, names};

/// What a block within a function names: its own items and imports.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) imports: Vec<Import>,
    /// Items of the block itself: they stand in the same file, so what they are does not matter.
    pub(crate) own: Vec<String>,
}

impl Scope {
    /// The items that stand in a block.
    pub(crate) fn define(&mut self, item: &syn::Item) {
        self.own.extend(names(item).into_iter().map(|(name, ..)| name));
    }
}

/// What was found, and when it is what the path names.
pub(crate) type Found = Vec<(What, Condition)>;

/// One step of a search, remembered so that imports that import each other end.
type Seen = Vec<(ModuleId, bool, String, u8)>;

pub(crate) struct Resolver<'a> {
    pub(crate) tree: &'a Tree,
}

impl Resolver<'_> {
    /// What `path` names in one of these namespaces, seen from the code of a module.
    pub(crate) fn path(&self, from: ModuleId, scopes: &[Scope], path: &[String], spaces: u8) -> Found {
        self.walk(from, scopes, path, spaces, &mut Vec::new())
    }

    /// The traits whose methods a glob import brings.
    pub(crate) fn traits(&self, from: ModuleId, scopes: &[Scope], path: &[String]) -> Found {
        let mut found = Found::new();
        let mut seen = Vec::new();
        for (what, condition) in self.walk(from, scopes, path, TYPES, &mut Vec::new()) {
            if let What::Module(module) = what {
                for (item, more) in self.traits_in(module, from, &mut seen) {
                    found.push((item, condition.and(&more)));
                }
            }
        }
        found
    }

    fn traits_in(&self, module: ModuleId, from: ModuleId, seen: &mut Vec<ModuleId>) -> Found {
        if seen.contains(&module) {
            return Found::new();
        }
        seen.push(module);
        let of = &self.tree.modules[module];
        let imported = of.imports.iter().filter_map(|import| import.name.as_ref());
        let mut names: Vec<&String> = of.names.iter().map(|named| &named.name).chain(imported).collect();
        names.sort();
        names.dedup();
        let mut found: Found = names
            .into_iter()
            .flat_map(|name| self.lookup(module, from, name, TYPES, &mut Vec::new()))
            .filter(|(what, _)| self.is_trait(*what))
            .collect();
        for import in of.imports.iter().filter(|import| import.name.is_none()) {
            if import.private && !self.within(from, module) {
                continue;
            }
            for (what, condition) in self.walk(module, &[], &import.path, TYPES, &mut Vec::new()) {
                if let What::Module(next) = what {
                    for (item, more) in self.traits_in(next, module, seen) {
                        found.push((item, condition.and(&import.condition).and(&more)));
                    }
                }
            }
        }
        found
    }

    pub(crate) fn is_trait(&self, what: What) -> bool {
        matches!(what, What::Item(item) if matches!(self.tree.items[item].code, syn::Item::Trait(_)))
    }

    fn walk(&self, from: ModuleId, scopes: &[Scope], path: &[String], spaces: u8, seen: &mut Seen) -> Found {
        let Some(first) = path.first() else {
            return Found::new();
        };
        let last = path.len() == 1;
        let start = match first.as_str() {
            "crate" | "$crate" => vec![(What::Module(0), Condition::default())],
            "self" => vec![(What::Module(from), Condition::default())],
            "super" => self.tree.modules[from]
                .parent
                .map(|parent| (What::Module(parent), Condition::default()))
                .into_iter()
                .collect(),
            name => self.first(from, scopes, name, if last { spaces } else { TYPES }, seen),
        };
        let mut found = start;
        for (index, name) in path.iter().enumerate().skip(1) {
            let spaces = if index + 1 == path.len() { spaces } else { TYPES };
            let mut next = Found::new();
            for (what, condition) in found {
                match what {
                    // The rest is a variant, a constant or a function of the type.
                    What::Item(_) => next.push((what, condition)),
                    What::Module(module) if name == "super" => {
                        let parent = self.tree.modules[module].parent;
                        next.extend(parent.map(|parent| (What::Module(parent), condition)));
                    }
                    What::Module(module) if name == "self" => next.push((What::Module(module), condition)),
                    What::Module(module) => {
                        let more = self.lookup(module, from, name, spaces, seen);
                        next.extend(more.into_iter().map(|(what, more)| (what, condition.and(&more))));
                    }
                }
            }
            found = next;
        }
        found
    }

    /// The first name of a path: what stands in a block around it, or in its module; a macro also in modules above.
    fn first(&self, from: ModuleId, scopes: &[Scope], name: &str, spaces: u8, seen: &mut Seen) -> Found {
        for (depth, scope) in scopes.iter().enumerate().rev() {
            if scope.own.iter().any(|own| own == name) {
                return Found::new();
            }
            let outer = &scopes[..depth];
            let imports = scope.imports.iter();
            let mut found = Found::new();
            for import in imports
                .clone()
                .filter(|import| import.name.as_deref() == Some(name))
            {
                // `use Deep as Deep` in a block would look itself up: its own path starts outside the block.
                let more = self.walk(from, outer, &import.path, spaces & import.spaces, seen);
                found.extend(
                    more.into_iter()
                        .map(|(what, more)| (what, import.condition.and(&more))),
                );
            }
            if found.is_empty() {
                for import in imports.filter(|import| import.name.is_none()) {
                    found.extend(self.through_glob(from, outer, import, from, name, spaces, seen));
                }
            }
            if !found.is_empty() {
                return found;
            }
        }
        let mut found = self.lookup(from, from, name, spaces, seen);
        if found.is_empty() && spaces & MACROS != 0 {
            let mut above = self.tree.modules[from].parent;
            while let (true, Some(module)) = (found.is_empty(), above) {
                found = self.tree.modules[module]
                    .names
                    .iter()
                    .filter(|named| named.spaces & MACROS != 0 && named.name == name)
                    .map(|named| (named.what, named.condition.clone()))
                    .collect();
                above = self.tree.modules[module].parent;
            }
        }
        found
    }

    /// What a module names so, as far as code of the module `from` may see it.
    fn lookup(&self, module: ModuleId, from: ModuleId, name: &str, spaces: u8, seen: &mut Seen) -> Found {
        let inside = self.within(from, module);
        let step = (module, inside, name.to_owned(), spaces);
        if seen.contains(&step) {
            return Found::new();
        }
        seen.push(step);
        let of = &self.tree.modules[module];
        let mut found: Found = of
            .names
            .iter()
            .filter(|named| named.spaces & spaces != 0 && named.name == name)
            .filter(|named| inside || !named.private)
            .map(|named| (named.what, named.condition.clone()))
            .collect();
        let imports = || of.imports.iter().filter(|import| inside || !import.private);
        for import in imports().filter(|import| import.name.as_deref() == Some(name)) {
            let more = self.walk(module, &[], &import.path, spaces & import.spaces, seen);
            found.extend(
                more.into_iter()
                    .map(|(what, more)| (what, import.condition.and(&more))),
            );
        }
        if found.is_empty() {
            for import in imports().filter(|import| import.name.is_none()) {
                found.extend(self.through_glob(module, &[], import, module, name, spaces, seen));
            }
        }
        seen.pop();
        found
    }

    #[expect(clippy::too_many_arguments, reason = "one search, handed on")]
    fn through_glob(
        &self,
        module: ModuleId,
        scopes: &[Scope],
        import: &Import,
        from: ModuleId,
        name: &str,
        spaces: u8,
        seen: &mut Seen,
    ) -> Found {
        let mut found = Found::new();
        for (what, condition) in self.walk(module, scopes, &import.path, TYPES, seen) {
            let condition = condition.and(&import.condition);
            match what {
                What::Module(other) => {
                    let more = self.lookup(other, from, name, spaces, seen);
                    found.extend(more.into_iter().map(|(what, more)| (what, condition.and(&more))));
                }
                What::Item(item) => {
                    if let syn::Item::Enum(code) = &self.tree.items[item].code
                        && code.variants.iter().any(|variant| variant.ident == name)
                    {
                        found.push((what, condition));
                    }
                }
            }
        }
        found
    }

    /// Whether a module is `ancestor` or stands in it.
    fn within(&self, module: ModuleId, ancestor: ModuleId) -> bool {
        let mut at = Some(module);
        while let Some(module) = at {
            if module == ancestor {
                return true;
            }
            at = self.tree.modules[module].parent;
        }
        false
    }
}
