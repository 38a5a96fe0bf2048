//! Every example does what it says.

use std::collections::HashMap;

use harness::{Guest, root, run_module};

#[test]
fn hello_greets_from_its_threads() {
    let ran = run_module(&Guest::package("hello").build(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.lines().count() >= 2, "{}", ran.stdout);
}

#[test]
fn the_bank_keeps_its_sum() {
    for guest in [Guest::package("bank"), Guest::package("bank").traced()] {
        let ran = run_module(&guest.build(), &[]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let sums: Vec<&str> = ran
            .stdout
            .split(|letter: char| !letter.is_ascii_digit())
            .filter(|word| word.len() > 3)
            .collect();
        assert!(
            sums.len() >= 2 && sums.iter().all(|sum| *sum == sums[0]),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn the_philosophers_all_eat() {
    let ran = run_module(&Guest::package("philosophers").build(), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// Words as the example's documentation defines them, counted in another way than it does.
fn count(text: &str) -> (usize, HashMap<String, usize>) {
    let lower = text.to_lowercase();
    let mut counts = HashMap::new();
    let mut total = 0;
    for word in lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        *counts.entry(word.to_owned()).or_insert(0) += 1;
        total += 1;
    }
    (total, counts)
}

#[test]
fn wordcount_agrees_with_another_counter() {
    let ran = run_module(&Guest::package("wordcount").build(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let folder = root().join("examples/wordcount");
    let shipped = std::fs::read_dir(&folder)
        .unwrap()
        .chain(std::fs::read_dir(folder.join("src")).unwrap())
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .expect("the example ships a text");
    let (total, counts) = count(&std::fs::read_to_string(shipped).unwrap());
    assert!(
        ran.stdout.contains(&total.to_string()),
        "{total} is missing in {}",
        ran.stdout
    );
    let mut checked = 0;
    for line in ran.stdout.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [one, other] = words.as_slice() else { continue };
        let (number, word) = if one.parse::<usize>().is_ok() {
            (one, other)
        } else {
            (other, one)
        };
        if let (Ok(number), Some(expected)) = (number.parse::<usize>(), counts.get(*word)) {
            assert_eq!(number, *expected, "{word}");
            checked += 1;
        }
    }
    assert!(checked >= 5, "only {checked} words are shown: {}", ran.stdout);
}
