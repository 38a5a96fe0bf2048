//! The module's descriptor: constant data by which a host knows the module and finds its way in it.
//!
//! The layout is `threadlink_abi::layout::descriptor`.

use core::mem::{offset_of, size_of};
use core::panic::Location;
use core::sync::atomic::AtomicU32;

use super::block::{ControlBlock, MAIN_BLOCK};
use crate::default_stack;
use crate::shape::DEFAULT_STACK;
use threadlink_abi::layout::descriptor as layout;

#[repr(C)]
struct Descriptor {
    magic: u32,
    version: u32,
    main_block: &'static ControlBlock,
    flags: u32,
    // A location whose parts are spelled out, from which a host learns how this compiler lays locations out.
    probe_location: &'static Location<'static>,
    probe_file: *const u8,
    probe_file_len: usize,
    probe_line: u32,
    probe_column: u32,
    location_size: usize,
    stack_size: usize,
    min_stack: &'static AtomicU32,
}

// SAFETY: all of it is constant, and what it points to may be shared.
unsafe impl Sync for Descriptor {}

const _: () = {
    assert!(offset_of!(Descriptor, magic) == layout::MAGIC as usize);
    assert!(offset_of!(Descriptor, version) == layout::VERSION as usize);
    assert!(offset_of!(Descriptor, main_block) == layout::MAIN_BLOCK as usize);
    assert!(offset_of!(Descriptor, flags) == layout::FLAGS as usize);
    assert!(offset_of!(Descriptor, probe_location) == layout::PROBE_LOCATION as usize);
    assert!(offset_of!(Descriptor, probe_file) == layout::PROBE_FILE as usize);
    assert!(offset_of!(Descriptor, probe_file_len) == layout::PROBE_FILE_LEN as usize);
    assert!(offset_of!(Descriptor, probe_line) == layout::PROBE_LINE as usize);
    assert!(offset_of!(Descriptor, probe_column) == layout::PROBE_COLUMN as usize);
    assert!(offset_of!(Descriptor, location_size) == layout::LOCATION_SIZE as usize);
    assert!(offset_of!(Descriptor, stack_size) == layout::STACK_SIZE as usize);
    assert!(offset_of!(Descriptor, min_stack) == layout::MIN_STACK as usize);
    assert!(size_of::<Descriptor>() == layout::SIZE as usize);
};

const PROBE: &Location<'static> = Location::caller();

const FLAGS: u32 = layout::FLAG_MIN_STACK
    | if cfg!(feature = "tracing") {
        layout::FLAG_TRACING
    } else {
        0
    }
    | if cfg!(panic = "unwind") {
        layout::FLAG_UNWIND
    } else {
        0
    };

/// Exported as a global that holds its address.
#[unsafe(no_mangle)]
static __threadlink_descriptor: Descriptor = Descriptor {
    magic: layout::MAGIC_VALUE,
    version: layout::VERSION_VALUE,
    main_block: &MAIN_BLOCK,
    flags: FLAGS,
    probe_location: PROBE,
    probe_file: PROBE.file().as_ptr(),
    probe_file_len: PROBE.file().len(),
    probe_line: PROBE.line(),
    probe_column: PROBE.column(),
    location_size: size_of::<Location<'static>>(),
    stack_size: DEFAULT_STACK,
    min_stack: &default_stack::FROM_HOST,
};
