//! The names of locks, for traces and reports: a call that makes one for a field, a static, a constant or a variable gets
//! its name, `Mutex::new(0)` becoming `Mutex::with_name(0, const { LockName::new("Account.balance") })`.
//!
//! The constant keeps the text out of a build that does not trace. The tokens that say where a lock was made, the call
//! and its parentheses, stay the user's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprCall, ExprPath, Ident, Member, Path, Token, Type, parse_quote_spanned};

use super::rewrite::Rewriter;
use super::spelling::{self, Spelled, Spelling};

/// The name of a place where locks are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PlaceName {
    /// `Account.balance`, or a variable.
    Text(String),
    /// A static or constant: the path of the module comes before it, and that the compiler knows.
    InModule(String),
}

impl PlaceName {
    /// A local variable.
    pub(super) fn variable(ident: &Ident) -> Self {
        Self::Text(plain(ident))
    }

    /// A static or constant of a module; none if nobody can name it.
    pub(super) fn item(ident: &Ident) -> Option<Self> {
        (ident != "_").then(|| Self::InModule(plain(ident)))
    }

    /// A constant of a type or trait.
    pub(super) fn associated(owner: Option<&str>, ident: &Ident) -> Option<Self> {
        owner.map(|owner| Self::Text(format!("{owner}::{}", plain(ident))))
    }

    /// A field of the type or variant `owner`.
    pub(super) fn field(owner: &str, field: &Member) -> Self {
        Self::Text(match field {
            Member::Named(ident) => format!("{owner}.{}", plain(ident)),
            Member::Unnamed(index) => format!("{owner}.{}", index.index),
        })
    }

    /// An element of the tuple in this place.
    pub(super) fn element(&self, index: usize) -> Self {
        match self {
            Self::Text(text) => Self::Text(format!("{text}.{index}")),
            Self::InModule(text) => Self::InModule(format!("{text}.{index}")),
        }
    }

    /// The text, as an expression.
    fn text(&self, hidden: Span) -> TokenStream {
        match self {
            Self::Text(text) => text.to_token_stream(),
            Self::InModule(text) => {
                let end = format!("::{text}");
                quote_spanned!(hidden=> ::core::concat!(::core::module_path!(), #end))
            }
        }
    }
}

/// An identifier's text.
pub(super) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The name of the type that an `impl` block is for.
pub(super) fn of_type(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(ty) => ty.path.segments.last().map(|last| plain(&last.ident)),
        Type::Group(group) => of_type(&group.elem),
        Type::Paren(paren) => of_type(&paren.elem),
        _ => None,
    }
}

impl Rewriter<'_> {
    /// Whether a call is one that makes a traced lock, and how.
    pub(super) fn makes_lock(&self, call: &ExprCall) -> Option<Making> {
        let (making, arguments) = self.constructor(&call.func)?;
        // What a lock of threadlink's is made from may be a lock as well.
        let can_be_named = making.how != How::From || !making.found.name.is_ours();
        (can_be_named && call.args.len() == arguments).then_some(making)
    }

    /// Whether an expression is a function that makes a traced lock: how, and of how many arguments.
    fn constructor(&self, function: &Expr) -> Option<(Making, usize)> {
        let Expr::Path(ExprPath {
            path, qself: None, ..
        }) = function
        else {
            return None;
        };
        let found = self.traced_lock(path)?;
        let last = path.segments.last()?;
        if path.segments.len() != found.segments + 1 || !last.arguments.is_none() {
            return None;
        }
        let takes = found.name.arity().1;
        let (how, arguments) = match last.ident.to_string().as_str() {
            "new" => (How::New, takes),
            "default" => (How::Default, 0),
            "from" if takes == 1 => (How::From, 1),
            _ => return None,
        };
        Some((Making { found, how }, arguments))
    }

