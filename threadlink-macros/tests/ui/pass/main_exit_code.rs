#[threadlink::main]
fn main() -> threadlink::process::ExitCode {
    threadlink::process::ExitCode::SUCCESS
}
