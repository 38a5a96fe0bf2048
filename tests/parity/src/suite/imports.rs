//! What a `use` brings in.

use syn::{ItemUse, UseTree};

/// A name that a `use` brings in.
pub(super) struct Import {
    /// None: all names of the module.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
}

/// The names that one `use` brings in.
pub(super) fn imports(item: &ItemUse) -> Vec<Import> {
    fn flatten(tree: &UseTree, prefix: &[String], found: &mut Vec<Import>) {
        match tree {
            UseTree::Path(tree) => {
                let mut prefix = prefix.to_vec();
                prefix.push(tree.ident.to_string());
                flatten(&tree.tree, &prefix, found);
            }
            UseTree::Name(tree) => push(&tree.ident.to_string(), None, prefix, found),
            UseTree::Rename(tree) => {
                push(
                    &tree.ident.to_string(),
                    Some(tree.rename.to_string()),
                    prefix,
                    found,
                );
            }
            UseTree::Glob(_) => found.push(Import {
                name: None,
                path: prefix.to_vec(),
            }),
            UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix, found)),
        }
    }
    fn push(ident: &str, rename: Option<String>, prefix: &[String], found: &mut Vec<Import>) {
        let mut path = prefix.to_vec();
        if ident != "self" || prefix.is_empty() {
            path.push(ident.to_owned());
        }
        let name = rename.or_else(|| path.last().cloned());
        found.push(Import { name, path });
    }
    let mut found = Vec::new();
    flatten(&item.tree, &[], &mut found);
    found
}
