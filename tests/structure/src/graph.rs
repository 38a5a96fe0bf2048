//! Which file needs which: the needs of all items of a crate, gathered by file.
//!
//! A file without modules below it is one node. A file that declares files is a node for each of its items instead, as a
//! facade and what stands beside it need not have to do with each other: a child may use a type of its parent whose other
//! items use the child. Re-exports and declarations are no needs of such a file.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::condition::Condition;
use crate::paths::{Need, Reader};
use crate::resolve::Resolver;
use crate::strays::Strays;
use crate::tree::{FileId, Import, ItemId, MACROS, ModuleId, TYPES, Tree, VALUES, What};

/// A file, or an item of one that declares others.
pub(crate) type Node = (FileId, String);

/// Why a node needs another.
#[derive(Clone)]
pub(crate) struct Reason {
    pub(crate) line: usize,
    pub(crate) path: String,
    pub(crate) condition: Condition,
}

pub(crate) struct Graph {
    pub(crate) edges: BTreeMap<(Node, Node), Vec<Reason>>,
}

impl Graph {
    pub(crate) fn of(tree: &Tree) -> Graph {
        let resolver = Resolver { tree };
        let mut gathering = Gathering {
            resolver: &resolver,
            edges: BTreeMap::new(),
            strays: Strays::of(&resolver),
        };
        for id in 0..tree.items.len() {
            gathering.item(id);
        }
        for id in 0..tree.modules.len() {
            gathering.imports(id);
        }
        Graph {
            edges: gathering.edges,
        }
    }
}

struct Gathering<'a> {
    resolver: &'a Resolver<'a>,
    edges: BTreeMap<(Node, Node), Vec<Reason>>,
    strays: Strays,
}

impl Gathering<'_> {
    fn item(&mut self, id: ItemId) {
        let tree = self.resolver.tree;
        let item = &tree.items[id];
        let node = self.node(id);
        let reader = Reader::read(self.resolver, item.module, &item.code, &item.condition);
        for need in reader.needs {
            self.edge(&node, need);
        }
        if let syn::Item::Impl(code) = &item.code {
            for (name, line) in &reader.own {
                for stray in self.strays.called(self.resolver, item.module, code, name) {
                    let need = Need {
                        what: What::Item(stray),
                        condition: item.condition.and(&tree.items[stray].condition),
                        line: *line,
                        path: format!("self.{name}"),
                    };
                    self.edge(&node, need);
                }
            }
        }
        // An imported trait is needed where one of its methods is called.
        for import in &tree.modules[item.module].imports {
            self.methods(&node, item.module, import, &reader.methods);
        }
    }

    /// The needs of a file that arise from its imports alone.
    fn imports(&mut self, id: ModuleId) {
        let tree = self.resolver.tree;
        let module = &tree.modules[id];
        if self.declares(module.file) {
            return;
        }
        let node = (module.file, String::new());
        for import in module.imports.iter().filter(|import| import.name.is_some()) {
            let found = self.resolver.path(id, &[], &import.path, import.spaces);
            // Where a module and a function share a name, only the use of the name tells which of them is meant.
            if found.iter().any(|(what, _)| matches!(what, What::Module(_))) {
                continue;
            }
            for (what, condition) in found {
                let need = needed(import, what, &condition);
                self.edge(&node, need);
            }
        }
    }

    fn methods(&mut self, node: &Node, module: ModuleId, import: &Import, methods: &HashSet<String>) {
        let resolver = self.resolver;
        let found = match import.name {
            Some(_) => resolver.path(module, &[], &import.path, import.spaces & TYPES),
            None => resolver.traits(module, &[], &import.path),
        };
        for (what, condition) in found {
            let What::Item(item) = what else { continue };
            let syn::Item::Trait(code) = &resolver.tree.items[item].code else {
                continue;
            };
            let called = code.items.iter().any(|item| {
                matches!(item, syn::TraitItem::Fn(method) if methods.contains(&method.sig.ident.to_string()))
            });
            if called {
                self.edge(node, needed(import, what, &condition));
            }
        }
    }

    fn edge(&mut self, from: &Node, need: Need) {
        let What::Item(item) = need.what else {
            return;
        };
        let to = self.node(item);
        if *from == to || need.condition.never() {
            return;
        }
        let reasons = self.edges.entry((from.clone(), to)).or_default();
        if !reasons.iter().any(|reason| reason.condition == need.condition) {
            reasons.push(Reason {
                line: need.line,
                path: need.path,
                condition: need.condition,
            });
        }
    }

    fn declares(&self, file: FileId) -> bool {
        !self.resolver.tree.files[file].declares.is_empty()
    }

    fn node(&self, id: ItemId) -> Node {
        let tree = self.resolver.tree;
        let item = &tree.items[id];
        let module = &tree.modules[item.module];
        if !self.declares(module.file) {
            return (module.file, String::new());
        }
        if let syn::Item::Impl(code) = &item.code {
            return match self.of_impl(item.module, code) {
                // An `impl` goes with its type, or with its trait, where that stands in the same file.
                Some(home) => self.node(home),
                None => (module.file, format!("{}impl #{id}", module.within)),
            };
        }
        let name = if item.name.is_empty() {
            format!("item #{id}")
        } else {
            item.name.clone()
        };
        (module.file, format!("{}{name}", module.within))
    }

    fn of_impl(&self, module: ModuleId, code: &syn::ItemImpl) -> Option<ItemId> {
        let tree = self.resolver.tree;
        let of_type = match &*code.self_ty {
            syn::Type::Path(of) if of.qself.is_none() => Some(&of.path),
            _ => None,
        };
        let of_trait = code.trait_.as_ref().map(|(of, _)| of);
        of_type.into_iter().chain(of_trait).find_map(|path| {
            let path: Vec<String> = path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            self.resolver
                .path(module, &[], &path, TYPES | VALUES | MACROS)
                .into_iter()
                .find_map(|(what, _)| match what {
                    What::Item(item)
                        if tree.modules[tree.items[item].module].file == tree.modules[module].file =>
                    {
                        Some(item)
                    }
                    _ => None,
                })
        })
    }
}

fn needed(import: &Import, what: What, condition: &Condition) -> Need {
    Need {
        what,
        condition: import.condition.and(condition),
        line: import.line,
        path: import.path.join("::"),
    }
}

/// The nodes of a graph with these edges.
pub(crate) fn nodes<'a>(edges: impl Iterator<Item = &'a (Node, Node)>) -> BTreeSet<&'a Node> {
    edges.flat_map(|(from, to)| [from, to]).collect()
}
