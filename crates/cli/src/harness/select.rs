//! Which of the tests are meant: filters as in libtest.

use super::options::Options;
use super::records::Test;

/// What becomes of a module's tests.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    /// To run, or to name as ignored, in their order.
    pub(super) chosen: Vec<&'a Test>,
    /// Names of the plain tests that the filters let through.
    pub(super) plain: Vec<&'a str>,
    /// How many the filters kept out, plain ones included.
    pub(super) filtered_out: usize,
}

/// Applies the filters of `options`.
pub(super) fn select<'a>(options: &Options, tests: &'a [Test], plain: &'a [String]) -> Selection<'a> {
    let chosen: Vec<&Test> = tests
        .iter()
        .filter(|test| matches(options, &test.name) && (!options.ignored || test.ignored.is_some()))
        .collect();
    // Whether a plain test is an ignored one is not known, so `--ignored` keeps none out.
    let plain_chosen: Vec<&str> = plain
        .iter()
        .map(String::as_str)
        .filter(|name| matches(options, name))
        .collect();
    Selection {
        filtered_out: tests.len() + plain.len() - chosen.len() - plain_chosen.len(),
        chosen,
        plain: plain_chosen,
    }
}

/// Whether a test that is chosen is also run.
pub(super) fn is_run(options: &Options, test: &Test) -> bool {
    test.ignored.is_none() || options.ignored || options.include_ignored
}

fn matches(options: &Options, name: &str) -> bool {
    let hit = |filter: &String| {
        if options.exact {
            name == filter
        } else {
            name.contains(filter.as_str())
        }
    };
    (options.filters.is_empty() || options.filters.iter().any(hit)) && !options.skip.iter().any(hit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::records::ShouldPanic;
    use clap::Parser;

    fn chosen(line: &str) -> (Vec<String>, Vec<String>, usize) {
        let test = |name: &str, ignored: bool| Test {
            name: name.to_owned(),
            export: String::new(),
            place: String::new(),
            ignored: ignored.then(String::new),
            should_panic: ShouldPanic::No,
        };
        let tests = [
            test("a::one", false),
            test("a::one_more", true),
            test("b::two", false),
        ];
        let plain = ["a::plain".to_owned(), "b::plain".to_owned()];
        let words = line.split_whitespace();
        let options = Options::try_parse_from(std::iter::once("x").chain(words)).expect("known options");
        let selection = select(&options, &tests, &plain);
        let names = selection.chosen.iter().map(|test| {
            let mark = if is_run(&options, test) { "" } else { "!" };
            format!("{mark}{}", test.name)
        });
        let plain = selection.plain.iter().map(|name| (*name).to_owned());
        (names.collect(), plain.collect(), selection.filtered_out)
    }

    #[track_caller]
    fn assert_chosen(line: &str, tests: &[&str], plain: &[&str], filtered_out: usize) {
        let (found, found_plain, out) = chosen(line);
        assert_eq!(
            (found, found_plain, out),
            (
                tests.iter().map(ToString::to_string).collect(),
                plain.iter().map(ToString::to_string).collect(),
                filtered_out
            )
        );
    }

    #[test]
    fn filters_work_as_in_libtest() {
        let both = ["a::plain", "b::plain"];
        assert_chosen("", &["a::one", "!a::one_more", "b::two"], &both, 0);
        assert_chosen(
            "--include-ignored",
            &["a::one", "a::one_more", "b::two"],
            &both,
            0,
        );
        assert_chosen("--ignored", &["a::one_more"], &both, 2);
        assert_chosen("a::", &["a::one", "!a::one_more"], &["a::plain"], 2);
        assert_chosen("one two", &["a::one", "!a::one_more", "b::two"], &[], 2);
        assert_chosen("a::one --exact", &["a::one"], &[], 4);
        assert_chosen("--skip a::", &["b::two"], &["b::plain"], 3);
        assert_chosen("--skip a::one --exact", &["!a::one_more", "b::two"], &both, 1);
    }
}
