//! What happens to a name where the [walk](super::visit) through an item finds it: it is replaced, or given its
//! new meaning by an import at the head of the body around it, and the check of its spelling is noted.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Block, Expr, Item, ItemUse, Path, PathSegment, Stmt, Token};

use super::frame::Frame;
use super::options::TracedOptions;
use super::scope::{Meaning, Scope};
use super::skip;
use super::spelling::{self, Spelled, Spelling};
use super::table::{self, Home, Kind, Name, Switch};
use super::tokens;
use super::uses::{self, Imports};
use super::verify::{self, Check, Checks};
use crate::errors::Errors;
use crate::options::CratePath;

/// What a walk found.
pub(crate) struct Found {
    /// Whether there was any name.
    pub(crate) anything: bool,
    /// What to emit beside the item.
    pub(crate) checks: Checks,
    /// The same.
    pub(crate) beside: Vec<Item>,
    /// Names that the user told of and that were found.
    pub(crate) told: Vec<Ident>,
    /// A `Mutex` of parking_lot was replaced.
    pub(crate) parking_lot_mutex: bool,
    /// Where parking_lot's `Condvar` is named.
    pub(crate) parking_lot_condvars: Vec<Ident>,
}

/// What a walk through a block or a module asks for.
#[derive(Default)]
pub(super) struct Head {
    /// What belongs at its head.
    pub(super) items: Vec<Item>,
    /// Something there takes names away from a glob import, which may have been there for nothing else.
    hides_globs: bool,
}

impl Head {
    /// Keeps a glob import that may have lost its purpose from being reported.
    pub(super) fn excuse(&self, item: &mut Item) {
        if self.hides_globs
            && let Item::Use(item) = item
            && uses::has_glob(&item.tree)
        {
            item.attrs.push(syn::parse_quote!(#[allow(unused_imports)]));
        }
    }
}

pub(crate) struct Rewriter<'a> {
    pub(super) krate: &'a CratePath,
    pub(super) errors: &'a mut Errors,
    pub(super) scope: Scope<'a>,
    /// The modules and blocks around the point of the walk, innermost last; a module forgets those around it.
    /// None: a type or a signature.
    pub(super) frames: Vec<Frame>,
    /// Inside of something that the user excepted.
    pub(super) skipping: bool,
    /// The type or trait that the innermost `impl` or trait is for: what `Self` is called in it.
    pub(super) owner: Option<String>,
    /// The type or variant that the innermost struct literal makes.
    pub(super) literal: Option<String>,
    found: Found,
}

/// The kind of place where a name stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Type,
    Expr,
    /// The arguments of a macro.
    Tokens,
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(krate: &'a CratePath, options: &'a TracedOptions, errors: &'a mut Errors) -> Self {
        Self {
            krate,
            errors,
            scope: Scope::new(options),
            frames: Vec::new(),
            skipping: false,
            owner: None,
            literal: None,
            found: Found {
                anything: false,
                checks: Checks::default(),
                beside: Vec::new(),
                told: Vec::new(),
                parking_lot_mutex: false,
                parking_lot_condvars: Vec::new(),
            },
        }
    }

    pub(crate) fn finish(self) -> Found {
        self.found
    }

    /// What to put in the place of a path, if anything.
    pub(super) fn path(&mut self, path: &Path, place: Place) -> Option<Path> {
        if !self.skipping {
            let condvar = spelling::parking_lot_condvar(path).cloned();
            self.found.parking_lot_condvars.extend(condvar);
        }
        let found = spelling::in_path(&self.scope, path)?;
        let fits = match (found.name.kind, place) {
            (Kind::Value { .. }, Place::Type) => false,
            (Kind::Value { .. }, _) => found.segments == path.segments.len(),
            // None of the types is a value: `Mutex` alone is a variable, a constant or a variant.
            (Kind::Type { .. }, Place::Expr) => found.segments < path.segments.len(),
            (Kind::Type { .. }, _) => true,
        };
        if found.name.is_ours() {
            if fits {
                self.note_ours(path, found);
            }
            return None;
        }
        if fits { self.name(path, found, place) } else { None }
    }

