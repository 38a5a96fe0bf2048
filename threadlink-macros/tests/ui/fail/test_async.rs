fn main() {}

#[threadlink::test]
async fn waits() {
    let _: u8 = "the body's own errors show as well";
}
