//! The walk through an item: which parts of it are types, which are bodies, and what stands in their way.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Block, Expr, ExprAssign, ExprCall, ExprPath, ExprStruct, Field, FieldValue, FnArg,
    Generics, ImplItem, ImplItemConst, Item, ItemConst, ItemEnum, ItemImpl, ItemMod, ItemStatic, ItemStruct,
    ItemTrait, ItemUnion, Local, Macro, Stmt, TraitItem, TraitItemConst, TypePath, Variant,
};

use super::names::{self, PlaceName};
use super::rewrite::{Place, Rewriter};
use super::uses::{self, Imports};
use super::{skip, tokens};

impl Rewriter<'_> {
    /// Visits something with attributes of its own, or generics.
    fn scoped(&mut self, visit: impl FnOnce(&mut Self)) {
        let mark = self.scope.mark();
        visit(self);
        self.scope.leave(mark);
    }

    /// Visits something that the user can except.
    fn skippable(&mut self, attrs: Option<&mut Vec<Attribute>>) -> Skipped {
        let before = self.skipping;
        if let Some(attrs) = attrs {
            self.skipping |= self.is_skipped(attrs);
        }
        Skipped(before)
    }

    fn end(&mut self, skipped: &Skipped) {
        self.skipping = skipped.0;
    }

    /// Visits the value of a static or constant.
    fn named_value(&mut self, value: &mut Expr, name: Option<PlaceName>) {
        if let Some(name) = name {
            self.name_locks(value, &name);
        }
        self.value(value, Self::visit_expr_mut);
    }

    /// Visits the item that the attribute stands on.
    pub(crate) fn visit_whole(&mut self, item: &mut Item) {
        self.scoped(|this| visit_mut::visit_item_mut(this, item));
    }
}

/// The path that is called, if it is one.
fn called_path(function: &mut Expr) -> Option<&mut ExprPath> {
    match function {
        Expr::Path(path) => Some(path),
        Expr::Paren(inner) => called_path(&mut inner.expr),
        Expr::Group(inner) => called_path(&mut inner.expr),
        _ => None,
    }
}

/// Whether the surroundings are skipped.
struct Skipped(bool);

