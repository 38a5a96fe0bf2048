//! Counts the words of a text, a part of it on each of several threads: real input, and results that travel back
//! through `join`.
//!
//! Without arguments the text is the one shipped beside this file, `text.txt`. A guest cannot open files, so another
//! text is given by its content: `threadlink run wordcount.wasm -- "$(cat letter.txt)"`. Several arguments count as
//! one text with spaces in between.
//!
//! A word is a run of letters and digits, as long as possible, compared in lower case: `don't` is two of them.

use std::collections::BTreeMap;
use std::sync::Arc;

const THREADS: usize = 4;
/// How many of the most frequent words are shown.
const SHOWN: usize = 12;

const SHIPPED: &str = include_str!("text.txt");

type Counts = BTreeMap<String, usize>;

#[threadlink::main]
fn main() {
    let given: Vec<String> = threadlink::env::args().skip(1).collect();
    let text: Arc<str> = if given.is_empty() {
        SHIPPED.into()
    } else {
        given.join(" ").into()
    };

    let counters: Vec<_> = parts(&text, THREADS)
        .into_iter()
        .map(|(start, end)| {
            let text = Arc::clone(&text);
            threadlink::spawn(move || count(&text[start..end]))
        })
        .collect();
    let mut counts = Counts::new();
    for counter in counters {
        for (word, number) in counter.join().expect("no counter panics") {
            *counts.entry(word).or_default() += number;
        }
    }

    let total: usize = counts.values().sum();
    threadlink::println!("{total} words, {} different ones", counts.len());
    let mut ranking: Vec<(String, usize)> = counts.into_iter().collect();
    // The most frequent first; those of equal frequency stay in alphabetical order.
    ranking.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    for (word, number) in ranking.into_iter().take(SHOWN) {
        threadlink::println!("{number:>6} {word}");
    }
}

/// Cuts a text into at most `number` parts of about equal length, as byte ranges, none of which begins or ends
/// inside a word.
fn parts(text: &str, number: usize) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = 0;
    for part in 1..=number {
        let ideal = (text.len() * part / number).max(start);
        let boundary = text.ceil_char_boundary(ideal);
        let end = boundary
            + text[boundary..]
                .find(|letter: char| !letter.is_alphanumeric())
                .unwrap_or(text.len() - boundary);
        if start < end {
            parts.push((start, end));
        }
        start = end;
    }
    parts
}

fn count(text: &str) -> Counts {
    let mut counts = Counts::new();
    for word in text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str, number: usize) -> Counts {
        let mut counts = Counts::new();
        for (start, end) in parts(text, number) {
            for (word, times) in count(&text[start..end]) {
                *counts.entry(word).or_default() += times;
            }
        }
        counts
    }

    #[test]
    fn no_cut_changes_the_counts() {
        for text in [
            "",
            " ",
            "word",
            "a b  c",
            "Straße straße, où? naïve-naïve",
            SHIPPED,
        ] {
            for number in 1..20 {
                assert_eq!(whole(text, number), count(text), "{number} parts");
            }
        }
    }

    #[test]
    fn case_and_punctuation_do_not_count() {
        let counts = count("Don't panic: DON'T.");
        assert_eq!(
            counts,
            Counts::from([("don".into(), 2), ("panic".into(), 1), ("t".into(), 2)])
        );
    }
}
