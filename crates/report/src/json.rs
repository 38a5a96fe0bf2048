//! JSON that may stand in a page's `<script>`, and lists that take no more than so many bytes of it.

use std::fmt::Write as _;

use serde::Serialize;

/// A value, with nothing in it that could end the script or begin a comment there: names come from the guest.
pub(crate) fn json(value: &impl Serialize) -> String {
    let plain = serde_json::to_string(value).expect("no map here has keys that are not strings");
    let mut out = String::with_capacity(plain.len());
    for character in plain.chars() {
        // Outside of strings, JSON has none of these.
        if matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
            write!(out, "\\u{:04x}", u32::from(character)).expect("a String takes everything");
        } else {
            out.push(character);
        }
    }
    out
}

/// A list with a limit in bytes: what comes after is counted.
#[derive(Debug)]
pub(crate) struct List {
    items: String,
    left: usize,
    pub(crate) shown: u64,
    pub(crate) all: u64,
}

impl List {
    pub(crate) fn of_at_most(bytes: usize) -> Self {
        Self {
            items: String::new(),
            left: bytes,
            shown: 0,
            all: 0,
        }
    }

    /// Whether there was room. After the first for which there is none, there is none for any.
    pub(crate) fn push(&mut self, item: &impl Serialize) -> bool {
        self.all += 1;
        if self.left == 0 {
            return false;
        }
        let text = json(item);
        if text.len() + 1 > self.left {
            self.left = 0;
            return false;
        }
        self.left -= text.len() + 1;
        if self.shown > 0 {
            self.items.push(',');
        }
        self.items.push_str(&text);
        self.shown += 1;
        true
    }

    /// Counts what is not even looked at.
    pub(crate) fn skip(&mut self, count: u64) {
        self.all += count;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.left == 0
    }

    /// The list alone.
    pub(crate) fn items(&self) -> String {
        format!("[{}]", self.items)
    }

    /// The list with how many there are.
    pub(crate) fn counted(&self) -> String {
        Object::default()
            .value("all", &self.all)
            .part("shown", &self.items())
            .end()
    }
}

/// An object, member by member.
#[derive(Debug, Default)]
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn value(self, key: &str, value: &impl Serialize) -> Self {
        self.part(key, &json(value))
    }

    /// A member that is JSON already.
    pub(crate) fn part(mut self, key: &str, json: &str) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        write!(self.0, "\"{key}\":{json}").expect("a String takes everything");
        self
    }

    pub(crate) fn end(self) -> String {
        if self.0.is_empty() {
            return "{}".to_owned();
        }
        self.0 + "}"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_script() {
        let hostile = "</script><!--<script>\u{2028}&amp;\"\\";
        let text = json(&hostile);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        let back: String = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(back, hostile);
    }

    #[test]
    fn a_list_keeps_to_its_bytes_and_counts_the_rest() {
        let mut list = List::of_at_most(8);
        assert!(list.push(&"abc"));
        assert!(!list.push(&"<"));
        assert!(!list.push(&1));
        list.skip(2);
        assert!(list.is_full());
        assert_eq!(list.counted(), r#"{"all":5,"shown":["abc"]}"#);
        assert_eq!(Object::default().end(), "{}");
    }
}
