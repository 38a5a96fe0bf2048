//! Which programs are run, with which arguments, and how they have to end: they say so themselves, in lines of their source.

use std::fs;
use std::path::{Path, PathBuf};

use crate::project::root;
use crate::shell::Done;

/// Where such programs are: the root of a package, and where in it the sources of its programs are.
const PACKAGES: [(&str, &str); 5] = [
    ("tests/guests", "src/bin"),
    ("tests/std-guests", "src/bin"),
    ("tests/suite", "src"),
    ("examples/deadlock", "src"),
    ("examples/philosophers", "src"),
];

/// What is expected of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Much happens at once, and it ends well.
    Stress,
    /// Nobody can go on, and the host sees that.
    Standstill,
    /// It looks like that and is not.
    NoStandstill,
}

impl Kind {
    const ALL: [(&str, Kind); 3] = [
        ("// xtask stress:", Kind::Stress),
        ("// xtask standstill:", Kind::Standstill),
        ("// xtask no standstill:", Kind::NoStandstill),
    ];

    /// The exit code of the run.
    pub(super) const fn code(self) -> i32 {
        match self {
            Kind::Stress | Kind::NoStandstill => 0,
            Kind::Standstill => 3,
        }
    }
}

/// A program with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) kind: Kind,
    pub(super) package: String,
    /// The program, if the package has several.
    pub(super) bin: Option<String>,
    pub(super) arguments: Vec<String>,
}

impl Case {
    /// The case in a line.
    pub(super) fn title(&self) -> String {
        let mut title = self.bin.as_ref().unwrap_or(&self.package).clone();
        for argument in &self.arguments {
            title.push(' ');
            title.push_str(argument);
        }
        title
    }
}

/// All that the sources name.
pub(super) fn cases() -> Done<Vec<Case>> {
    let mut cases = Vec::new();
    for (package, sources) in PACKAGES {
        let name = package.rsplit('/').next().unwrap_or(package);
        for source in sources_in(&root().join(package).join(sources))? {
            let text =
                fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
            let stem = source.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let bin = if sources == "src" { None } else { stem };
            cases.extend(marks(&text).map(|(kind, arguments)| Case {
                kind,
                package: name.to_owned(),
                bin: bin.clone(),
                arguments,
            }));
        }
    }
    Ok(cases)
}

fn sources_in(folder: &Path) -> Done<Vec<PathBuf>> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

fn marks(text: &str) -> impl Iterator<Item = (Kind, Vec<String>)> {
    text.lines().filter_map(|line| {
        let mark = |(mark, kind): (&str, Kind)| Some((kind, line.strip_prefix(mark)?));
        let (kind, words) = Kind::ALL.into_iter().find_map(mark)?;
        Some((kind, words.split_whitespace().map(str::to_owned).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_kind_and_arguments() {
        let text = "//! Doc.\n\n// xtask stress: wide 256\n// xtask no standstill:\nfn main() {}\n";
        let found: Vec<(Kind, Vec<String>)> = marks(text).collect();
        let wide = vec!["wide".to_owned(), "256".to_owned()];
        assert_eq!(found, [(Kind::Stress, wide), (Kind::NoStandstill, Vec::new())]);
    }

    #[test]
    fn each_package_has_some_and_each_kind_is_there() {
        let cases = cases().expect("the sources can be read");
        for (package, _) in PACKAGES {
            let name = package.rsplit('/').next();
            assert!(
                cases.iter().any(|case| Some(case.package.as_str()) == name),
                "{package}"
            );
        }
        for (mark, kind) in Kind::ALL {
            assert!(cases.iter().any(|case| case.kind == kind), "{mark}");
        }
    }
}
