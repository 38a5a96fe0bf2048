//! Damage to something that was whole.

use arbitrary::{Result, Unstructured};

/// Most changes to one input.
const MOST: usize = 8;

/// Changes, cuts out, doubles and swaps parts of `bytes`, as often as the input says.
///
/// # Errors
/// None that matter: where the input ends, so does the damage.
pub fn damage(bytes: &mut Vec<u8>, from: &mut Unstructured<'_>) -> Result<()> {
    let changes = from.int_in_range(1..=MOST)?;
    for _ in 0..changes {
        if bytes.is_empty() {
            break;
        }
        let at = from.choose_index(bytes.len())?;
        let len = from.int_in_range(1..=(bytes.len() - at).min(32))?;
        match from.int_in_range(0..=4)? {
            0 => bytes[at] = from.arbitrary()?,
            1 => bytes[at] ^= 1 << from.int_in_range(0..=7)?,
            2 => {
                bytes.drain(at..at + len);
            }
            3 => {
                let copy = bytes[at..at + len].to_vec();
                let to = from.choose_index(bytes.len())?;
                bytes.splice(to..to, copy);
            }
            // Numbers of variable length: nearly endless, or the largest that fits.
            _ => {
                let long = [0xff, 0xff, 0xff, 0xff, 0x0f];
                let end = (at + long.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&long[..end - at]);
            }
        }
    }
    Ok(())
}
