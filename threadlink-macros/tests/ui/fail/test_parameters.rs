fn main() {}

#[threadlink::test]
fn adds(case: u32) {
    drop(case);
}
