struct TracingMutex<T>(T);

#[threadlink::traced]
struct Account {
    balance: TracingMutex<u8>,
}

fn main() {
    let account = Account { balance: TracingMutex(1) };
    let _ = account.balance.0;
}
