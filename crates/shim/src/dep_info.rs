//! Notes in a compiler's list of what it has read which std it was compiled with. Cargo reads there of which environment variables
//! a crate was made, and builds it again when one has changed; of sysroots it knows nothing.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Adds the variable to the list, if that was written. Once is enough.
pub(crate) fn note(list: &Path, variable: &str, value: &str) -> io::Result<()> {
    let line = format!("# env-dep:{variable}={value}");
    let Ok(text) = fs::read_to_string(list) else {
        return Ok(());
    };
    if text.lines().any(|other| other == line) {
        return Ok(());
    }
    let mut file = OpenOptions::new().append(true).open(list)?;
    writeln!(file, "\n{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_gets_one_line_more() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let list = dir.path().join("a.d");
        note(&list, "V", "plain-1").expect("nothing to do");
        assert!(!list.exists());
        fs::write(&list, "a: a.rs\n\na.rs:\n").expect("a file");
        for _ in 0..2 {
            note(&list, "V", "plain-1").expect("it can be written to");
        }
        let text = fs::read_to_string(&list).expect("a file");
        assert_eq!(text, "a: a.rs\n\na.rs:\n\n# env-dep:V=plain-1\n");
    }
}
