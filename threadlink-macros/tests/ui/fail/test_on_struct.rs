fn main() {}

#[threadlink::test]
struct NoFunction;
