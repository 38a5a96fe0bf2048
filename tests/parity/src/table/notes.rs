//! What people have to say on differences: a TOML file beside the tool.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::source::read;

/// The notes, by the item that each is about.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    notes: BTreeMap<String, Note>,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// How an item differs: in its signature, or in what it does.
    Differs(String),
    /// Why an item is not there.
    Absent(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    note: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    item: String,
    differs: Option<String>,
    absent: Option<String>,
}

impl Notes {
    /// Reads the file.
    ///
    /// # Errors
    /// A sentence for people: it cannot be read or says something twice or nothing.
    pub fn read(path: &Path) -> Result<Notes, String> {
        Notes::parse(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub(crate) fn parse(text: &str) -> Result<Notes, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut notes = BTreeMap::new();
        for Raw {
            item,
            differs,
            absent,
        } in file.note
        {
            let note = match (differs, absent) {
                (Some(how), None) => Note::Differs(how),
                (None, Some(why)) => Note::Absent(why),
                _ => {
                    return Err(format!(
                        "the note on {item} says either `differs` or `absent`, and one of them"
                    ));
                }
            };
            if notes.insert(item.clone(), note).is_some() {
                return Err(format!("there are two notes on {item}"));
            }
        }
        Ok(Notes { notes })
    }

    pub(crate) fn get(&self, item: &str) -> Option<&Note> {
        self.notes.get(item)
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &str> {
        self.notes.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_one_thing_once() {
        let one = "[[note]]\nitem = 'a'\ndiffers = 'x'\n";
        assert!(Notes::parse(one).is_ok());
        assert!(Notes::parse(&format!("{one}{one}")).is_err());
        assert!(Notes::parse("[[note]]\nitem = 'a'\n").is_err());
        assert!(Notes::parse("[[note]]\nitem = 'a'\ndiffers = 'x'\nabsent = 'y'\n").is_err());
        assert!(Notes::parse("[[note]]\nitem = 'a'\nmissing = 'y'\n").is_err());
    }
}