    /// Notes one of threadlink's own locks; of a bare name that stands for anything else, the check says so.
    fn note_ours(&mut self, path: &Path, found: Spelled) {
        if self.skipping {
            return;
        }
        self.found.anything = true;
        if self.scope.meaning(&path.segments[0].ident).is_none() {
            let frame = self.frames.last().map(|frame| frame.mark);
            let check = Check::new(path, found, 1, self.scope.conditions(frame));
            self.frames
                .last_mut()
                .map_or(&mut self.found.checks, |frame| &mut frame.checks)
                .add(check);
        }
    }

    /// Deals with a path that has one of the names at its head.
    fn name(&mut self, path: &Path, found: Spelled, place: Place) -> Option<Path> {
        if self.skipping {
            return self.skipped(path, found, place);
        }
        let given = spelling::types_given(path, found);
        let takes = found.name.arity().1;
        let types = match place {
            // It is another type that is checked for a function.
            _ if !found.name.is_type() => takes,
            Place::Type => given.unwrap_or(0),
            Place::Expr | Place::Tokens => given.unwrap_or(takes),
        };
        match found.spelling {
            Spelling::Rebound => return None,
            Spelling::Bare => {
                if !self.bare(path, found, types, place) {
                    return None;
                }
            }
            Spelling::Qualified => {
                self.found.anything = true;
                let frame = self.frames.last().map(|frame| frame.mark);
                let check = Check::new(path, found, types, self.scope.conditions(frame));
                self.frames
                    .last_mut()
                    .map_or(&mut self.found.checks, |frame| &mut frame.checks)
                    .add(check);
            }
        }
        self.found.parking_lot_mutex |= is_parking_lot_mutex(found.name);
        // With another number of types it is not std's, as the check says (or std's own error). Replacing it
        // would only add a second error.
        (types == takes).then(|| {
            let start = start_of(path);
            let krate = match place {
                Place::Type => self.krate.hidden(path.segments[found.segments - 1].ident.span()),
                Place::Expr | Place::Tokens => self.krate.visible(start),
            };
            with_head(krate, found.name.twin, path, found, place)
        })
    }

    /// Whether a bare name gets another meaning here. In a module it does by its import, which is then no longer a
    /// bare name, or because of a glob import.
    pub(super) fn replaces_bare(&self) -> bool {
        let in_module = self.frames.first().is_some_and(|frame| frame.is_module);
        !in_module || self.frames.iter().any(|frame| !frame.globs.is_empty())
    }

    /// Deals with a bare name; `true` if its tokens must be replaced.
    fn bare(&mut self, path: &Path, found: Spelled, types: usize, place: Place) -> bool {
        let name = found.name;
        let ident = &path.segments[0].ident;
        self.note_told(ident);
        if self.frames.first().is_some_and(|frame| frame.is_module) {
            // The module does not import it by its name, or the import would have been rewritten.
            for frame in self.frames.iter_mut().filter(|frame| !frame.globs.is_empty()) {
                self.found.anything = true;
                frame.shadow(name, ident);
                let cfgs = self.scope.conditions(Some(frame.mark));
                frame.glob_checks.add(Check::new(path, found, types, cfgs));
            }
            return false;
        }
        self.found.anything = true;
        let check = Check::new(path, found, types, self.scope.conditions(None));
        self.found.checks.add(check);
        if let Some((outermost, inner)) = self.frames.split_first_mut() {
            outermost.shadow(name, ident);
            inner
                .iter_mut()
                .filter(|frame| !frame.globs.is_empty())
                .for_each(|frame| frame.shadow(name, ident));
            return false;
        }
        if place == Place::Tokens {
            let original = name.original().join("::");
            self.errors.at(
                ident,
                format!(
                    "`#[traced]` cannot tell what a bare `{ident}` is to the macro around it: write `{original}` here"
                ),
            );
            return false;
        }
        true
    }

