//! Every path in the code of an item, with what it names.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::condition::Condition;
use crate::resolve::{Resolver, Scope};
use crate::tokens::Tokens;
use crate::tree::{MACROS, ModuleId, TYPES, VALUES, What, attributes, imports};

/// A need of some code for something else.
pub(crate) struct Need {
    pub(crate) what: What,
    pub(crate) condition: Condition,
    pub(crate) line: usize,
    /// As it is written.
    pub(crate) path: String,
}

/// Reads the code of one item.
pub(crate) struct Reader<'a> {
    resolver: &'a Resolver<'a>,
    module: ModuleId,
    scopes: Vec<Scope>,
    condition: Condition,
    /// Names of variables and type parameters, which stand for nothing outside.
    bound: HashSet<String>,
    pub(crate) needs: Vec<Need>,
    /// The methods that are called: an imported trait is needed for them.
    pub(crate) methods: HashSet<String>,
    /// What is called of `self`, each with a line.
    pub(crate) own: HashMap<String, usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn read(
        resolver: &'a Resolver<'a>,
        module: ModuleId,
        code: &syn::Item,
        condition: &Condition,
    ) -> Self {
        let mut bound = Bound(HashSet::new());
        bound.visit_item(code);
        let mut reader = Reader {
            resolver,
            module,
            scopes: Vec::new(),
            condition: condition.clone(),
            bound: bound.0,
            needs: Vec::new(),
            methods: HashSet::new(),
            own: HashMap::new(),
        };
        visit::visit_item(&mut reader, code);
        reader
    }

    fn need(&mut self, path: &[String], spaces: u8, line: usize) {
        for (what, condition) in self.resolver.path(self.module, &self.scopes, path, spaces) {
            self.needs.push(Need {
                what,
                condition: self.condition.and(&condition),
                line,
                path: path.join("::"),
            });
        }
    }

    /// A path of syn's; of a qualified one, `<T as Trait>::name`, the trait.
    fn path(&mut self, path: &syn::Path, qualified: Option<&syn::QSelf>, spaces: u8, called: bool) {
        let length = qualified.map_or(path.segments.len(), |of| of.position);
        let mut segments: Vec<String> = path
            .segments
            .iter()
            .take(length)
            .map(|segment| segment.ident.to_string())
            .collect();
        if path.leading_colon.is_some() && qualified.is_none() {
            segments.insert(0, String::new());
        }
        let spaces = if qualified.is_some() { TYPES } else { spaces };
        self.segments(&segments, spaces, called, path.span().start().line);
        if let Some(of) = qualified {
            self.visit_type(&of.ty);
        }
        visit::visit_path(self, path);
    }

    fn segments(&mut self, path: &[String], spaces: u8, called: bool, line: usize) {
        let Some(first) = path.first() else {
            return;
        };
        if let ("Self", Some(name)) = (first.as_str(), path.get(1)) {
            self.own.insert(name.clone(), line);
        }
        let variable = self.bound.contains(first) && !called && (path.len() == 1 || !lower(first));
        if !variable {
            self.need(path, spaces, line);
        }
    }

    fn tokens(&mut self, tokens: TokenStream, in_attribute: bool) {
        let found = Tokens::of(tokens);
        for path in found.paths {
            if in_attribute && !path.value && path.path.len() == 1 {
                continue;
            }
            self.segments(&path.path, path.spaces, path.called, path.line);
        }
        self.methods
            .extend(found.methods.into_iter().map(|(name, _)| name));
    }

    /// Goes on with code that has these attributes, unless only tests have it.
    fn within(&mut self, attrs: &[syn::Attribute], go_on: impl FnOnce(&mut Self)) {
        let condition = self.condition.and(&Condition::of(attrs));
        if condition.never() {
            return;
        }
        let outer = std::mem::replace(&mut self.condition, condition);
        go_on(self);
        self.condition = outer;
    }
}

/// Visits of code that may have a `#[cfg]` of its own.
macro_rules! conditional {
    ($($method:ident: $node:ty,)*) => {$(
        fn $method(&mut self, code: &'ast $node) {
            let attrs = attributes(code);
            self.within(&attrs, |reader| visit::$method(reader, code));
        }
    )*};
}

