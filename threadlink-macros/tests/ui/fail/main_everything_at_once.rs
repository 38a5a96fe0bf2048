#[threadlink::main]
async unsafe extern "C" fn main<T>(args: Vec<T>) {
    drop(args);
}
