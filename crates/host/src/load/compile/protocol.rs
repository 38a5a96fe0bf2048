//! What parent and child say to each other: one request over the child's standard input, one answer over its standard output. All
//! numbers are little-endian.
//!
//! The input stays open until the parent has the answer: when it ends, nobody wants one any more.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use crate::reservation::Reserved;

/// What a request and an answer begin with; the last letter is the version.
const REQUEST: [u8; 8] = *b"tlcompQ1";
const ANSWER: [u8; 8] = *b"tlcompA1";
/// Bytes that a program may print before it answers.
const BEFORE: usize = 64 << 10;
/// Bytes that a module and its code may have.
const MODULE: u64 = 1 << 30;
const CODE: u64 = 4 << 30;
/// Bytes of an engine's message.
const MESSAGE: usize = 4 << 10;

const COMPILED: u8 = 0;
const REFUSED: u8 = 1;

/// What the child's engine has to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) checks_epochs: bool,
    pub(super) reserved: Reserved,
    /// Bytes that compiling may take.
    pub(super) max_memory: u64,
}

/// Which request an answer belongs to: a number that nothing else that a program prints can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nonce(u64);

impl Nonce {
    /// A new one.
    pub(super) fn new() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }
}

/// What the child makes of a module: its code, or what the engine says of it.
pub(super) type Answer = Result<Vec<u8>, String>;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The output is over.
    Ended,
    /// The output is something else.
    Other,
    /// The answer has been changed on its way.
    Damaged,
}

/// Sends a request.
pub(super) fn ask(to: &mut impl Write, settings: Settings, nonce: Nonce, module: &[u8]) -> io::Result<()> {
    let mut head = Vec::from(REQUEST);
    head.extend(nonce.0.to_le_bytes());
    head.push(u8::from(settings.checks_epochs));
    head.extend(settings.reserved.bytes().to_le_bytes());
    head.extend(settings.max_memory.to_le_bytes());
    head.extend((module.len() as u64).to_le_bytes());
    to.write_all(&head)?;
    to.write_all(module)?;
    to.flush()
}

/// Reads the head of a request; `None` if it is none. The module follows, of so many bytes.
pub(super) fn asked(from: &mut impl Read) -> io::Result<Option<(Settings, Nonce, u64)>> {
    if array::<8>(from)? != REQUEST {
        return Ok(None);
    }
    let nonce = Nonce(number(from)?);
    let [checks_epochs] = array(from)?;
    let Some(reserved) = Reserved::of_bytes(number(from)?) else {
        return Ok(None);
    };
    let settings = Settings {
        checks_epochs: checks_epochs != 0,
        reserved,
        max_memory: number(from)?,
    };
    let length = number(from)?;
    Ok((length <= MODULE).then_some((settings, nonce, length)))
}

/// Reads a module of so many bytes.
pub(super) fn module(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    body(from, length)
}

/// Sends an answer.
pub(super) fn answer(to: &mut impl Write, nonce: Nonce, answer: &Answer) -> io::Result<()> {
    let (kind, body) = match answer {
        Ok(code) => (COMPILED, code.as_slice()),
        Err(message) => (
            REFUSED,
            &message.as_bytes()[..message.floor_char_boundary(MESSAGE)],
        ),
    };
    let mut head = Vec::from(ANSWER);
    head.extend(nonce.0.to_le_bytes());
    head.push(kind);
    head.extend((body.len() as u64).to_le_bytes());
    head.extend(Sha256::digest(body));
    to.write_all(&head)?;
    to.write_all(body)?;
    to.flush()
}