impl<'ast> Visit<'ast> for Reader<'_> {
    conditional! {
        visit_item: syn::Item,
        visit_impl_item: syn::ImplItem,
        visit_trait_item: syn::TraitItem,
        visit_stmt: syn::Stmt,
        visit_arm: syn::Arm,
        visit_field: syn::Field,
        visit_field_value: syn::FieldValue,
        visit_variant: syn::Variant,
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let mut scope = Scope::default();
        for statement in &block.stmts {
            let syn::Stmt::Item(item) = statement else {
                continue;
            };
            let condition = self.condition.and(&Condition::of(&attributes(item)));
            if condition.never() {
                continue;
            }
            match item {
                syn::Item::Use(item) => scope.imports.extend(imports(item, true, &condition)),
                item => scope.define(item),
            }
        }
        let here = scope.imports.clone();
        self.scopes.push(scope);
        for import in here.iter().filter(|import| import.name.is_some()) {
            let outer = &self.scopes[..self.scopes.len() - 1];
            for (what, condition) in self
                .resolver
                .path(self.module, outer, &import.path, import.spaces)
            {
                self.needs.push(Need {
                    what,
                    condition: condition.and(&import.condition),
                    line: import.line,
                    path: import.path.join("::"),
                });
            }
        }
        visit::visit_block(self, block);
        self.scopes.pop();
    }

    /// A `use` within a block: the block has seen it.
    fn visit_item_use(&mut self, _: &'ast syn::ItemUse) {}

    /// `pub(in path)` says who may see, not who is needed.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_expr_path(&mut self, code: &'ast syn::ExprPath) {
        self.path(&code.path, code.qself.as_ref(), VALUES, false);
    }

    fn visit_expr_call(&mut self, code: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*code.func {
            self.path(&function.path, function.qself.as_ref(), VALUES, true);
        } else {
            self.visit_expr(&code.func);
        }
        for argument in &code.args {
            self.visit_expr(argument);
        }
    }

    fn visit_expr_method_call(&mut self, code: &'ast syn::ExprMethodCall) {
        let name = code.method.to_string();
        if matches!(&*code.receiver, syn::Expr::Path(receiver) if receiver.path.is_ident("self")) {
            self.own.insert(name.clone(), line(code.method.span()));
        }
        self.methods.insert(name);
        visit::visit_expr_method_call(self, code);
    }

    fn visit_expr_struct(&mut self, code: &'ast syn::ExprStruct) {
        self.path(&code.path, code.qself.as_ref(), TYPES, false);
        for field in &code.fields {
            self.visit_field_value(field);
        }
        if let Some(rest) = &code.rest {
            self.visit_expr(rest);
        }
    }

    fn visit_pat_struct(&mut self, code: &'ast syn::PatStruct) {
        self.path(&code.path, code.qself.as_ref(), TYPES, false);
        for field in &code.fields {
            self.visit_field_pat(field);
        }
    }

    fn visit_pat_tuple_struct(&mut self, code: &'ast syn::PatTupleStruct) {
        self.path(&code.path, code.qself.as_ref(), VALUES, false);
        for part in &code.elems {
            self.visit_pat(part);
        }
    }

    /// `None`, `LIMIT`: a capital says that it is no variable.
    fn visit_pat_ident(&mut self, code: &'ast syn::PatIdent) {
        let name = code.ident.to_string();
        if !lower(&name) {
            self.need(&[name], VALUES, line(code.ident.span()));
        }
        visit::visit_pat_ident(self, code);
    }

    fn visit_type_path(&mut self, code: &'ast syn::TypePath) {
        self.path(&code.path, code.qself.as_ref(), TYPES, false);
    }

    fn visit_trait_bound(&mut self, code: &'ast syn::TraitBound) {
        self.path(&code.path, None, TYPES, false);
    }

    fn visit_item_impl(&mut self, code: &'ast syn::ItemImpl) {
        if let Some((of, _)) = &code.trait_ {
            self.path(of, None, TYPES, false);
        }
        visit::visit_item_impl(self, code);
    }

    fn visit_macro(&mut self, code: &'ast syn::Macro) {
        self.path(&code.path, None, MACROS, true);
        self.tokens(code.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, attr: &'ast syn::Attribute) {
        match &attr.meta {
            syn::Meta::List(list) => self.tokens(list.tokens.clone(), true),
            syn::Meta::NameValue(pair) => self.visit_expr(&pair.value),
            syn::Meta::Path(_) => {}
        }
    }
}

/// The names that an item binds: variables and type parameters.
struct Bound(HashSet<String>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, code: &'ast syn::PatIdent) {
        let name = code.ident.to_string();
        if lower(&name) {
            self.0.insert(name);
        }
        visit::visit_pat_ident(self, code);
    }

    fn visit_type_param(&mut self, code: &'ast syn::TypeParam) {
        self.0.insert(code.ident.to_string());
        visit::visit_type_param(self, code);
    }

    fn visit_const_param(&mut self, code: &'ast syn::ConstParam) {
        self.0.insert(code.ident.to_string());
    }
}

fn lower(name: &str) -> bool {
    !name.starts_with(char::is_uppercase)
}

fn line(span: Span) -> usize {
    span.start().line
}
