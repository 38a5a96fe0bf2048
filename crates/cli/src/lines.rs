//! JSON in lines: each member of a list of the document is one, so that a document of millions of locks is neither a single line
//! nor half blanks.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

/// How deep things begin a line: the document's own keys, and the members of their lists.
const DEEPEST: usize = 2;

/// Writes a document and the end of its last line.
pub(crate) fn write(out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, Lines::default());
    document.serialize(&mut serializer)?;
    writeln!(out)
}

#[derive(Default)]
struct Lines {
    depth: usize,
    /// Whether what was opened last has something in it.
    filled: bool,
}

impl Lines {
    fn open(&mut self) {
        self.depth += 1;
        self.filled = false;
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.filled && self.depth < DEEPEST {
            self.line(out)?;
        }
        self.filled = true;
        Ok(())
    }

    /// Before a member.
    fn member<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        match self.depth {
            1..=DEEPEST => self.line(out),
            _ if first => Ok(()),
            _ => out.write_all(b" "),
        }
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open();
        CompactFormatter.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out)?;
        CompactFormatter.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.member(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open();
        CompactFormatter.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out)?;
        CompactFormatter.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.member(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(document: &Value) -> String {
        let mut out = Vec::new();
        write(&mut out, document).expect("it is written to memory");
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn members_of_lists_are_lines() {
        let document =
            json!({"a": 1, "b": [{"c": [1, {"d": {}}], "e": {"f": null}}, 2], "g": [], "h": {"i": [[3]]}});
        let lines = r#"{
  "a": 1,
  "b": [
    {"c": [1, {"d": {}}], "e": {"f": null}},
    2
  ],
  "g": [],
  "h": {
    "i": [[3]]
  }
}
"#;
        assert_eq!(written(&document), lines);
        assert_eq!(
            serde_json::from_str::<Value>(lines).expect("it is JSON"),
            document
        );
        for small in [json!({}), json!([]), json!([[], {}]), json!("a\nb")] {
            assert_eq!(
                serde_json::from_str::<Value>(&written(&small)).expect("it is JSON"),
                small
            );
        }
    }
}