    /// Deals with a name that is to keep its meaning: if an import of ours takes that away, it gets the path of
    /// the original instead.
    fn skipped(&mut self, path: &Path, found: Spelled, place: Place) -> Option<Path> {
        let in_module = self.frames.first()?.is_module;
        match found.spelling {
            // Its module may have been imported, and then leads elsewhere now.
            Spelling::Qualified => {
                let first = &path.segments[0].ident;
                if !matches!(self.scope.meaning(first), Some(Meaning::Module(_))) {
                    return None;
                }
            }
            // Nothing in the module takes it away unless a glob import brings it.
            Spelling::Bare if in_module && self.frames.iter().all(|frame| frame.globs.is_empty()) => {
                return None;
            }
            Spelling::Bare if in_module => {}
            Spelling::Bare => {
                let types = spelling::types_given(path, found).unwrap_or(found.name.arity().1);
                let check = Check::new(path, found, types, self.scope.conditions(None));
                self.found.checks.add(check);
            }
            Spelling::Rebound => {}
        }
        let span = match place {
            Place::Type => Span::mixed_site().located_at(path.segments[0].ident.span()),
            Place::Expr | Place::Tokens => path.segments[0].ident.span(),
        };
        let original = found.name.original();
        let mut head = Path::from(Ident::new(original[0], span));
        head.leading_colon = Some(Token![::](span));
        Some(with_head(head, &original[1..], path, found, place))
    }

    /// What to put in the place of a macro's path.
    pub(super) fn printer(&mut self, path: &Path) -> Option<Path> {
        if self.skipping || !self.scope.has(Switch::Print) {
            return None;
        }
        let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        let last = match segments.as_slice() {
            [last] if path.leading_colon.is_none() => last,
            [std, last] if *std == "std" => last,
            _ => return None,
        };
        if !table::PRINTERS.iter().any(|printer| *last == printer) || self.scope.meaning(last).is_some() {
            return None;
        }
        self.found.anything = true;
        let mut new = self.krate.visible(start_of(path));
        new.segments.push(PathSegment::from((*last).clone()));
        Some(new)
    }

    /// Takes `#[traced(skip)]` away; `true` if it was there.
    pub(super) fn is_skipped(&mut self, attrs: &mut Vec<Attribute>) -> bool {
        skip::take(attrs, self.errors)
    }

    /// Replaces the names in a `use` declaration of the innermost frame; returns what to put in its place.
    pub(super) fn import(&mut self, mut item: ItemUse, imports: &mut Imports) -> Vec<Item> {
        if self.skipping | self.is_skipped(&mut item.attrs) {
            imports.leave(&item);
            return vec![Item::Use(item)];
        }
        imports.split(item, &self.scope, self.krate)
    }

    /// Learns what the `use` declarations of the innermost frame brought.
    pub(super) fn learn(&mut self, imports: Imports) {
        let is_module = self.frames.last().is_some_and(|frame| frame.is_module);
        for (ident, meaning) in imports.settled(is_module) {
            if matches!(meaning, Meaning::Twin(_)) {
                self.note_told(&ident);
            }
            self.scope.add(&ident, meaning);
        }
        self.found.anything |= imports.leads_elsewhere;
        for span in imports.partly {
            self.errors.push(syn::Error::new(
                span,
                "`#[traced]` follows std as a whole with all of its options or with none: `#[traced(std)]`",
            ));
        }
        self.found
            .parking_lot_condvars
            .extend(imports.parking_lot_condvars);
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        for import in imports.replaced {
            self.found.anything = true;
            self.found.parking_lot_mutex |= is_parking_lot_mutex(import.name);
            let types = import.name.arity().1;
            frame
                .checks
                .add(Check::of_path(import.name, import.path, types, import.attrs));
        }
        frame.globs = imports.globs;
        if !frame.is_module {
            for span in imports.std_globs {
                self.errors.push(syn::Error::new(
                    span,
                    "`#[traced]` cannot see what this brings into the body: name what you import \
                     (`use std::sync::{Arc, Mutex};`)",
                ));
            }
        }
    }

