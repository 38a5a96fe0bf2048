//! What `#[threadlink::test]` puts into the module's custom sections, made while the test is compiled.
//!
//! The layouts are `threadlink_abi::tests::record` and `schedules`.

use threadlink_abi::tests::{record, schedules};

/// One test, as a runner gets to know it.
#[derive(Debug)]
pub struct TestRecord {
    /// The module of the function, crate first.
    pub module: &'static str,
    /// The function's name.
    pub function: &'static str,
    /// Its source file.
    pub file: &'static str,
    /// Its line there.
    pub line: u32,
    /// Whether `#[ignore]` stands on it.
    pub ignored: bool,
    /// The reason given there, or nothing.
    pub reason: &'static str,
    /// Whether `#[should_panic]` stands on it.
    pub should_panic: bool,
    /// The message expected there.
    pub expected: Option<&'static str>,
}

const SEPARATOR: &str = "::";

impl TestRecord {
    /// Bytes that [`encode`](Self::encode) makes.
    #[must_use]
    pub const fn size(&self) -> usize {
        record::TEXTS + self.path_len() + self.file.len() + self.reason.len() + self.expected().len()
    }

    /// The record. `N` has to be [`size`](Self::size).
    ///
    /// # Panics
    /// If `N` is anything else, or the record has 4 GiB: the build fails then.
    #[must_use]
    pub const fn encode<const N: usize>(&self) -> [u8; N] {
        assert!(N == self.size() && N <= u32::MAX as usize);
        let mut bytes = [0; N];
        word(&mut bytes, record::MAGIC, record::MAGIC_VALUE);
        word(&mut bytes, record::SIZE, N as u32);
        word(&mut bytes, record::FLAGS, self.flags());
        word(&mut bytes, record::LINE, self.line);
        word(&mut bytes, record::PATH_LEN, self.path_len() as u32);
        word(&mut bytes, record::FILE_LEN, self.file.len() as u32);
        word(&mut bytes, record::REASON_LEN, self.reason.len() as u32);
        word(&mut bytes, record::EXPECTED_LEN, self.expected().len() as u32);
        let texts = [
            self.module,
            SEPARATOR,
            self.function,
            self.file,
            self.reason,
            self.expected(),
        ];
        let (mut at, mut n) = (record::TEXTS, 0);
        while n < texts.len() {
            copy(&mut bytes, at, texts[n].as_bytes());
            at += texts[n].len();
            n += 1;
        }
        bytes
    }

    const fn path_len(&self) -> usize {
        self.module.len() + SEPARATOR.len() + self.function.len()
    }

    const fn expected(&self) -> &'static str {
        match self.expected {
            Some(text) => text,
            None => "",
        }
    }

    const fn flags(&self) -> u32 {
        let mut flags = 0;
        if self.ignored {
            flags |= record::FLAG_IGNORED;
        }
        if self.should_panic {
            flags |= record::FLAG_SHOULD_PANIC;
        }
        if self.expected.is_some() {
            flags |= record::FLAG_EXPECTED;
        }
        flags
    }
}

/// Under how many schedules a test is run.
#[derive(Debug)]
pub struct SchedulesRecord {
    /// The module of the function, crate first.
    pub module: &'static str,
    /// The function's name.
    pub function: &'static str,
    /// How many.
    pub count: u32,
}

impl SchedulesRecord {
    /// Bytes that [`encode`](Self::encode) makes.
    #[must_use]
    pub const fn size(&self) -> usize {
        schedules::PATH + self.module.len() + SEPARATOR.len() + self.function.len()
    }

    /// The record. `N` has to be [`size`](Self::size).
    ///
    /// # Panics
    /// If `N` is anything else, or the record has 4 GiB: the build fails then.
    #[must_use]
    pub const fn encode<const N: usize>(&self) -> [u8; N] {
        assert!(N == self.size() && N <= u32::MAX as usize);
        let mut bytes = [0; N];
        word(&mut bytes, schedules::SIZE, N as u32);
        word(&mut bytes, schedules::COUNT, self.count);
        let separator = schedules::PATH + self.module.len();
        copy(&mut bytes, schedules::PATH, self.module.as_bytes());
        copy(&mut bytes, separator, SEPARATOR.as_bytes());
        copy(&mut bytes, separator + SEPARATOR.len(), self.function.as_bytes());
        bytes
    }
}

const fn word<const N: usize>(bytes: &mut [u8; N], at: usize, value: u32) {
    copy(bytes, at, &value.to_le_bytes());
}

const fn copy<const N: usize>(bytes: &mut [u8; N], at: usize, from: &[u8]) {
    let mut n = 0;
    while n < from.len() {
        bytes[at + n] = from[n];
        n += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_words_and_then_its_texts() {
        const RECORD: TestRecord = TestRecord {
            module: "a::b",
            function: "c",
            file: "f.rs",
            line: 0x0102,
            ignored: true,
            reason: "slow",
            should_panic: true,
            expected: Some("boom"),
        };
        const BYTES: [u8; RECORD.size()] = RECORD.encode();
        let words: Vec<u32> = BYTES[..record::TEXTS]
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        assert_eq!(words, [record::MAGIC_VALUE, 51, 7, 0x0102, 7, 4, 4, 4]);
        assert_eq!(&BYTES[record::TEXTS..], b"a::b::cf.rsslowboom");
    }

    #[test]
    fn schedules_have_a_count_and_a_path() {
        const RECORD: SchedulesRecord = SchedulesRecord {
            module: "a::b",
            function: "c",
            count: 0x0304,
        };
        const BYTES: [u8; RECORD.size()] = RECORD.encode();
        assert_eq!(&BYTES, b"\x0f\0\0\0\x04\x03\0\0a::b::c");
    }
}