impl VisitMut for Rewriter<'_> {
    fn visit_type_path_mut(&mut self, node: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, node);
        if node.qself.is_none()
            && let Some(path) = self.path(&node.path, Place::Type)
        {
            node.path = path;
        }
    }

    fn visit_expr_path_mut(&mut self, node: &mut ExprPath) {
        visit_mut::visit_expr_path_mut(self, node);
        if node.qself.is_none()
            && let Some(path) = self.path(&node.path, Place::Expr)
        {
            node.path = path;
        }
    }

    fn visit_macro_mut(&mut self, node: &mut Macro) {
        if node
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "stringify")
        {
            return;
        }
        self.name_thread_locals(node);
        if let Some(path) = self.printer(&node.path) {
            node.path = path;
        }
        visit_mut::visit_macro_mut(self, node);
    }

    /// The arguments of macros, and syntax that syn doesn't know.
    fn visit_token_stream_mut(&mut self, node: &mut TokenStream) {
        *node = tokens::replace(node.clone(), self);
    }

    fn visit_block_mut(&mut self, node: &mut Block) {
        let head = self.framed(false, |this| {
            let mut imports = Imports::default();
            for stmt in std::mem::take(&mut node.stmts) {
                let Stmt::Item(item) = stmt else {
                    node.stmts.push(stmt);
                    continue;
                };
                match uses::as_use(item) {
                    Item::Use(item) => {
                        let items = this.import(item, &mut imports);
                        node.stmts.extend(items.into_iter().map(Stmt::Item));
                    }
                    item => node.stmts.push(Stmt::Item(item)),
                }
            }
            this.learn(imports);
            let items = node.stmts.iter().filter_map(|stmt| match stmt {
                Stmt::Item(item) => Some(item),
                _ => None,
            });
            this.scope.add_items(items);
            visit_mut::visit_block_mut(this, node);
        });
        for stmt in &mut node.stmts {
            if let Stmt::Item(item) = stmt {
                head.excuse(item);
            }
        }
        node.stmts.splice(..0, head.items.into_iter().map(Stmt::Item));
    }

    fn visit_item_mod_mut(&mut self, node: &mut ItemMod) {
        self.visit_attributes_mut(&mut node.attrs);
        let Some((_, items)) = &mut node.content else {
            if !self.skipping {
                self.errors.at(
                    &*node,
                    "`#[traced]` sees nothing of a module in a file of its own: put it on the items in that file, or \
                     write the module here, in braces",
                );
            }
            return;
        };
        // A module sees nothing of what is imported around it.
        let body = self.frames.iter().find(|frame| !frame.is_module);
        let outside = self.scope.enter_module(body.map(|frame| frame.mark));
        let frames = std::mem::take(&mut self.frames);
        let head = self.framed(true, |this| {
            let mut imports = Imports::default();
            for item in std::mem::take(items) {
                match uses::as_use(item) {
                    Item::Use(item) => items.extend(this.import(item, &mut imports)),
                    item => items.push(item),
                }
            }
            this.learn(imports);
            this.scope.add_items(&*items);
            for item in items.iter_mut() {
                this.visit_item_mut(item);
            }
        });
        items.iter_mut().for_each(|item| head.excuse(item));
        items.splice(..0, head.items);
        self.frames = frames;
        self.scope.restore(outside);
    }

    fn visit_item_static_mut(&mut self, node: &mut ItemStatic) {
        self.visit_attributes_mut(&mut node.attrs);
        self.visit_type_mut(&mut node.ty);
        self.named_value(&mut node.expr, PlaceName::item(&node.ident));
    }

    fn visit_item_const_mut(&mut self, node: &mut ItemConst) {
        self.visit_attributes_mut(&mut node.attrs);
        self.visit_generics_mut(&mut node.generics);
        self.visit_type_mut(&mut node.ty);
        self.named_value(&mut node.expr, PlaceName::item(&node.ident));
    }

    fn visit_impl_item_const_mut(&mut self, node: &mut ImplItemConst) {
        self.visit_attributes_mut(&mut node.attrs);
        self.visit_generics_mut(&mut node.generics);
        self.visit_type_mut(&mut node.ty);
        let name = PlaceName::associated(self.owner.as_deref(), &node.ident);
        self.named_value(&mut node.expr, name);
    }

    fn visit_trait_item_const_mut(&mut self, node: &mut TraitItemConst) {
        self.visit_attributes_mut(&mut node.attrs);
        self.visit_generics_mut(&mut node.generics);
        self.visit_type_mut(&mut node.ty);
        if let Some((_, value)) = &mut node.default {
            let name = PlaceName::associated(self.owner.as_deref(), &node.ident);
            self.named_value(value, name);
        }
    }

    fn visit_item_impl_mut(&mut self, node: &mut ItemImpl) {
        let outside = std::mem::replace(&mut self.owner, names::of_type(&node.self_ty));
        visit_mut::visit_item_impl_mut(self, node);
        self.owner = outside;
    }

    fn visit_item_trait_mut(&mut self, node: &mut ItemTrait) {
        let outside = self.owner.replace(node.ident.unraw().to_string());
        visit_mut::visit_item_trait_mut(self, node);
        self.owner = outside;
    }

    fn visit_expr_struct_mut(&mut self, node: &mut ExprStruct) {
        let owner = self.made_by(&node.path).filter(|_| node.qself.is_none());
        let outside = std::mem::replace(&mut self.literal, owner);
        visit_mut::visit_expr_struct_mut(self, node);
        self.literal = outside;
    }

    fn visit_expr_assign_mut(&mut self, node: &mut ExprAssign) {
        self.name_assigned(node);
        visit_mut::visit_expr_assign_mut(self, node);
    }

    fn visit_expr_call_mut(&mut self, node: &mut ExprCall) {
        self.name_tuple_fields(node);
        self.visit_attributes_mut(&mut node.attrs);
        match called_path(&mut node.func) {
            Some(path) => self.visit_expr_path_mut(path),
            None => self.visit_expr_mut(&mut node.func),
        }
        for argument in &mut node.args {
            self.visit_expr_mut(argument);
        }
    }

    /// Attributes are other macros' business; conditions are remembered.
    fn visit_attributes_mut(&mut self, attrs: &mut Vec<Attribute>) {
        self.scope.add_conditions(attrs);
    }

    fn visit_generics_mut(&mut self, node: &mut Generics) {
        self.scope.add_generics(node);
        visit_mut::visit_generics_mut(self, node);
    }

    /// An item inside of the one that the attribute stands on.
    fn visit_item_mut(&mut self, node: &mut Item) {
        let attrs = skip::of_item(node);
        if attrs.as_ref().is_some_and(|attrs| skip::has_own(attrs)) {
            return;
        }
        let skipped = self.skippable(attrs);
        self.scoped(|this| visit_mut::visit_item_mut(this, node));
        self.end(&skipped);
    }

    fn visit_item_struct_mut(&mut self, node: &mut ItemStruct) {
        skip::only(node.fields.iter_mut().collect(), self.errors);
        let default = self.take_default(node);
        visit_mut::visit_item_struct_mut(self, node);
        if let Some(default) = default {
            let item = self.write_default(&default, node);
            self.emit(item);
        }
    }

    fn visit_item_enum_mut(&mut self, node: &mut ItemEnum) {
        let variants = node.variants.iter_mut();
        let fields = variants.flat_map(|variant| variant.fields.iter_mut()).collect();
        skip::only(fields, self.errors);
        visit_mut::visit_item_enum_mut(self, node);
    }

    fn visit_item_union_mut(&mut self, node: &mut ItemUnion) {
        skip::only(node.fields.named.iter_mut().collect(), self.errors);
        visit_mut::visit_item_union_mut(self, node);
    }

    fn visit_variant_mut(&mut self, node: &mut Variant) {
        let skipped = self.skippable(Some(&mut node.attrs));
        self.scoped(|this| visit_mut::visit_variant_mut(this, node));
        self.end(&skipped);
    }

    fn visit_impl_item_mut(&mut self, node: &mut ImplItem) {
        let skipped = self.skippable(skip::of_impl_item(node));
        self.scoped(|this| visit_mut::visit_impl_item_mut(this, node));
        self.end(&skipped);
    }

    fn visit_trait_item_mut(&mut self, node: &mut TraitItem) {
        let skipped = self.skippable(skip::of_trait_item(node));
        self.scoped(|this| visit_mut::visit_trait_item_mut(this, node));
        self.end(&skipped);
    }

    fn visit_field_mut(&mut self, node: &mut Field) {
        let skipped = self.skippable(Some(&mut node.attrs));
        self.scoped(|this| visit_mut::visit_field_mut(this, node));
        self.end(&skipped);
    }

    fn visit_field_value_mut(&mut self, node: &mut FieldValue) {
        let skipped = self.skippable(Some(&mut node.attrs));
        if let Some(owner) = &self.literal {
            self.name_locks(&mut node.expr, &PlaceName::field(owner, &node.member));
        }
        self.scoped(|this| visit_mut::visit_field_value_mut(this, node));
        self.end(&skipped);
    }

    fn visit_local_mut(&mut self, node: &mut Local) {
        let skipped = self.skippable(Some(&mut node.attrs));
        self.name_variable(node);
        visit_mut::visit_local_mut(self, node);
        self.end(&skipped);
    }

    fn visit_fn_arg_mut(&mut self, node: &mut FnArg) {
        self.scoped(|this| visit_mut::visit_fn_arg_mut(this, node));
    }

    fn visit_arm_mut(&mut self, node: &mut Arm) {
        self.scoped(|this| visit_mut::visit_arm_mut(this, node));
    }

    fn visit_stmt_mut(&mut self, node: &mut Stmt) {
        self.scoped(|this| visit_mut::visit_stmt_mut(this, node));
    }

    /// Of a call, the function is visited by [`visit_expr_call_mut`](Self::visit_expr_call_mut), if that is a path.
    fn visit_expr_mut(&mut self, node: &mut Expr) {
        self.call_here(node);
        self.scoped(|this| visit_mut::visit_expr_mut(this, node));
    }
}
