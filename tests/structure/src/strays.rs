//! Methods in an `impl` that stands in another file than its type: no path leads to them, but the type's other methods call
//! them on `self`.

use std::collections::HashMap;

use crate::resolve::Resolver;
use crate::tree::{ItemId, ModuleId, TYPES, What};

/// The `impl`s in other files, by type and name of the method.
pub(crate) struct Strays(HashMap<(ItemId, String), ItemId>);

impl Strays {
    pub(crate) fn of(resolver: &Resolver<'_>) -> Strays {
        let tree = resolver.tree;
        let file = |item: ItemId| tree.modules[tree.items[item].module].file;
        let mut strays = HashMap::new();
        for (id, item) in tree.items.iter().enumerate() {
            let syn::Item::Impl(code) = &item.code else {
                continue;
            };
            for home in homes(resolver, item.module, code) {
                if file(home) != file(id) {
                    let names = code.items.iter().filter_map(name_of);
                    strays.extend(names.map(|name| ((home, name), id)));
                }
            }
        }
        Strays(strays)
    }

    /// What the code of an `impl` needs if it calls `name` on `self`.
    pub(crate) fn called(
        &self,
        resolver: &Resolver<'_>,
        module: ModuleId,
        code: &syn::ItemImpl,
        name: &str,
    ) -> Vec<ItemId> {
        homes(resolver, module, code)
            .into_iter()
            .filter_map(|home| self.0.get(&(home, name.to_owned())).copied())
            .collect()
    }
}

fn name_of(item: &syn::ImplItem) -> Option<String> {
    match item {
        syn::ImplItem::Fn(item) => Some(item.sig.ident.to_string()),
        syn::ImplItem::Const(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// The types that an `impl` is for.
fn homes(resolver: &Resolver<'_>, module: ModuleId, code: &syn::ItemImpl) -> Vec<ItemId> {
    let syn::Type::Path(of) = &*code.self_ty else {
        return Vec::new();
    };
    let path: Vec<String> = of
        .path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let found = resolver.path(module, &[], &path, TYPES).into_iter();
    found
        .filter_map(|(what, _)| match what {
            What::Item(item) => Some(item),
            What::Module(_) => None,
        })
        .collect()
}
