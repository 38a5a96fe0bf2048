#[threadlink::main]
async fn main() {
    let _: u8 = "the body's own errors show as well";
}
