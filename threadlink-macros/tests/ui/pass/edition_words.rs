// Attributes of all kinds stay where they were put.
use std::sync::Mutex;

/// Documented.
#[threadlink::traced]
#[derive(Clone, Debug)]
#[must_use]
#[allow(non_camel_case_types)]
pub(crate) struct r#type<'a, T: Clone + 'a = u8>
where
    T: std::fmt::Debug,
{
    /// A field.
    #[allow(dead_code)]
    pub(crate) r#fn: std::sync::Arc<Mutex<&'a T>>,
}

#[threadlink::main]
#[allow(unused_mut)]
fn main() {
    let it = r#type { r#fn: std::sync::Arc::new(threadlink::sync::Mutex::new(&1_u8)) };
    println!("{:?}", it.clone());
}
