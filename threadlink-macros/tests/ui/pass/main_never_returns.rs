#[threadlink::main]
fn main() -> ! {
    threadlink::process::exit(0)
}