    /// Turns a function that makes locks, where it is a value as in `map(Mutex::new)`, into a closure that calls it: core's
    /// source would be the caller else, and the place of every such lock.
    pub(super) fn call_here(&self, value: &mut Expr) {
        if self.skipping {
            return;
        }
        let Some((_, arguments)) = self.constructor(value) else {
            return;
        };
        let Expr::Path(ExprPath { path, .. }) = &*value else {
            return;
        };
        let place = path
            .segments
            .last()
            .map_or(Span::call_site(), |last| last.ident.span());
        let hidden = Span::mixed_site().located_at(place);
        let inner = (arguments > 0).then(|| Ident::new("inner", hidden));
        let call = quote_spanned!(place=> #value(#inner));
        *value = parse_quote_spanned!(hidden=> |#inner| #call);
    }

    /// The lock that is named at the head of a path, if that is replaced.
    pub(super) fn traced_lock(&self, path: &Path) -> Option<Spelled> {
        let found = spelling::in_path(&self.scope, path)?;
        let takes = found.name.arity().1;
        let types = spelling::types_given(path, found).unwrap_or(takes);
        let is_replaced = found.spelling != Spelling::Bare || self.replaces_bare();
        (found.name.is_lock() && types == takes && is_replaced).then_some(found)
    }

    /// Turns the call into one that passes the name.
    pub(super) fn give_name(&self, value: &mut Expr, lock: &Making, name: &PlaceName) {
        let Expr::Call(call) = value else { return };
        let Expr::Path(ExprPath { path, .. }) = &mut *call.func else {
            return;
        };
        let Some(last) = path.segments.last_mut() else {
            return;
        };
        let place = last.ident.span();
        let hidden = Span::mixed_site().located_at(place);
        let name = self.lock_name(name, place);
        let is_std = lock.found.name.is_std();
        if lock.how == How::From && is_std {
            // What is converted may be a lock already.
            let (krate, whole) = (self.krate.hidden(place), &*value);
            *value = parse_quote_spanned!(hidden=> #krate::__private::named(#whole, #name));
            return;
        }
        if lock.how == How::Default && lock.found.name.arity().1 == 1 {
            call.args
                .push_value(parse_quote_spanned!(hidden=> ::core::default::Default::default()));
        }
        if is_std {
            last.ident = Ident::new("with_name", place);
            add(&mut call.args, name, hidden);
            return;
        }
        last.ident = Ident::new("from_raw", place);
        let paren = call.paren_token;
        let mut raw: ExprCall = ExprCall {
            attrs: Vec::new(),
            func: Box::new(Expr::Path(ExprPath {
                attrs: Vec::new(),
                qself: None,
                path: self.raw_lock(lock.found, place),
            })),
            paren_token: paren,
            args: Punctuated::new(),
        };
        raw.args.push_value(name);
        let value = std::mem::take(&mut call.args).into_iter();
        call.args.push_value(Expr::Call(raw));
        for value in value {
            add(&mut call.args, value, hidden);
        }
    }

    /// The name as an argument.
    pub(super) fn lock_name(&self, name: &PlaceName, place: Span) -> Expr {
        let hidden = Span::mixed_site().located_at(place);
        let krate = self.krate.hidden(place);
        let text = name.text(hidden);
        parse_quote_spanned!(hidden=> const { #krate::hooks::LockName::new(#text) })
    }

    /// The function that makes the raw lock inside of one in `lock_api`'s flavour. It is what remembers where it was
    /// called.
    pub(super) fn raw_lock(&self, found: Spelled, place: Span) -> Path {
        let mut path = self.krate.visible(place);
        let [module, twin, ..] = *found.name.twin else {
            return path;
        };
        let raw = twin.replacen("Tracing", "TracingRaw", 1);
        for segment in [module, raw.as_str(), "with_name"] {
            path.segments.push(Ident::new(segment, place).into());
        }
        path
    }
}

/// A call that makes a lock.
pub(super) struct Making {
    found: Spelled,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    New,
    Default,
    From,
}

/// Adds an argument.
fn add(args: &mut Punctuated<Expr, Token![,]>, value: Expr, hidden: Span) {
    if !args.empty_or_trailing() {
        args.push_punct(Token![,](hidden));
    }
    args.push_value(value);
}
