//! Paths in the tokens of a macro: in what is handed to one, in what `macro_rules!` makes, in the arguments of an
//! attribute. What the tokens mean is not known, so each that looks like a path is taken for one.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::tree::{MACROS, TYPES, VALUES};

/// Something that looks like a path.
pub(crate) struct Candidate {
    pub(crate) path: Vec<String>,
    pub(crate) spaces: u8,
    pub(crate) line: usize,
    /// A call, so no variable.
    pub(crate) called: bool,
    /// It follows a `=`: in attributes, only what does and what has several segments is code.
    pub(crate) value: bool,
}

/// The paths, and the methods that are called.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) paths: Vec<Candidate>,
    pub(crate) methods: Vec<(String, usize)>,
}

impl Tokens {
    pub(crate) fn of(tokens: TokenStream) -> Tokens {
        let mut all = Tokens::default();
        all.scan(tokens);
        all
    }

    fn scan(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        // The punctuation before a token, as far as it is joined, and the word before it.
        let (mut marks, mut joint, mut word) = (String::new(), false, String::new());
        while let Some(token) = tokens.next() {
            if let TokenTree::Punct(punct) = token {
                if !joint {
                    marks.clear();
                }
                marks.push(punct.as_char());
                joint = punct.spacing() == Spacing::Joint;
                word.clear();
                continue;
            }
            let (before, keyword) = (std::mem::take(&mut marks), std::mem::take(&mut word));
            joint = false;
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Literal(literal) => {
                    self.format_string(&literal.to_string(), literal.span().start().line);
                }
                TokenTree::Ident(ident) => {
                    word = ident.to_string();
                    let line = ident.span().start().line;
                    if before == "." {
                        if is_group(tokens.peek(), Delimiter::Parenthesis) || is_mark(tokens.peek(), ':') {
                            self.methods.push((word.clone(), line));
                        }
                        continue;
                    }
                    // `$name` and `#name` stand for something else, `::name` is another crate's, `'name` a lifetime.
                    let of_others = before.ends_with(['$', '#', '\'']) || before.ends_with("::");
                    let ours = (!of_others || before.ends_with('$') && word == "crate") && !defines(&keyword);
                    self.path(vec![word.clone()], line, ours, before == "=", &mut tokens);
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// Takes what follows the first segment of a path. If it is not `ours` it is passed over.
    fn path(
        &mut self,
        mut path: Vec<String>,
        line: usize,
        ours: bool,
        value: bool,
        tokens: &mut Peekable<IntoIter>,
    ) {
        while colons(tokens) {
            match tokens.peek() {
                Some(TokenTree::Ident(ident)) => {
                    path.push(ident.to_string());
                    tokens.next();
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    // `use a::{b, c::d}` in a macro.
                    let inner = Tokens::of(group.stream());
                    tokens.next();
                    for candidate in inner.paths {
                        let path = path.iter().chain(&candidate.path).cloned().collect();
                        self.candidate(path, TYPES | VALUES | MACROS, candidate.line, (ours, true, value));
                    }
                    return;
                }
                _ => break,
            }
        }
        let next = tokens.peek();
        if is_mark(next, '!') {
            // `a != b` compares.
            if !matches!(next, Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint) {
                self.candidate(path, MACROS, line, (ours, true, value));
                return;
            }
        }
        // `name: value` and `name = value` name a field or an argument, if nothing but a name stands there.
        let names = path.len() == 1
            && matches!(next, Some(TokenTree::Punct(punct))
                if matches!(punct.as_char(), ':' | '=') && punct.spacing() == Spacing::Alone);
        let called = is_group(next, Delimiter::Parenthesis);
        self.candidate(path, TYPES | VALUES, line, (ours && !names, called, value));
    }

    fn candidate(
        &mut self,
        path: Vec<String>,
        spaces: u8,
        line: usize,
        (ours, called, value): (bool, bool, bool),
    ) {
        if ours {
            self.paths.push(Candidate {
                path,
                spaces,
                line,
                called,
                value,
            });
        }
    }

    /// The constants that a format string names: `{LIMIT}`. Other names in one are variables.
    fn format_string(&mut self, literal: &str, line: usize) {
        if !literal.starts_with(['"', 'r']) {
            return;
        }
        for part in literal.replace("{{", "").split('{').skip(1) {
            let name: String = part
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            if name.starts_with(char::is_uppercase) {
                self.candidate(vec![name], VALUES, line, (true, false, false));
            }
        }
    }
}

/// Whether the name after this word is one that the tokens define.
fn defines(word: &str) -> bool {
    matches!(
        word,
        "fn" | "struct" | "enum" | "union" | "trait" | "type" | "mod" | "const" | "static" | "let"
    )
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_group(token: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

/// Takes `::` if it comes next.
fn colons(tokens: &mut Peekable<IntoIter>) -> bool {
    let joint = matches!(tokens.peek(), Some(TokenTree::Punct(punct))
        if punct.as_char() == ':' && punct.spacing() == Spacing::Joint);
    if joint {
        tokens.next();
        tokens.next();
    }
    joint
}
