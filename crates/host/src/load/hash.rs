//! Which module it is: a number of its bytes as they were given.

use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of a module's bytes as they were given to [`Engine::load`](crate::Engine::load): what `sha256sum` prints of the
/// file, whatever the host made of them to run them.
///
/// ```no_run
/// use threadlink_host::{Engine, EngineConfig};
///
/// let program = Engine::new(&EngineConfig::new())?.load(&std::fs::read("bank.wasm")?)?;
/// println!("{}  bank.wasm", program.hash());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleHash([u8; 32]);

impl ModuleHash {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
