//! An index of a text, made by a pipeline: stages on threads of their own, connected by channels.
//!
//! One thread takes the text apart into lines, several find the words of a line, one collects on which lines each word
//! stands. The channels between them hold a few items only: a stage that is ahead waits for the next one, so a text of
//! any length needs no more memory than its index. A stage ends when all senders of its channel are gone.
//!
//! Without arguments the text is the one of the example `wordcount`; else the arguments are the text, as in
//! `threadlink run pipeline.wasm -- "$(cat letter.txt)"`. The index has the words of at least [`SHORTEST`] letters that
//! stand on several lines, but on few enough to be worth looking up; it is the same however the threads take turns.

use std::collections::{BTreeMap, BTreeSet};

use crossbeam_channel::{Receiver, Sender, bounded};
use threadlink::thread::Builder;

const FINDERS: usize = 3;
/// How many items wait between two stages.
const WAITING: usize = 8;

/// Which words are worth a line in the index.
const SHORTEST: usize = 5;
const LINES: std::ops::RangeInclusive<usize> = 2..=6;

const SHIPPED: &str = include_str!("text.txt");

/// A line of the text with its number, counted from 1.
struct Line {
    number: usize,
    text: String,
}

/// The words of a line.
struct Found {
    number: usize,
    words: BTreeSet<String>,
}

type Index = BTreeMap<String, BTreeSet<usize>>;

#[threadlink::main]
fn main() -> std::io::Result<()> {
    let given: Vec<String> = threadlink::env::args().skip(1).collect();
    let text = if given.is_empty() {
        SHIPPED.to_owned()
    } else {
        given.join("\n")
    };

    let (to_finders, lines) = bounded(WAITING);
    let (to_collector, found) = bounded(WAITING);
    let reader = Builder::new()
        .name("reader".to_owned())
        .spawn(move || read(&text, &to_finders))?;
    let mut finders = Vec::new();
    for number in 1..=FINDERS {
        let (lines, to_collector) = (lines.clone(), to_collector.clone());
        let finder = Builder::new().name(format!("finder {number}"));
        finders.push(finder.spawn(move || find(&lines, &to_collector))?);
    }
    // The clones belong to the stages: with one left here the next stage would wait for more for ever.
    drop((lines, to_collector));
    let collector = Builder::new()
        .name("collector".to_owned())
        .spawn(move || collect(&found))?;

    let lines = reader.join().expect("the reader does not panic");
    let searched: usize = finders
        .into_iter()
        .map(|finder| finder.join().expect("no finder panics"))
        .sum();
    let index = collector.join().expect("the collector does not panic");
    assert_eq!(lines, searched, "lines came or went");

    let words = index.len();
    for (word, lines) in index
        .into_iter()
        .filter(|(_, lines)| LINES.contains(&lines.len()))
    {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        threadlink::println!("{word}: {}", lines.join(", "));
    }
    threadlink::println!("{words} words on {lines} lines");
    Ok(())
}

/// The first stage: sends each line on, and returns how many there were.
fn read(text: &str, next: &Sender<Line>) -> usize {
    let mut lines = 0;
    for text in text.lines() {
        lines += 1;
        let line = Line {
            number: lines,
            text: text.to_owned(),
        };
        next.send(line).expect("a finder is there until we are done");
    }
    lines
}

/// The second stage, of which there are several: finds the words of the lines that it gets hold of.
fn find(lines: &Receiver<Line>, next: &Sender<Found>) -> usize {
    let mut searched = 0;
    for Line { number, text } in lines {
        searched += 1;
        let words = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| word.chars().count() >= SHORTEST)
            .map(str::to_lowercase)
            .collect();
        next.send(Found { number, words })
            .expect("the collector is there until we are done");
    }
    searched
}

/// The last stage: the index of all that was found.
fn collect(found: &Receiver<Found>) -> Index {
    let mut index = Index::new();
    for Found { number, words } in found {
        for word in words {
            index.entry(word).or_default().insert(number);
        }
    }
    index
}
