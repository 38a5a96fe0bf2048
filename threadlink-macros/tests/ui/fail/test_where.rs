fn main() {}

#[threadlink::test]
fn holds()
where
    u8: Copy,
{
}
