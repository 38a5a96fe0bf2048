//! Under how many schedules tests want to be run (`docs/tests.md`). It comes from a file, so nothing in it is believed.

use std::collections::HashMap;

use threadlink_abi::tests::schedules;

use super::records::without_raw;

/// What the records of these sections say, by the names of tests as libtest has them.
pub(super) fn schedules(sections: &[&[u8]]) -> Result<HashMap<String, u32>, String> {
    let mut wanted = HashMap::new();
    for section in sections {
        let mut rest = *section;
        while !rest.is_empty() {
            let at = section.len() - rest.len();
            let (name, count, after) = read(rest)
                .ok_or_else(|| format!("the record of schedules at byte {at} of its section is damaged"))?;
            wanted.insert(name, count);
            rest = after;
        }
    }
    Ok(wanted)
}

fn read(bytes: &[u8]) -> Option<(String, u32, &[u8])> {
    let word = |at: usize| {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    };
    let size = usize::try_from(word(schedules::SIZE)?).ok()?;
    let count = word(schedules::COUNT).filter(|count| *count > 0)?;
    let path = std::str::from_utf8(bytes.get(schedules::PATH..size)?).ok()?;
    let (_, name) = path.split_once("::").filter(|(_, name)| !name.is_empty())?;
    Some((without_raw(name), count, &bytes[size..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(count: u32, path: &str) -> Vec<u8> {
        let size = u32::try_from(schedules::PATH + path.len()).expect("it is short");
        let words = [size.to_le_bytes(), count.to_le_bytes()].concat();
        [&words, path.as_bytes()].concat()
    }

    #[test]
    fn records_follow_each_other() {
        let section = [encoded(7, "c::a"), encoded(u32::MAX, "c::r#mod::b")].concat();
        let wanted = schedules(&[&section, &encoded(1, "c::d")]).expect("they are well");
        let of = |name: &str| wanted.get(name).copied();
        assert_eq!(
            (of("a"), of("mod::b"), of("d"), of("c")),
            (Some(7), Some(u32::MAX), Some(1), None)
        );
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        let good = encoded(7, "c::a");
        for len in 1..good.len() {
            assert!(schedules(&[&good[..len]]).is_err(), "{len}");
        }
        for bad in [
            encoded(0, "c::a"),
            encoded(1, "a"),
            encoded(1, "a::"),
            [0; 8].to_vec(),
            [0xff; 12].to_vec(),
        ] {
            assert!(schedules(&[&bad]).is_err(), "{bad:?}");
        }
    }
}
