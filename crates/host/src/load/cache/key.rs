//! What kept code follows from: the module as it was given, the host that looked at it and made a copy of it, and the engine with
//! its version, its settings and the processor.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wasmtime::Engine;

/// Bytes of a module whose hash one thread makes at a time.
const PART: usize = 4 << 20;
/// How many threads make one at most.
const THREADS: usize = 4;

/// The number of all that some code follows from. Whoever wants to have the number of another module would have to break
/// SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// That of a module for an engine.
    pub(crate) fn of(module: &[u8], engine: &Engine) -> Self {
        let mut settings = Stable(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut settings);
        let mut hash = Sha256::new();
        hash.update(this_host());
        hash.update(settings.0.finalize());
        hash.update((module.len() as u64).to_le_bytes());
        for part in parts(module) {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Of these bytes.
    #[cfg(test)]
    pub(super) fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The hashes of a module's parts, made by several threads if there are several parts.
fn parts(module: &[u8]) -> Vec<[u8; 32]> {
    let parts: Vec<&[u8]> = module.chunks(PART).collect();
    let hash =
        |parts: &[&[u8]]| -> Vec<[u8; 32]> { parts.iter().map(|part| Sha256::digest(part).into()).collect() };
    if parts.len() < 2 {
        return hash(&parts);
    }
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(THREADS));
    std::thread::scope(|scope| {
        let mut shares = parts.chunks(parts.len().div_ceil(threads));
        let own = shares.next();
        let shares: Vec<_> = shares
            .map(|share| {
                let thread = std::thread::Builder::new().spawn_scoped(scope, move || hash(share));
                (share, thread)
            })
            .collect();
        let mut all = own.map(hash).unwrap_or_default();
        for (share, thread) in shares {
            // Where the system gives no thread, this one does it.
            let done = thread.ok().and_then(|thread| thread.join().ok());
            all.extend(done.unwrap_or_else(|| hash(share)));
        }
        all
    })
}

/// Which host this is: of which source, and in which program. The source may be built once more with other versions of what it
/// depends on, where nothing says which they are; but then the program is another file.
fn this_host() -> &'static [u8; 32] {
    static HOST: OnceLock<[u8; 32]> = OnceLock::new();
    HOST.get_or_init(|| {
        let mut hash = Stable(Sha256::new());
        env!("THREADLINK_HOST_SOURCE").hash(&mut hash);
        if let Ok(program) = std::env::current_exe() {
            program.hash(&mut hash);
            if let Ok(file) = std::fs::metadata(&program) {
                file.len().hash(&mut hash);
                let changed = file.modified().ok();
                changed
                    .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
                    .hash(&mut hash);
            }
        }
        hash.0.finalize().into()
    })
}

/// Hands what is hashed on to SHA-256.
struct Stable(Sha256);

impl Hasher for Stable {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks for these few bits of it.
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::Config;

    #[test]
    fn a_key_is_of_every_byte_and_of_the_engine() {
        let engine = Engine::default();
        let mut module = vec![7_u8; 2 * PART + 5];
        let key = Key::of(&module, &engine);
        assert_eq!(Key::of(&module, &engine), key);
        for at in [0, PART - 1, PART, module.len() - 1] {
            module[at] ^= 1;
            assert_ne!(Key::of(&module, &engine), key, "{at}");
            module[at] ^= 1;
        }
        assert_ne!(Key::of(&module[1..], &engine), key);
        // Two parts that change places.
        module[0] = 1;
        module[PART] = 2;
        let one = Key::of(&module, &engine);
        module.swap(0, PART);
        assert_ne!(Key::of(&module, &engine), one);

        let mut settings = Config::new();
        settings.epoch_interruption(true);
        let other = Engine::new(&settings).unwrap();
        assert_ne!(Key::of(b"", &other), Key::of(b"", &engine));
        assert_eq!(Key::of(b"", &engine).to_string().len(), 64);
    }
}
