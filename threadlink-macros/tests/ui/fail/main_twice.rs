mod other {
    #[threadlink::main]
    fn main() {}
}

#[threadlink::main]
fn main() {}
