fn main() {}

#[threadlink::test]
#[test]
fn both() {}
