// A main that wants deep stacks everywhere, and says so in terms of its own.
mod limits {
    pub const STACK: usize = 16 << 20;
}

#[threadlink::main(stack_size = 2 * limits::STACK, crate = ::threadlink)]
fn main() -> Result<(), String> {
    let deep = || {
        // More than the default of any platform.
        let big = std::hint::black_box([1_u8; 8 << 20]);
        big.iter().map(|&byte| usize::from(byte)).sum::<usize>()
    };
    assert_eq!(threadlink::spawn(deep).join().unwrap(), 8 << 20);
    Ok(())
}
