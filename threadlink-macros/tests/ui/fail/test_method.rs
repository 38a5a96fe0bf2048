fn main() {}

struct Account;

impl Account {
    #[threadlink::test]
    fn holds(&self) {}
}
