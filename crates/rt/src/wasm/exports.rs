//! The functions that hosts call: `thread_start` on a fresh thread, and an allocator for hosts that patch modules.
//!
//! `thread_start` is the trampoline, and must be assembly. When the host calls it, the stack pointer is whatever the
//! instance began with, which is the main thread's stack: compiled Rust might spill to it before a first line could move
//! it. The trampoline touches no memory before both globals are its own. It puts them back at the end, so that the
//! instance is as it was: a host may reuse it for the next thread, or free what it set up itself.
//!
//! Module-level assembly gets no target features, so there are no atomics in it.
//!
//! All of them stand in one module because rustc asks the linker for functions that are exported from Rust, and not for
//! those of assembly: the compiler's unit that has the former brings the latter along.

use core::alloc::Layout;
use core::arch::wasm32;
use core::ptr::NonNull;

use super::block::ControlBlock;
use super::{heap, thread_main};
use threadlink_abi::layout::block as layout;

core::arch::global_asm!(
    "
    .globaltype __stack_pointer, i32
    .globaltype __tls_base, i32
    .functype __wasm_init_tls (i32) -> ()
    .functype {main} (i32) -> ()

    .globl thread_start
    .export_name thread_start, thread_start
    .type thread_start, @function
thread_start:
    .functype thread_start (i32) -> ()
    .local i32, i32
    global.get __stack_pointer
    local.set 1
    global.get __tls_base
    local.set 2
    local.get 0
    i32.load {stack_top}
    global.set __stack_pointer
    local.get 0
    i32.load {tls}
    call __wasm_init_tls
    local.get 0
    call {main}
    local.get 1
    global.set __stack_pointer
    local.get 2
    global.set __tls_base
    end_function
    ",
    stack_top = const layout::STACK_TOP,
    tls = const layout::TLS,
    main = sym thread_main,
);

/// What the trampoline calls once stack and thread-local storage are the block's.
///
/// # Safety
/// Only the trampoline calls this, with the address that `thread_create` was given.
unsafe extern "C" fn thread_main(block: *const ControlBlock) {
    // SAFETY: the spawner keeps the block alive until `thread_start` has returned.
    thread_main::run(unsafe { &*block });
}

/// Allocates. Traps if the alignment is no power of two or there is no memory: a patched module goes on with whatever it
/// gets, and would take null for a stack that begins at address 0, where the program's data is.
#[unsafe(no_mangle)]
extern "C" fn __wasmgrind_malloc(size: usize, align: usize) -> *mut u8 {
    let memory = Layout::from_size_align(size, align).ok().and_then(heap::allocate);
    memory.map_or_else(|| wasm32::unreachable(), NonNull::as_ptr)
}

/// Frees what `__wasmgrind_malloc` gave for the same size and alignment. Null is ignored.
///
/// # Safety
/// `ptr` comes from `__wasmgrind_malloc(size, align)` and is freed once.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wasmgrind_free(ptr: *mut u8, size: usize, align: usize) {
    if let (Ok(layout), Some(memory)) = (Layout::from_size_align(size, align), NonNull::new(ptr)) {
        // SAFETY: allocated with this layout, as the host promises.
        unsafe { heap::free(memory, layout) };
    }
}
