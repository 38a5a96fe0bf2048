//! The document: the table as Markdown, and what of it holds for an older release of std.

use std::fmt::Write;

use threadlink_toolchain::Version;

use super::compare::{Row, Status, Table};

/// What people wrote: how to read the table, and what differs between the kinds of build.
const PROSE: &str = include_str!("prose.md");
/// Parts the status of a type from its members.
const BREAK: &str = " <br> ";
/// Parts the members.
const DOT: &str = " · ";
/// Lines that depend on more than the items themselves.
const COUNTED: [&str; 2] = ["Of ", "Only in threadlink: "];
const MADE: &str = "Made from the source of Rust ";

/// The whole document.
#[must_use]
pub fn render(table: &Table) -> String {
    let count = |wanted: fn(&Status) -> bool| table.rows.iter().filter(|row| wanted(&row.status)).count();
    let mut text = PROSE.to_owned();
    let _ = writeln!(text, "\n{MADE}{} by `cargo xtask parity`.\n", table.version);
    let _ = writeln!(
        text,
        "Of {} rows, {} are the same, {} are std's own, {} differ, {} are absent.",
        table.rows.len(),
        count(|status| *status == Status::Same),
        count(|status| *status == Status::Std),
        count(|status| matches!(status, Status::Differs(_))),
        count(|status| matches!(status, Status::Absent(_))),
    );
    for (module, extra) in &table.extra {
        let _ = writeln!(
            text,
            "\n## std::{module}\n\n| Item | Since | In threadlink |\n|---|---|---|"
        );
        for row in table.rows.iter().filter(|row| row.module == *module) {
            let _ = writeln!(text, "{}", line(row));
        }
        if !extra.is_empty() {
            let names: Vec<String> = extra.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(text, "\n{}{}.", COUNTED[1], names.join(", "));
        }
    }
    text
}

fn line(row: &Row) -> String {
    let kind = if row.kind.is_empty() {
        String::new()
    } else {
        format!(" {}", row.kind)
    };
    let status = match &row.status {
        Status::Same => "same".to_owned(),
        Status::Std => "std's own".to_owned(),
        Status::Differs(how) => format!("**differs**: {how}"),
        Status::Absent(why) => format!("**absent**: {why}"),
    };
    let members: Vec<String> = row
        .members
        .iter()
        .map(|(label, since, deprecated)| format!("`{label}` {}", releases(*since, *deprecated)))
        .collect();
    let members = if members.is_empty() {
        String::new()
    } else {
        format!("{BREAK}{}", members.join(DOT))
    };
    let since = releases(row.since, row.deprecated);
    format!(
        "| `{}`{kind} | {since} | {}{members} |",
        row.item,
        status.replace('|', "\\|")
    )
}

fn releases(since: Version, deprecated: Option<Version>) -> String {
    match deprecated {
        Some(deprecated) => format!("{since}, deprecated {deprecated}"),
        None => since.to_string(),
    }
}

/// The release of std that a document was made from.
#[must_use]
pub fn made_with(document: &str) -> Option<Version> {
    let line = document.lines().find_map(|line| line.strip_prefix(MADE))?;
    Version::parse(line)
}

/// A document without what is newer than a release, and without what a release changes in the rest: two documents made
/// from different releases are the same up to the older one if this makes them equal.
#[must_use]
pub fn as_of(document: &str, version: Version) -> String {
    let mut text = String::new();
    for line in document.lines() {
        if COUNTED.iter().chain(&[MADE]).any(|start| line.starts_with(start)) {
            continue;
        }
        let cells: Vec<&str> = line.split(" | ").collect();
        if let (true, [item, since, status]) = (line.starts_with("| `"), cells.as_slice()) {
            let Some(since) = releases_as_of(since, version) else {
                continue;
            };
            let mut status = (*status).trim_end_matches(" |").to_owned();
            if let Some((before, members)) = status.split_once(BREAK) {
                let members: Vec<String> = members
                    .split(DOT)
                    .filter_map(|member| {
                        let (label, since) = member.rsplit_once("` ")?;
                        Some(format!("{label}` {}", releases_as_of(since, version)?))
                    })
                    .collect();
                status = if members.is_empty() {
                    before.to_owned()
                } else {
                    format!("{before}{BREAK}{}", members.join(DOT))
                };
            }
            let _ = writeln!(text, "{item} | {since} | {status} |");
        } else {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

fn releases_as_of(text: &str, version: Version) -> Option<String> {
    let (since, deprecated) = match text.split_once(", deprecated ") {
        Some((since, deprecated)) => (Version::parse(since)?, Version::parse(deprecated)),
        None => (Version::parse(text)?, None),
    };
    let old = |release: &Version| (release.major, release.minor) <= (version.major, version.minor);
    old(&since).then(|| releases(since, deprecated.filter(old)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_items_members_and_advice_go() {
        let document = "Of 3 rows\n| `A` struct | 1.0.0, deprecated 1.96.0 | std's own <br> `x` 1.2.0 · `y` 1.96.0 |\n\
                        | `impl From<T> for A<T>` | 1.96.0 | same |\nend\n";
        let v = |text| Version::parse(text).unwrap();
        assert_eq!(
            as_of(document, v("1.95.3")),
            "| `A` struct | 1.0.0 | std's own <br> `x` 1.2.0 |\nend\n"
        );
        assert_eq!(as_of(document, v("1.96.0")), document.replace("Of 3 rows\n", ""));
    }
}
