//! Sizes on the command line: `65536`, `64K`, `256M`, `1G`.

/// What the host may remember of a program that is built here, in bytes: enough for as many threads as may be alive, each with an
/// instance of a large module. One that comes from elsewhere has the host's own limit.
pub(crate) const OWN_HOST_MEMORY: u64 = 2 << 30;

/// The bytes that a size names.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'm' | 'M')) => (&text[..at], 20),
        Some((at, 'g' | 'G')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| "not a size: write bytes, or a number and one of K, M and G, such as 256M".to_owned())?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "a size that no machine has".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_or_have_a_letter() {
        for (text, size) in [
            ("0", 0),
            ("65536", 65536),
            ("64K", 65536),
            ("3m", 3 << 20),
            ("2G", 2 << 30),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "M", "-1", "1.5G", "1T", "1 M", "M1", "\u{e9}", "99999999999G"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
