fn main() {}

#[threadlink::test]
fn holds<T: Default>() {
    drop(T::default());
}
