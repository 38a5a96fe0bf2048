//! Which locks get the name of a place: those whose making is found by walking from the place through what only passes
//! a lock on, `Arc::new(..)`, `Some(..)`, `vec![..]`, a branch of an `if`.
//!
//! All other locks have no name. That they were made, and where, is known without.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Block, Expr, ExprAssign, ExprCall, ExprPath, Ident, Local, Macro, Member, Pat, Path, Stmt,
    Token, Type, Visibility,
};

use super::names::{PlaceName, plain};
use super::rewrite::Rewriter;

/// What only passes on what it is given, as a function.
const WRAPPERS: [&str; 6] = ["new", "from", "pin", "leak", "from_fn", "repeat_with"];
/// The same, as a variant.
const VARIANTS: [&str; 3] = ["Some", "Ok", "Err"];
/// The same, as a method: of what it is called on, and of what it takes.
const METHODS: [&str; 10] = [
    "into",
    "into_boxed_slice",
    "map",
    "collect",
    "take",
    "then",
    "unwrap",
    "expect",
    "leak",
    "chain",
];

impl Rewriter<'_> {
    /// The name of the type or variant that a struct literal or a call makes.
    pub(super) fn made_by(&self, path: &Path) -> Option<String> {
        let mut segments = path.segments.iter().rev().map(|segment| plain(&segment.ident));
        let of_self = |name: String| {
            if name == "Self" {
                self.owner.clone()
            } else {
                Some(name)
            }
        };
        let last = segments.next().and_then(of_self)?;
        // Before a variant stands its type, before a type its module.
        let before = segments
            .next()
            .filter(|before| before.starts_with(char::is_uppercase));
        Some(match before.and_then(of_self) {
            Some(before) => format!("{before}::{last}"),
            None => last,
        })
    }

    /// Gives the locks that a tuple struct or variant is made of the names of its fields.
    pub(super) fn name_tuple_fields(&self, call: &mut ExprCall) {
        let Expr::Path(ExprPath {
            path, qself: None, ..
        }) = &*call.func
        else {
            return;
        };
        let is_type = path.segments.last().is_some_and(|last| {
            let last = last.ident.to_string();
            last.starts_with(char::is_uppercase) && !VARIANTS.contains(&last.as_str())
        });
        let Some(owner) = self.made_by(path).filter(|_| is_type) else {
            return;
        };
        for (index, argument) in call.args.iter_mut().enumerate() {
            self.name_locks(argument, &PlaceName::field(&owner, &Member::from(index)));
        }
    }

    /// Gives the locks that a variable is initialised with its name.
    pub(super) fn name_variable(&self, local: &mut Local) {
        if let Some(init) = &mut local.init {
            self.name_by_pattern(&local.pat, &mut init.expr);
        }
    }

    /// Gives the locks that are assigned to a variable, or to a field of `self`, its name.
    pub(super) fn name_assigned(&self, assign: &mut ExprAssign) {
        let name = match &*assign.left {
            Expr::Path(variable) => variable.path.get_ident().map(PlaceName::variable),
            Expr::Field(field) => {
                let of_self = matches!(&*field.base, Expr::Path(base) if base.path.is_ident("self"));
                let owner = self.owner.as_deref().filter(|_| of_self);
                owner.map(|owner| PlaceName::field(owner, &field.member))
            }
            _ => None,
        };
        if let Some(name) = name {
            self.name_locks(&mut assign.right, &name);
        }
    }

    fn name_by_pattern(&self, pattern: &Pat, value: &mut Expr) {
        match (pattern, value) {
            (Pat::Ident(variable), value) => {
                self.name_locks(value, &PlaceName::variable(&variable.ident));
            }
            (Pat::Type(typed), value) => self.name_by_pattern(&typed.pat, value),
            (Pat::Paren(paren), value) => self.name_by_pattern(&paren.pat, value),
            (Pat::Tuple(patterns), Expr::Tuple(values)) if patterns.elems.len() == values.elems.len() => {
                for (pattern, value) in patterns.elems.iter().zip(&mut values.elems) {
                    self.name_by_pattern(pattern, value);
                }
            }
            _ => {}
        }
    }

    /// Gives the thread-locals in a call of `thread_local!` their names.
    pub(super) fn name_thread_locals(&self, call: &mut Macro) {
        let is_it = call
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "thread_local");
        if !is_it || self.skipping {
            return;
        }
        let Ok(mut list) = call.parse_body_with(Punctuated::<ThreadLocal, Token![;]>::parse_terminated)
        else {
            return;
        };
        let mut named = false;
        for local in &mut list {
            if let Some(name) = PlaceName::item(&local.ident) {
                named |= self.name_locks(&mut local.value, &name);
            }
        }
        if named {
            call.tokens = list.into_token_stream();
        }
    }

    /// Gives the locks that `value` makes the name of the place that it is for; whether there was any.
    pub(super) fn name_locks(&self, value: &mut Expr, name: &PlaceName) -> bool {
        if self.skipping {
            return false;
        }
        match value {
            Expr::Call(call) => {
                if let Some(lock) = self.makes_lock(call) {
                    self.give_name(value, &lock, name);
                    return true;
                }
                passes_on(&call.func) && self.name_arguments(&mut call.args, name)
            }
            Expr::MethodCall(call) if METHODS.iter().any(|method| call.method == method) => {
                self.name_arguments(&mut call.args, name) | self.name_locks(&mut call.receiver, name)
            }
            Expr::Array(array) => self.name_all(&mut array.elems, name),
            Expr::Repeat(repeat) => self.name_locks(&mut repeat.expr, name),
            Expr::Tuple(tuple) => {
                let mut named = false;
                for (index, element) in tuple.elems.iter_mut().enumerate() {
                    named |= self.name_locks(element, &name.element(index));
                }
                named
            }
            Expr::Paren(inner) => self.name_locks(&mut inner.expr, name),
            Expr::Group(inner) => self.name_locks(&mut inner.expr, name),
            Expr::Reference(inner) => self.name_locks(&mut inner.expr, name),
            Expr::Const(inner) => self.name_value_of(&mut inner.block, name),
            Expr::Block(inner) => self.name_value_of(&mut inner.block, name),
            Expr::Unsafe(inner) => self.name_value_of(&mut inner.block, name),
            Expr::If(branches) => {
                let other = branches.else_branch.as_mut().map(|(_, other)| &mut **other);
                self.name_all(other, name) | self.name_value_of(&mut branches.then_branch, name)
            }
            Expr::Match(branches) => self.name_all(branches.arms.iter_mut().map(|arm| &mut *arm.body), name),
            Expr::Macro(call) => self.name_elements(&mut call.mac, name),
            _ => false,
        }
    }

    fn name_arguments(&self, arguments: &mut Punctuated<Expr, Token![,]>, name: &PlaceName) -> bool {
        let made = arguments.iter_mut().map(|argument| {
            self.call_here(argument);
            made_by_argument(argument)
        });
        self.name_all(made, name)
    }

    fn name_all<'e>(&self, values: impl IntoIterator<Item = &'e mut Expr>, name: &PlaceName) -> bool {
        values
            .into_iter()
            .fold(false, |named, value| self.name_locks(value, name) | named)
    }

    /// Of a block it is its last expression that it gives. Items in it can change what names mean, so that such a
    /// block is left alone.
    fn name_value_of(&self, block: &mut Block, name: &PlaceName) -> bool {
        if block.stmts.iter().any(|stmt| matches!(stmt, Stmt::Item(_))) {
            return false;
        }
        match block.stmts.last_mut() {
            Some(Stmt::Expr(value, None)) => self.name_locks(value, name),
            _ => false,
        }
    }

    /// The elements of `vec![..]`.
    fn name_elements(&self, call: &mut Macro, name: &PlaceName) -> bool {
        if call.path.segments.last().is_none_or(|last| last.ident != "vec") {
            return false;
        }
        let list = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(mut elements) = list.parse2(call.tokens.clone()) {
            let named = self.name_all(&mut elements, name);
            if named {
                call.tokens = elements.into_token_stream();
            }
            return named;
        }
        let Ok(mut elements) = syn::parse2::<Repeated>(call.tokens.clone()) else {
            return false;
        };
        let named = self.name_locks(&mut elements.element, name);
        if named {
            call.tokens = elements.into_token_stream();
        }
        named
    }
}

