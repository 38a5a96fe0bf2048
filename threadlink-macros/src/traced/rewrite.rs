//! The walk through an item that finds the names and replaces them.

use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Block, Expr, ExprPath, Field, FieldValue, FnArg, Generics, ImplItem, ImplItemConst, Item,
    ItemMod, Macro, Path, PathSegment, Stmt, TraitItem, TypePath,
};

use super::names::{self, Spelled, Spelling};
use super::scope::{BlockFrame, Scope};
use super::tokens;
use super::uses;
use super::verify::{self, Check, Checks};
use crate::errors::Errors;
use crate::options::CratePath;

/// What a walk found.
pub(crate) struct Found {
    /// Whether there was any name.
    pub(crate) anything: bool,
    /// What to emit beside the item.
    pub(crate) checks: Checks,
}

pub(crate) struct Rewriter<'a> {
    krate: &'a CratePath,
    errors: &'a mut Errors,
    scope: Scope,
    /// The blocks around the point of the walk, innermost last. None: a type or a signature.
    blocks: Vec<BlockFrame>,
    beside: Checks,
    anything: bool,
}

/// The kind of place where a name stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Type,
    Expr,
    /// The arguments of a macro.
    Tokens,
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(krate: &'a CratePath, errors: &'a mut Errors) -> Self {
        Self {
            krate,
            errors,
            scope: Scope::default(),
            blocks: Vec::new(),
            beside: Checks::default(),
            anything: false,
        }
    }

    pub(crate) fn finish(self) -> Found {
        Found {
            anything: self.anything,
            checks: self.beside,
        }
    }

    /// Deals with a path that has one of the names at its head; returns what to put in its place, if
    /// anything.
    fn found(&mut self, path: &Path, found: Spelled, place: Place) -> Option<Path> {
        let ident = &path.segments[found.segments - 1].ident;
        let given = names::types_given(path, found);
        let types = match place {
            Place::Type => given.unwrap_or(0),
            Place::Expr | Place::Tokens => given.unwrap_or(found.name.types),
        };
        match found.spelling {
            Spelling::Bare if self.scope.is_local(ident) => return None,
            Spelling::Bare => {
                self.anything = true;
                let check = Check::new(path, found, types, self.scope.conditions(None));
                self.beside.add(check);
                if let Some((outermost, inner)) = self.blocks.split_first_mut() {
                    outermost.shadow(found.name, ident);
                    inner
                        .iter_mut()
                        .filter(|block| block.has_glob)
                        .for_each(|block| block.shadow(found.name, ident));
                    return None;
                }
                if place == Place::Tokens {
                    self.errors.at(
                        ident,
                        format!(
                            "`#[traced]` cannot tell what a bare `{ident}` is to the macro around it: write \
                             `std::sync::{ident}` here"
                        ),
                    );
                    return None;
                }
            }
            Spelling::Qualified => {
                self.anything = true;
                let block = self.blocks.last().map(|block| block.mark);
                let check = Check::new(path, found, types, self.scope.conditions(block));
                self.blocks
                    .last_mut()
                    .map_or(&mut self.beside, |block| &mut block.checks)
                    .add(check);
            }
        }
        // With another number of types it is not std's, as the check says (or std's own error). Replacing it
        // would only add a second error.
        (types == found.name.types).then(|| self.replacement(path, found, place))
    }

    /// The path with threadlink's type at its head.
    fn replacement(&self, path: &Path, found: Spelled, place: Place) -> Path {
        let name = &path.segments[found.segments - 1];
        let (mut new, span) = match place {
            Place::Type => {
                let span = name.ident.span();
                (self.krate.hidden(span), Span::mixed_site().located_at(span))
            }
            Place::Expr | Place::Tokens => {
                let first = path
                    .leading_colon
                    .map_or(path.segments[0].ident.span(), |colons| colons.spans[0]);
                (self.krate.visible(first), name.ident.span())
            }
        };
        new.segments
            .push(PathSegment::from(format_ident!("sync", span = span)));
        let mut head = PathSegment::from(format_ident!("{}", found.name.ident, span = span));
        head.arguments = name.arguments.clone();
        new.segments.push(head);
        new.segments
            .extend(path.segments.iter().skip(found.segments).cloned());
        new
    }

    /// Visits something with attributes of its own, or generics.
    fn scoped(&mut self, visit: impl FnOnce(&mut Self)) {
        let mark = self.scope.mark();
        visit(self);
        self.scope.leave(mark);
    }

    /// Replaces the names in the `use` declarations of the innermost block.
    fn imports(&mut self, stmts: &mut Vec<Stmt>) {
        let imports = uses::replace(stmts, self.krate);
        let Some(block) = self.blocks.last_mut() else {
            return;
        };
        for import in imports.replaced {
            self.anything = true;
            self.scope.add_local(&import.binding);
            block.checks.add(Check::of_path(
                import.name,
                import.path,
                import.name.types,
                import.attrs,
            ));
        }
        block.has_glob = imports.has_glob;
        for span in imports.std_globs {
            self.errors.push(syn::Error::new(
                span,
                "`#[traced]` cannot see what this brings into the body: name what you import \
                 (`use std::sync::{Arc, Mutex};`)",
            ));
        }
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_type_path_mut(&mut self, node: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, node);
        if node.qself.is_some() {
            return;
        }
        if let Some(found) = names::in_path(&node.path)
            && let Some(path) = self.found(&node.path, found, Place::Type)
        {
            node.path = path;
        }
    }

    fn visit_expr_path_mut(&mut self, node: &mut ExprPath) {
        visit_mut::visit_expr_path_mut(self, node);
        if node.qself.is_some() {
            return;
        }
        if let Some(found) = names::in_path(&node.path)
            // None of the types is a value: `Mutex` alone is a variable, a constant or a variant.
            && found.segments < node.path.segments.len()
            && let Some(path) = self.found(&node.path, found, Place::Expr)
        {
            node.path = path;
        }
    }

    fn visit_macro_mut(&mut self, node: &mut Macro) {
        let is_text = node
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "stringify");
        if !is_text {
            visit_mut::visit_macro_mut(self, node);
        }
    }

    /// The arguments of macros, and syntax that syn doesn't know.
    fn visit_token_stream_mut(&mut self, node: &mut TokenStream) {
        *node = tokens::replace(node.clone(), &mut |path, found| {
            self.found(path, found, Place::Tokens)
        });
    }

    fn visit_block_mut(&mut self, node: &mut Block) {
        let mark = self.scope.mark();
        self.blocks.push(BlockFrame::new(mark));
        self.imports(&mut node.stmts);
        self.scope.add_items(&node.stmts);
        visit_mut::visit_block_mut(self, node);
        self.scope.leave(mark);
        let Some(frame) = self.blocks.pop() else { return };
        let shadows = frame
            .shadows
            .iter()
            .flat_map(|(name, ident)| verify::shadow(name, ident, self.krate));
        let checks = frame.checks.to_items(self.krate);
        node.stmts.splice(..0, shadows.chain(checks).map(Stmt::Item));
    }

    /// The value of an associated constant is a body too, in want of braces if something must stand at its
    /// head.
    fn visit_impl_item_const_mut(&mut self, node: &mut ImplItemConst) {
        let value = std::mem::replace(&mut node.expr, Expr::Verbatim(TokenStream::new()));
        visit_mut::visit_impl_item_const_mut(self, node);
        let mut body = Block {
            brace_token: Default::default(),
            stmts: vec![Stmt::Expr(value, None)],
        };
        self.visit_block_mut(&mut body);
        node.expr = match body.stmts.pop() {
            Some(Stmt::Expr(value, None)) if body.stmts.is_empty() => value,
            last => {
                body.stmts.extend(last);
                Expr::Block(syn::ExprBlock {
                    attrs: Vec::new(),
                    label: None,
                    block: body,
                })
            }
        };
    }

    /// A module in a body sees nothing of the body's imports.
    fn visit_item_mod_mut(&mut self, node: &mut ItemMod) {
        let content = node.content.iter().flat_map(|(_, items)| items);
        if tokens::mention(quote::quote!(#(#content)*)) {
            self.errors.at(
                &*node,
                "`#[traced]` does not reach into a module inside a body: move the module out, and put the \
                 attribute on the structs and `impl`s in it",
            );
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

    fn visit_item_mut(&mut self, node: &mut Item) {
        self.scoped(|this| visit_mut::visit_item_mut(this, node));
    }

    fn visit_impl_item_mut(&mut self, node: &mut ImplItem) {
        self.scoped(|this| visit_mut::visit_impl_item_mut(this, node));
    }

    fn visit_trait_item_mut(&mut self, node: &mut TraitItem) {
        self.scoped(|this| visit_mut::visit_trait_item_mut(this, node));
    }

    fn visit_field_mut(&mut self, node: &mut Field) {
        self.scoped(|this| visit_mut::visit_field_mut(this, node));
    }

    fn visit_field_value_mut(&mut self, node: &mut FieldValue) {
        self.scoped(|this| visit_mut::visit_field_value_mut(this, node));
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

    fn visit_expr_mut(&mut self, node: &mut Expr) {
        self.scoped(|this| visit_mut::visit_expr_mut(this, node));
    }
}
