//! The program's arguments as a host writes them.

/// The arguments in the form in which a host writes them: each followed by a NUL.
pub(crate) fn split(bytes: &[u8]) -> Vec<String> {
    let Some(bytes) = bytes.strip_suffix(b"\0") else {
        return Vec::new();
    };
    bytes
        .split(|&byte| byte == 0)
        .map(|arg| String::from_utf8_lossy(arg).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bytes_split_at_each_nul() {
        assert_eq!(split(b"prog\0a\0\0b c\0"), ["prog", "a", "", "b c"]);
        assert_eq!(split(b"\xff\0"), ["\u{fffd}"]);
        assert!(split(b"").is_empty());
        assert!(split(b"not terminated").is_empty());
    }
}
