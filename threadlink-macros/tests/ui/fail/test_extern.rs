fn main() {}

#[threadlink::test]
extern "C" fn called() {}
