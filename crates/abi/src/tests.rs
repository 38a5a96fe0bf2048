//! How a module says which tests it has: one record a test in a custom section, and one export.
//!
//! `#[threadlink::test]` writes both, a runner reads them. The prose version, with what runners do, is
//! `docs/tests.md`.

/// Name of the custom section. A module may have several sections of this name; their records add up.
pub const SECTION: &str = "threadlink.tests";

/// What the name of a test's export, `() -> ()`, begins with. The path of the function follows:
/// `__threadlink_test::my_crate::tests::adds_up`.
pub const EXPORT_PREFIX: &str = "__threadlink_test::";

/// Words of a record, as byte offsets from its start. Each is a little-endian `u32`. The texts (UTF-8, not
/// terminated) follow at [`TEXTS`](record::TEXTS): path, file, reason, expected message, without gaps. The next record
/// follows without a gap.
pub mod record {
    /// [`MAGIC_VALUE`].
    pub const MAGIC: usize = 0;
    /// Bytes of the whole record: [`TEXTS`] and the lengths of the four texts.
    pub const SIZE: usize = 4;
    /// Bit set of `FLAG_*`.
    pub const FLAGS: usize = 8;
    /// Line of the function in its file.
    pub const LINE: usize = 12;
    /// Length of the function's path, crate first: `my_crate::tests::adds_up`.
    pub const PATH_LEN: usize = 16;
    /// Length of the name of the source file.
    pub const FILE_LEN: usize = 20;
    /// Length of the reason why the test is ignored, 0 if none is given.
    pub const REASON_LEN: usize = 24;
    /// Length of the text that the panic's message must contain; meaningful with [`FLAG_EXPECTED`].
    pub const EXPECTED_LEN: usize = 28;
    /// Where the texts begin.
    pub const TEXTS: usize = 32;

    /// "TST1" in memory order; another layout would have another digit.
    pub const MAGIC_VALUE: u32 = u32::from_le_bytes(*b"TST1");
    /// The test is run only if somebody asks for ignored ones (`#[ignore]`).
    pub const FLAG_IGNORED: u32 = 1;
    /// The test passes if it panics (`#[should_panic]`).
    pub const FLAG_SHOULD_PANIC: u32 = 2;
    /// The panic's message must contain a text (`#[should_panic(expected = "..")]`).
    pub const FLAG_EXPECTED: u32 = 4;
}

/// Name of the custom section that says under how many schedules tests are run: one record for each test that says so. Other
/// than [`SECTION`], a build over a std with threads has it as well.
pub const SCHEDULES_SECTION: &str = "threadlink.schedules";

/// Words of a record of [`SCHEDULES_SECTION`], as byte offsets from its start, each a little-endian `u32`. The function's path
/// follows at [`PATH`](schedules::PATH), crate first. The next record follows without a gap.
pub mod schedules {
    /// Bytes of the whole record: [`PATH`] and the length of the path.
    pub const SIZE: usize = 0;
    /// How many schedules, at least 1.
    pub const COUNT: usize = 4;
    /// Where the path begins.
    pub const PATH: usize = 8;
}