/// What an argument is or, if it is a closure, makes. A closure anywhere else makes its locks for whoever calls it.
fn made_by_argument(argument: &mut Expr) -> &mut Expr {
    match argument {
        Expr::Closure(closure) => &mut closure.body,
        argument => argument,
    }
}

/// Whether a function only passes on what it is given.
fn passes_on(function: &Expr) -> bool {
    let Expr::Path(function) = function else {
        return false;
    };
    function.path.segments.last().is_some_and(|last| {
        let is_method = function.path.segments.len() > 1;
        let is = |word: &&str| last.ident == *word;
        VARIANTS.iter().any(is)
            || WRAPPERS
                .iter()
                .any(|word| is(word) && (is_method || *word != "new"))
    })
}

/// One static in the arguments of `thread_local!`.
struct ThreadLocal {
    attrs: Vec<Attribute>,
    vis: Visibility,
    keyword: Token![static],
    ident: Ident,
    colon: Token![:],
    ty: Type,
    equals: Token![=],
    value: Expr,
}

impl Parse for ThreadLocal {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            keyword: input.parse()?,
            ident: input.parse()?,
            colon: input.parse()?,
            ty: input.parse()?,
            equals: input.parse()?,
            value: input.parse()?,
        })
    }
}

impl ToTokens for ThreadLocal {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.attrs.iter().for_each(|attr| attr.to_tokens(tokens));
        self.vis.to_tokens(tokens);
        self.keyword.to_tokens(tokens);
        self.ident.to_tokens(tokens);
        self.colon.to_tokens(tokens);
        self.ty.to_tokens(tokens);
        self.equals.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

/// The arguments of `vec![element; len]`.
struct Repeated {
    element: Expr,
    semi: Token![;],
    len: Expr,
}

impl Parse for Repeated {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            element: input.parse()?,
            semi: input.parse()?,
            len: input.parse()?,
        })
    }
}

impl ToTokens for Repeated {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.element.to_tokens(tokens);
        self.semi.to_tokens(tokens);
        self.len.to_tokens(tokens);
    }
}
