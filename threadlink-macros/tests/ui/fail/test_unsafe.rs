fn main() {}

#[threadlink::test]
unsafe fn reads() {}
