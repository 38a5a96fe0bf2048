//! What Wasmgrind writes beside a RapidBin file: a JSON document that says what its numbers mean.
//!
//! Wasmgrind knows a place as a function and an instruction in it; of a place here it says the address that the trace names
//! it by as the function, and 0. Names, and places in the source, are members more, which Wasmgrind passes over.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// The document beside a RapidBin file.
///
/// # Examples
/// ```
/// use threadlink_export::{RapidOptions, Sidecar, read_std, write_rapidbin};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let trace = read_std(&b"main|acq(A)|7\nmain|rel(A)|7\n"[..])?;
/// let (sidecar, _) = write_rapidbin(&trace, RapidOptions::default(), &mut Vec::new())?;
/// let mut json = Vec::new();
/// sidecar.write(&mut json)?;
/// assert_eq!(Sidecar::read(&json[..])?, sidecar);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sidecar {
    pub(super) thread_records: Vec<Record<u32>>,
    pub(super) memory_records: Vec<Record<Access>>,
    pub(super) lock_records: Vec<Record<u32>>,
    pub(super) location_records: Vec<Location>,
    /// Which threads use a variable that several do.
    pub(super) shared_variables: BTreeMap<u64, BTreeSet<u64>>,
}

/// What a number in the file means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Record<T> {
    pub(super) wasm_id: T,
    pub(super) trace_id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

/// Bytes of memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) address: u32,
    pub(super) access_width: u32,
}

/// A place in the program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Location {
    pub(super) wasm_id: Instruction,
    pub(super) trace_id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Place>,
}

/// A function and an instruction in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Instruction {
    pub(super) fidx: u32,
    pub(super) iidx: u32,
}

/// A place in the source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Why a document beside a RapidBin file could not be read.
///
/// # Examples
/// ```
/// let error = threadlink_export::Sidecar::read(&b"{}"[..]).unwrap_err();
/// assert!(error.to_string().contains("thread_records"));
/// ```
#[derive(Debug)]
pub struct SidecarError(serde_json::Error);

impl fmt::Display for SidecarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is not what stands beside a RapidBin file: {}", self.0)
    }
}

impl std::error::Error for SidecarError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Sidecar {
    /// Reads a document.
    ///
    /// # Errors
    /// If it is none, or cannot be read.
    ///
    /// # Examples
    /// ```
    /// assert!(threadlink_export::Sidecar::read(&b"hello"[..]).is_err());
    /// ```
    pub fn read(input: impl Read) -> Result<Self, SidecarError> {
        serde_json::from_reader(input).map_err(SidecarError)
    }

    /// Writes the document.
    ///
    /// # Errors
    /// What `out` refuses.
    ///
    /// # Examples
    /// ```
    /// let mut json = Vec::new();
    /// threadlink_export::Sidecar::default().write(&mut json)?;
    /// assert!(json.ends_with(b"}\n"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")
    }
}
