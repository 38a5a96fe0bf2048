//! Threads that die in every way there is; the first argument says which, the second where.

use std::hint::black_box;

use threadlink::thread;

fn unreachable_instruction() {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort();
}

fn out_of_bounds() {
    let nowhere = black_box(0xffff_fff0_usize) as *const u32;
    // SAFETY: none; the access is meant to trap, which wasm guarantees for an address beyond the memory.
    black_box(unsafe { nowhere.read_volatile() });
}

#[cfg(target_arch = "wasm32")]
unsafe extern "C" {
    /// What a host that patches modules calls.
    fn __wasmgrind_malloc(size: usize, align: usize) -> *mut u8;
}

/// Natively there is no such host.
#[cfg(not(target_arch = "wasm32"))]
unsafe extern "C" fn __wasmgrind_malloc(_size: usize, _align: usize) -> *mut u8 {
    std::process::abort()
}

/// Asks as such a host does, for what there is first.
fn allocate(size: usize, align: usize) {
    // SAFETY: it takes any numbers.
    let memory = unsafe { __wasmgrind_malloc(black_box(64), black_box(16)) };
    threadlink::println!("memory: {}", !memory.is_null());
    // SAFETY: as above.
    let memory = unsafe { __wasmgrind_malloc(black_box(size), black_box(align)) };
    threadlink::println!("impossible memory: {memory:p}");
}

/// Recursion whose frames hold nothing in linear memory, so that the engine's stack ends first.
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if depth == u64::MAX {
        0
    } else {
        deeper(depth + 1).wrapping_mul(depth | 1) ^ depth
    }
}

fn die(how: &str) {
    match how {
        "panic" => panic!("told to die, {}", 7),
        "hook" => {
            std::panic::set_hook(Box::new(|_| ()));
            panic!("nobody will read this")
        }
        "unreachable" => unreachable_instruction(),
        "bounds" => out_of_bounds(),
        "no memory" => allocate(0x7fff_0000, 16),
        "no layout" => allocate(64, 3),
        "stack" => {
            black_box(deeper(black_box(0)));
        }
        other => threadlink::println!("no way to die: {other:?}"),
    }
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "no message".to_owned())
}

#[threadlink::main]
fn main() {
    let args: Vec<String> = threadlink::env::args().collect();
    let how = args.get(1).cloned().unwrap_or_default();
    if args.get(2).is_some_and(|place| place == "main") {
        die(&how);
        return;
    }
    let victim = thread::Builder::new()
        .name("victim".into())
        .spawn(move || die(&how))
        .expect("no thread");
    match victim.join() {
        Ok(()) => threadlink::println!("it lived"),
        Err(payload) => threadlink::println!("it died: {}", message(&*payload)),
    }
    let next = thread::spawn(|| 42).join();
    threadlink::println!(
        "and the program goes on: {}",
        next.expect("the next thread died too")
    );
}
