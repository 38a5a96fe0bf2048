//! Every example does what it says.

use std::collections::HashMap;
use std::process::Command;

use harness::{Guest, native, root, run, run_module};

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

#[test]
fn mandelbrot_writes_the_same_picture_as_natively() {
    let native = native(&["-p", "mandelbrot"]);
    let module = Guest::package("mandelbrot").with(&["--release"]).build();
    for size in [&["96", "64"][..], &["1", "1"], &["31", "7"]] {
        let ran = run_module(&module, size);
        assert_eq!(ran.code, 0, "{size:?}: {}", ran.stderr);
        let natively = run(Command::new(&native).args(size));
        assert_eq!(natively.code, 0, "{size:?}: {}", natively.stderr);
        assert!(
            ran.bytes == natively.bytes,
            "{size:?}: the guest's bytes are others"
        );
        let (width, height, pixels) = decode(&ran.bytes);
        assert_eq!([width.to_string(), height.to_string()], size, "of the picture");
        assert_eq!(pixels.len(), (width * height * 3) as usize);
    }
    // Its middle belongs to the set and is black, its corners are outside.
    let ran = run_module(&module, &[]);
    let (width, height, pixels) = decode(&ran.bytes);
    let pixel = |x: u32, y: u32| {
        let at = ((y * width + x) * 3) as usize;
        &pixels[at..at + 3]
    };
    assert_eq!(pixel(width / 2, height / 2), [0, 0, 0]);
    for (x, y) in [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)] {
        assert_ne!(pixel(x, y), [0, 0, 0], "the corner at {x}, {y}");
    }
    let black = pixels.chunks(3).filter(|pixel| **pixel == [0, 0, 0]).count();
    let all = (width * height) as usize;
    assert!(
        black > all / 10 && black < all / 2,
        "{black} of {all} pixels are black"
    );
}

#[test]
fn mandelbrot_refuses_sizes_that_make_no_picture() {
    let module = Guest::package("mandelbrot").with(&["--release"]).build();
    for arguments in [&["0", "1"][..], &["1"], &["1", "9000"], &["x", "y"]] {
        let ran = run_module(&module, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(
            ran.bytes.is_empty() && ran.stderr.contains("usage"),
            "{arguments:?}"
        );
    }
}

/// Width, height and pixels of a PNG.
fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(frame.buffer_size());
    (frame.width, frame.height, pixels)
}

/// The index that the example's documentation promises, made in another way than it does.
fn index(text: &str) -> String {
    let mut words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() >= 5)
        .map(str::to_lowercase)
        .collect();
    words.sort();
    words.dedup();
    let mut index = String::new();
    for word in &words {
        let lines: Vec<String> = (1..)
            .zip(text.lines())
            .filter(|(_, line)| {
                line.to_lowercase()
                    .split(|letter: char| !letter.is_alphanumeric())
                    .any(|other| other == word)
            })
            .map(|(number, _)| u32::to_string(&number))
            .collect();
        if (2..=6).contains(&lines.len()) {
            index += &format!("{word}: {}\n", lines.join(", "));
        }
    }
    index + &format!("{} words on {} lines\n", words.len(), text.lines().count())
}

#[test]
fn the_pipeline_makes_the_index_of_a_text() {
    let native = native(&["-p", "pipeline"]);
    let shipped = std::fs::read_to_string(root().join("examples/wordcount/src/text.txt")).unwrap();
    let other = "Alpha beta gamma\nGAMMA delta\n\nalpha, delta: alpha\ndelta delta's\nalphabet";
    assert!(index(&shipped).lines().count() > 20, "{}", index(&shipped));
    for guest in [Guest::package("pipeline"), Guest::package("pipeline").traced()] {
        let module = guest.build();
        for (arguments, text) in [(&[][..], shipped.as_str()), (&[other], other)] {
            let ran = run_module(&module, arguments);
            assert_eq!((ran.code, ran.stdout), (0, index(text)), "{}", ran.stderr);
            let natively = run(Command::new(&native).args(arguments));
            assert_eq!((natively.code, natively.stdout), (0, index(text)));
        }
    }
}