    /// Walks through a block or a module.
    pub(super) fn framed(&mut self, is_module: bool, walk: impl FnOnce(&mut Self)) -> Head {
        let mark = self.scope.mark();
        self.frames.push(Frame::new(mark, is_module));
        walk(self);
        self.scope.leave(mark);
        let Some(frame) = self.frames.pop() else {
            return Head::default();
        };
        let mut items: Vec<Item> = frame
            .shadows
            .iter()
            .flat_map(|(name, ident)| verify::shadow(name, ident, self.krate))
            .collect();
        items.extend(frame.checks.to_items(self.krate));
        items.extend(frame.beside);
        items.extend(frame.glob_checks.behind(&frame.globs, self.krate));
        Head {
            items,
            hides_globs: !frame.shadows.is_empty() && !frame.globs.is_empty(),
        }
    }

    /// Walks through the value of a constant or static: a body too, in want of braces if something must stand at
    /// its head.
    pub(super) fn value(&mut self, expr: &mut Expr, walk: impl FnOnce(&mut Self, &mut Expr)) {
        let head = self.framed(false, |this| walk(this, expr)).items;
        if head.is_empty() {
            return;
        }
        let value = std::mem::replace(expr, Expr::Verbatim(proc_macro2::TokenStream::new()));
        let mut stmts: Vec<Stmt> = head.into_iter().map(Stmt::Item).collect();
        stmts.push(Stmt::Expr(value, None));
        *expr = Expr::Block(syn::ExprBlock {
            attrs: Vec::new(),
            label: None,
            block: Block {
                brace_token: Default::default(),
                stmts,
            },
        });
    }

    /// Emits an item beside the one that is visited.
    pub(super) fn emit(&mut self, item: Item) {
        let beside = match self.frames.last_mut() {
            Some(frame) => &mut frame.beside,
            None => &mut self.found.beside,
        };
        beside.push(item);
    }

    fn note_told(&mut self, ident: &Ident) {
        if self.scope.told(ident).is_some() {
            self.found.told.push(ident.clone());
        }
    }
}

impl tokens::Paths for Rewriter<'_> {
    fn spelled(&self, path: &Path) -> Option<Spelled> {
        spelling::in_path(&self.scope, path)
    }

    fn replace(&mut self, path: &Path, _: Spelled) -> Option<Path> {
        self.path(path, Place::Tokens)
    }

    fn replace_macro(&mut self, path: &Path) -> Option<Path> {
        self.printer(path)
    }
}

fn is_parking_lot_mutex(name: &Name) -> bool {
    name.home == Home::ParkingLot && name.ident == "Mutex"
}

/// The span of the first token.
fn start_of(path: &Path) -> Span {
    path.leading_colon
        .map_or(path.segments[0].ident.span(), |colons| colons.spans[0])
}

/// `path` with other segments in the place of the name at its head: `head` and, below it, `rest`.
fn with_head(mut head: Path, rest: &[&str], path: &Path, found: Spelled, place: Place) -> Path {
    let name = &path.segments[found.segments - 1];
    let span = match place {
        Place::Type => Span::mixed_site().located_at(name.ident.span()),
        Place::Expr | Place::Tokens => name.ident.span(),
    };
    for segment in rest {
        head.segments.push(PathSegment::from(Ident::new(segment, span)));
    }
    if let Some(last) = head.segments.last_mut() {
        last.arguments = name.arguments.clone();
    }
    head.segments
        .extend(path.segments.iter().skip(found.segments).cloned());
    head
}
