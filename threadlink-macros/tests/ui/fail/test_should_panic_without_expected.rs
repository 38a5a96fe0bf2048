fn main() {}

#[threadlink::test]
#[should_panic(message = "boom")]
fn panics() {}