/// Reads the answer to a request. What the program prints before is passed over.
pub(super) fn answered(from: &mut impl Read, nonce: Nonce) -> Result<Answer, NoAnswer> {
    let mut mark = [0; 16];
    mark[..8].copy_from_slice(&ANSWER);
    mark[8..].copy_from_slice(&nonce.0.to_le_bytes());
    find(from, &mark)?;
    let ended = |_: io::Error| NoAnswer::Ended;
    let [kind] = array(from).map_err(ended)?;
    let length = number(from).map_err(ended)?;
    let digest = array::<32>(from).map_err(ended)?;
    if length > CODE {
        return Err(NoAnswer::Damaged);
    }
    let body = body(from, length).map_err(ended)?;
    if Sha256::digest(&body)[..] != digest {
        return Err(NoAnswer::Damaged);
    }
    match kind {
        COMPILED => Ok(Ok(body)),
        REFUSED => Ok(Err(String::from_utf8_lossy(&body).into_owned())),
        _ => Err(NoAnswer::Damaged),
    }
}

/// Reads up to the end of `mark`.
fn find(from: &mut impl Read, mark: &[u8; 16]) -> Result<(), NoAnswer> {
    let mut last = [0; 16];
    for _ in 0..BEFORE + mark.len() {
        let [byte] = array(from).map_err(|_| NoAnswer::Ended)?;
        last.rotate_left(1);
        last[15] = byte;
        if last == *mark {
            return Ok(());
        }
    }
    Err(NoAnswer::Other)
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    array(from).map(u64::from_le_bytes)
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// So many bytes; memory is taken for those that come, not for those that are announced.
fn body(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings {
        checks_epochs: true,
        reserved: Reserved::Whole,
        max_memory: 7,
    };

    #[test]
    fn a_request_is_read_as_it_was_sent() {
        for reserved in [Reserved::Whole, Reserved::Close(1 << 17)] {
            let settings = Settings { reserved, ..SETTINGS };
            let mut sent = Vec::new();
            ask(&mut sent, settings, Nonce(9), b"module").unwrap();
            let mut rest = sent.as_slice();
            let (read, nonce, length) = asked(&mut rest).unwrap().unwrap();
            assert_eq!((read, nonce, length), (settings, Nonce(9), 6));
            assert_eq!(module(&mut rest, length).unwrap(), b"module");
            for cut in 0..sent.len() {
                let mut cut = &sent[..cut];
                let whole = asked(&mut cut).and_then(|_| module(&mut cut, 6));
                assert!(whole.is_err());
            }
        }
    }

    #[test]
    fn something_else_than_a_request_is_told() {
        let mut sent = Vec::new();
        ask(&mut sent, SETTINGS, Nonce(9), b"").unwrap();
        // The mark, what memories reserve, how long the module is.
        for (at, byte) in [(0, b'x'), (17, 3), (24, 0x80), (40, 0x80)] {
            let mut changed = sent.clone();
            changed[at] = byte;
            let read = asked(&mut changed.as_slice()).unwrap();
            assert!(read.is_none(), "{at}");
        }
    }

    #[test]
    fn an_answer_is_found_behind_what_a_program_prints() {
        for said in [Ok(b"code".to_vec()), Err("no".to_owned())] {
            let mut sent = b"\nrunning 1 test\ntlcompA1".to_vec();
            answer(&mut sent, Nonce(5), &said).unwrap();
            assert_eq!(answered(&mut sent.as_slice(), Nonce(5)), Ok(said));
            assert_eq!(answered(&mut sent.as_slice(), Nonce(6)), Err(NoAnswer::Ended));
            for cut in 0..sent.len() {
                assert_eq!(answered(&mut &sent[..cut], Nonce(5)), Err(NoAnswer::Ended));
            }
        }
    }

    #[test]
    fn no_byte_of_an_answer_can_be_changed() {
        let mut sent = Vec::new();
        answer(&mut sent, Nonce(5), &Ok(b"code".to_vec())).unwrap();
        for at in 0..sent.len() {
            let mut changed = sent.clone();
            changed[at] ^= 0x80;
            assert!(answered(&mut changed.as_slice(), Nonce(5)).is_err(), "{at}");
        }
    }

    #[test]
    fn endless_output_is_no_answer() {
        assert_eq!(answered(&mut io::repeat(b't'), Nonce(5)), Err(NoAnswer::Other));
    }
}
