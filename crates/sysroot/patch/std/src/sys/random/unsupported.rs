//! The host's random bytes.

use threadlink_abi::errno;
use threadlink_rt::imports;

pub fn fill_bytes(bytes: &mut [u8]) {
    // SAFETY: the host writes as many bytes as there are.
    let code = unsafe { imports::random_get(bytes.as_mut_ptr(), bytes.len()) };
    if code != errno::OK {
        panic!("the host gave no random bytes: {}", errno::describe(code));
    }
}

pub fn hashmap_random_keys() -> (u64, u64) {
    let mut keys = [0; 16];
    fill_bytes(&mut keys);
    let [first, second] = *keys.as_chunks::<8>().0 else { unreachable!() };
    (u64::from_ne_bytes(first), u64::from_ne_bytes(second))
}
