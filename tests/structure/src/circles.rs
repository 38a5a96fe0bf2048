//! Circles of files: each needs the next, and the last the first. A file and one that it declares may need each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::Read;
use crate::graph::{Graph, Node, Reason, nodes};
use crate::tree::{FileId, Tree};

/// More conditions than this in one circle are not tried out: then it counts as if all held at once.
const MOST_ATOMS: usize = 12;

/// Files that need each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle {
    /// All of them, by their paths.
    pub files: Vec<PathBuf>,
    /// The paths in their code that make the circle.
    pub steps: Vec<Step>,
}

/// One file's need for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whose code it is.
    pub from: PathBuf,
    /// Where in it.
    pub line: usize,
    /// The path as it stands there, or the import by which it came.
    pub path: String,
    /// The file of what it names.
    pub to: PathBuf,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "a circle of {} files:", self.files.len())?;
        for step in &self.steps {
            let (from, to) = (step.from.display(), step.to.display());
            writeln!(f, "  {from}:{}: `{}` is in {to}", step.line, step.path)?;
        }
        Ok(())
    }
}

/// The circles in the crate with this root file.
///
/// # Errors
/// If one of its files cannot be read, or is not Rust.
pub fn circles(root: &Path, read: Read<'_>) -> Result<Vec<Circle>, String> {
    let tree = Tree::read(root, read)?;
    let graph = Graph::of(&tree);
    let all: Edges<'_> = graph.edges.iter().collect();
    let mut found: Vec<(BTreeSet<FileId>, Edges<'_>)> = Vec::new();
    for circle in components(&tree, &all) {
        for circle in possible(&tree, circle) {
            let files = files(&circle);
            if found.iter().any(|(other, _)| other.is_superset(&files)) {
                continue;
            }
            found.retain(|(other, _)| !other.is_subset(&files));
            found.push((files, circle));
        }
    }
    Ok(found
        .iter()
        .map(|(files, edges)| describe(&tree, files, edges))
        .collect())
}

type Edges<'a> = BTreeMap<&'a (Node, Node), &'a Vec<Reason>>;

/// What of a circle is left in a configuration: conditions that exclude each other make none.
fn possible<'a>(tree: &Tree, circle: Edges<'a>) -> Vec<Edges<'a>> {
    let mut atoms = BTreeSet::new();
    for reason in circle.values().flat_map(|reasons| reasons.iter()) {
        reason.condition.atoms(&mut atoms);
    }
    let atoms: Vec<&str> = atoms.iter().map(String::as_str).collect();
    if atoms.is_empty() || atoms.len() > MOST_ATOMS {
        return vec![circle];
    }
    (0..1_u32 << atoms.len())
        .flat_map(|chosen| {
            let set = atoms.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1);
            let on: BTreeSet<&str> = set.map(|(_, atom)| *atom).collect();
            let edges = circle
                .iter()
                .filter(|(_, reasons)| reasons.iter().any(|reason| reason.condition.holds(&on)))
                .map(|(edge, reasons)| (*edge, *reasons))
                .collect();
            components(tree, &edges)
        })
        .collect()
}

/// The strongly connected components that count as circles, each as the edges within it.
fn components<'a>(tree: &Tree, edges: &Edges<'a>) -> Vec<Edges<'a>> {
    let mut next: BTreeMap<&Node, Vec<&Node>> = BTreeMap::new();
    let mut before: BTreeMap<&Node, Vec<&Node>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        next.entry(from).or_default().push(to);
        before.entry(to).or_default().push(from);
    }
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    let all = nodes(edges.keys().copied());
    for node in &all {
        visit(node, &next, &mut done, &mut order);
    }
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    for node in order.into_iter().rev() {
        let mut component = Vec::new();
        visit(node, &before, &mut taken, &mut component);
        let component: BTreeSet<&Node> = component.into_iter().collect();
        let within: Edges<'a> = edges
            .iter()
            .filter(|((from, to), _)| component.contains(from) && component.contains(to))
            .map(|(edge, reasons)| (*edge, *reasons))
            .collect();
        if !aside(tree, &files(&within)) {
            found.push(within);
        }
    }
    found
}

/// Walks from a node to all that can be reached and were not yet, and lists them, the farthest first.
fn visit<'a>(
    node: &'a Node,
    next: &BTreeMap<&'a Node, Vec<&'a Node>>,
    done: &mut BTreeSet<&'a Node>,
    order: &mut Vec<&'a Node>,
) {
    if done.insert(node) {
        for other in next.get(node).into_iter().flatten() {
            visit(other, next, done, order);
        }
        order.push(node);
    }
}

/// One file, or a file and one that it declares.
fn aside(tree: &Tree, files: &BTreeSet<FileId>) -> bool {
    match files.iter().collect::<Vec<_>>().as_slice() {
        [] | [_] => true,
        [one, other] => {
            tree.files[**one].declares.contains(other) || tree.files[**other].declares.contains(one)
        }
        _ => false,
    }
}

fn files(edges: &Edges<'_>) -> BTreeSet<FileId> {
    nodes(edges.keys().copied())
        .into_iter()
        .map(|(file, _)| *file)
        .collect()
}

fn describe(tree: &Tree, files: &BTreeSet<FileId>, edges: &Edges<'_>) -> Circle {
    let path = |file: FileId| tree.files[file].path.clone();
    let mut steps: Vec<Step> = edges
        .iter()
        .filter(|((from, to), _)| from.0 != to.0)
        .filter_map(|((from, to), reasons)| {
            reasons.first().map(|reason| Step {
                from: path(from.0),
                line: reason.line,
                path: reason.path.clone(),
                to: path(to.0),
            })
        })
        .collect();
    steps.sort_by(|a, b| (&a.from, &a.to, &a.path, a.line).cmp(&(&b.from, &b.to, &b.path, b.line)));
    steps.dedup_by(|a, b| (&a.from, &a.to, &a.path) == (&b.from, &b.to, &b.path));
    Circle {
        files: files.iter().map(|file| path(*file)).collect(),
        steps,
    }
}
