//! A guest's arguments and environment variables, as it gets them: texts that each end with a NUL.

/// An environment variable that somebody wants to give the guest.
#[derive(Debug)]
pub(super) struct Variable {
    name: String,
    value: String,
}

impl Variable {
    pub(super) fn new(name: String, value: String) -> Self {
        Self { name, value }
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<&'static str> {
        if self.name.is_empty() {
            Some("its name is empty")
        } else if self.name.contains('=') {
            Some("its name has a `=` in it, which is where a value begins")
        } else if self.name.contains('\0') || self.value.contains('\0') {
            Some("it has a NUL in it, which is where a variable ends")
        } else {
            None
        }
    }
}

/// What is wrong with a variable.
#[derive(Debug)]
pub(super) struct Fault {
    /// Its name.
    pub(super) name: String,
    /// Says it.
    pub(super) clause: &'static str,
}

/// The texts, one after the other. One with a NUL inside cannot come from a command line; an embedder's is cut there by the
/// guest.
pub(super) fn with_nuls(texts: impl IntoIterator<Item = String>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

/// The variables, the last one of each name.
pub(super) fn variables(given: Vec<Variable>) -> Result<Vec<u8>, Fault> {
    let mut kept: Vec<Variable> = Vec::new();
    for variable in given {
        if let Some(clause) = variable.fault() {
            let name = variable.name;
            return Err(Fault { name, clause });
        }
        match kept.iter_mut().find(|other| other.name == variable.name) {
            Some(other) => *other = variable,
            None => kept.push(variable),
        }
    }
    let text = |Variable { name, value }| format!("{name}={value}");
    Ok(with_nuls(kept.into_iter().map(text)))
}

/// std's variable for the stacks of threads.
pub(super) const MIN_STACK: &str = "RUST_MIN_STACK";

/// What it says among these variables, in bytes, if that is a number: what is none says nothing, as natively. The least that
/// can be said is 1, for 0 would be that.
pub(super) fn min_stack(variables: &[u8]) -> Option<u32> {
    let texts = variables.split(|&byte| byte == 0);
    let mut values = texts.filter_map(|text| text.strip_prefix(MIN_STACK.as_bytes())?.strip_prefix(b"="));
    let bytes: u32 = std::str::from_utf8(values.next()?).ok()?.parse().ok()?;
    Some(bytes.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(given: &[(&str, &str)]) -> Result<String, Fault> {
        let variable = |(name, value): &(&str, &str)| Variable::new((*name).into(), (*value).into());
        variables(given.iter().map(variable).collect()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn each_variable_ends_with_a_nul_and_the_later_one_of_a_name_counts() {
        assert_eq!(all(&[]).unwrap(), "");
        let given = [("A", "1"), ("B", "x=y"), ("C", ""), ("A", "ü")];
        assert_eq!(all(&given).unwrap(), "A=ü\0B=x=y\0C=\0");
    }

    #[test]
    fn the_size_of_stacks_is_a_number_or_nothing() {
        for (text, bytes) in [
            ("", None),
            ("A=1\0RUST_MIN_STACK=65536\0B=2\0", Some(65_536)),
            ("RUST_MIN_STACK=0\0", Some(1)),
            ("RUST_MIN_STACK=4294967296\0", None),
            ("RUST_MIN_STACK=much\0", None),
            ("RUST_MIN_STACK_TOO=7\0", None),
            ("NO_RUST_MIN_STACK=7\0", None),
        ] {
            assert_eq!(min_stack(text.as_bytes()), bytes, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_variable_is_named_with_the_reason() {
        for (variable, reason) in [
            (("", "x"), "is empty"),
            (("a=b", "x"), "`=`"),
            (("a\0", "x"), "NUL"),
            (("a", "\0"), "NUL"),
        ] {
            let fault = all(&[("A", "1"), variable]).unwrap_err();
            assert!(
                fault.name == variable.0 && fault.clause.contains(reason),
                "{fault:?}"
            );
        }
    }
}
