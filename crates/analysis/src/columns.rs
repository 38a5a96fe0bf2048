//! Tables that fit: [`Columns`] lose a column after the other until there is room for the first one.

use std::fmt::Write;

use crate::units::cut;

/// What the first column has at least, if it needs it: places are of use as a whole.
const LABEL: usize = 60;
/// What a table has for it in any case.
const LEAST_LABEL: usize = 16;

/// The rows of a table: the first column is aligned to the left, the others to the right.
pub(crate) struct Columns {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Which columns go first where there is no room.
    dispensable: &'static [usize],
}

impl Columns {
    pub(crate) fn new(header: &[&'static str], dispensable: &'static [usize]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
            dispensable,
        }
    }

    /// A row may have fewer cells than the header.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Leaves out a column that says nothing in any row.
    pub(crate) fn drop_where_all(&mut self, column: usize, empty: &str) {
        if self
            .rows
            .iter()
            .all(|row| row.get(column).is_none_or(|cell| cell == empty))
        {
            for row in &mut self.rows {
                if let Some(cell) = row.get_mut(column) {
                    cell.clear();
                }
            }
            self.header[column] = "";
        }
    }

    /// The header and the rows, each a line of at most `width` characters as far as that can be.
    pub(crate) fn lines(&self, width: usize) -> Vec<String> {
        let header: Vec<String> = self.header.iter().map(|&title| title.to_owned()).collect();
        let all: Vec<&Vec<String>> = std::iter::once(&header).chain(&self.rows).collect();
        let length = |cell: &String| cell.chars().count();
        let mut widths: Vec<usize> = (0..header.len())
            .map(|column| {
                // A row that is a label alone has the whole line.
                let rows = all.iter().filter(|row| row.len() > 1);
                rows.filter_map(|row| row.get(column))
                    .map(length)
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let others = |widths: &[usize]| -> usize {
            let others = widths[1..].iter().filter(|width| **width > 0);
            others.map(|width| width + 2).sum()
        };
        let label = widths[0].min(LABEL);
        for &column in self.dispensable {
            if others(&widths) + label > width {
                widths[column] = 0;
            }
        }
        widths[0] = widths[0].min(width.saturating_sub(others(&widths)).max(LEAST_LABEL));
        all.into_iter().map(|row| line(row, &widths)).collect()
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    let label = if row.len() == 1 { usize::MAX } else { widths[0] };
    for (column, (cell, &width)) in row.iter().zip(widths).enumerate() {
        let written = match (column, width) {
            (0, _) => write!(line, "{:<width$}", cut(cell, label)),
            (_, 0) => Ok(()),
            _ => write!(line, "  {cell:>width$}"),
        };
        written.expect("a String takes everything");
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Columns {
        let mut table = Columns::new(&["  name", "one", "two", "three"], &[2, 3]);
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        table.push(row(["  a", "1", "22", "333"]));
        table.push(row([
            "  long name of something else that goes on",
            "4444",
            "5",
            "0",
        ]));
        table.push(vec!["    only a label".to_owned()]);
        table
    }

    #[test]
    fn columns_are_aligned() {
        let lines = table().lines(80);
        assert_eq!(lines[0], format!("  name{}   one  two  three", " ".repeat(36)));
        assert_eq!(lines[1], format!("  a{}     1   22    333", " ".repeat(39)));
        assert_eq!(lines[3], "    only a label");
    }

    #[test]
    fn columns_go_where_there_is_no_room_and_the_label_is_cut() {
        let lines = table().lines(56);
        assert!(lines[0].ends_with("   one  three"), "{}", lines[0]);
        let lines = table().lines(30);
        assert_eq!(lines[0], format!("  name{}   one", " ".repeat(18)));
        assert!(
            lines[2].contains('…') && lines[2].ends_with("  4444"),
            "{}",
            lines[2]
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 30), "{lines:?}");
    }

    #[test]
    fn what_says_nothing_goes() {
        let mut table = table();
        table.drop_where_all(3, "0");
        assert!(table.lines(80)[0].contains("three"));
        table.push(vec![]);
        table.rows[0][3] = "0".to_owned();
        table.drop_where_all(3, "0");
        assert!(!table.lines(80)[0].contains("three"));
    }
}
