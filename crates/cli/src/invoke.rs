//! `threadlink run --invoke`: an export by its name, and the numbers that it is called with.

use std::path::{Path, PathBuf};

use threadlink_host::{Program, RunConfig, Signature, Value, ValueType};

use crate::failure::Failure;

/// What to call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invoke {
    name: String,
    /// As they were written.
    numbers: Vec<String>,
}

impl Invoke {
    /// From the words after `--invoke`: a name, numbers, and, unless it was named before, the module.
    pub(crate) fn read(words: Vec<String>, file: Option<PathBuf>) -> (Option<Self>, Option<PathBuf>) {
        let mut numbers = words.into_iter();
        let Some(name) = numbers.next() else {
            return (None, file);
        };
        let mut numbers: Vec<String> = numbers.collect();
        let file = file.or_else(|| {
            let at = numbers.iter().position(|word| is_module(word))?;
            Some(PathBuf::from(numbers.remove(at)))
        });
        (Some(Self { name, numbers }), file)
    }

    /// The call, if these are the numbers that the program's export takes. Where none stood after the name, `args` has them:
    /// what stood after `--`.
    pub(crate) fn apply(
        &self,
        program: &Program,
        config: RunConfig,
        args: &[String],
    ) -> Result<RunConfig, Failure> {
        let Some(signature) = program.signature(&self.name) else {
            // Running it says why not.
            return Ok(config.entry(&self.name));
        };
        let words = if self.numbers.is_empty() && !signature.params.is_empty() {
            args
        } else {
            &self.numbers
        };
        Ok(config.invoke(&self.name, numbers(&self.name, &signature, words)?))
    }
}

fn numbers(name: &str, signature: &Signature, words: &[String]) -> Result<Vec<Value>, Failure> {
    if words.len() != signature.params.len() {
        let plural = if signature.params.len() == 1 { "" } else { "s" };
        return Err(Failure::usage(format!(
            "the export `{name}` is {signature}: give {} number{plural} after its name, not {}",
            signature.params.len(),
            words.len()
        )));
    }
    let number = |(at, (word, ty)): (usize, (&String, &ValueType))| {
        ty.parse(word).ok_or_else(|| {
            Failure::usage(format!(
                "`{word}` is no {ty}, which number {} of the export `{name}` is: {name} is {signature}",
                at + 1
            ))
        })
    };
    words
        .iter()
        .zip(&signature.params)
        .enumerate()
        .map(number)
        .collect()
}

/// Whether a word after `--invoke NAME` is the module: no number, and a file or called like one.
fn is_module(word: &str) -> bool {
    let is_number = ValueType::I64.parse(word).is_some() || ValueType::F64.parse(word).is_some();
    let path = Path::new(word);
    !is_number && (path.extension().is_some_and(|extension| extension == "wasm") || path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, file: Option<&str>) -> (Option<Invoke>, Option<PathBuf>) {
        let words = line.split_whitespace().map(str::to_owned).collect();
        Invoke::read(words, file.map(PathBuf::from))
    }

    #[test]
    fn the_module_may_stand_before_or_among_the_numbers() {
        let invoke = |numbers: &[&str]| {
            Some(Invoke {
                name: "f".to_owned(),
                numbers: numbers.iter().map(|&number| number.to_owned()).collect(),
            })
        };
        let file = Some(PathBuf::from("a.wasm"));
        assert_eq!(read("", Some("a.wasm")), (None, file.clone()));
        assert_eq!(
            read("f 1 -2", Some("a.wasm")),
            (invoke(&["1", "-2"]), file.clone())
        );
        assert_eq!(
            read("f a.wasm 1 0x2", None),
            (invoke(&["1", "0x2"]), file.clone())
        );
        assert_eq!(read("f 1 2.5 a.wasm", None), (invoke(&["1", "2.5"]), file));
        // The package here.
        assert_eq!(read("f 1 inf", None), (invoke(&["1", "inf"]), None));
        assert_eq!(read("f one", None), (invoke(&["one"]), None));
    }
}
