//! Which buckets can be in a cycle at all: [`components`], the strongly connected parts of the graph in which each bucket waits
//! for all that hold what it takes. The graph is never made: its edges go through locks, and may be as many as the square of
//! the buckets.

use std::collections::HashMap;

use super::buckets::Buckets;

/// The buckets that hold each lock, ascending.
pub(super) fn holders(buckets: &Buckets) -> HashMap<u32, Vec<u32>> {
    let mut holders: HashMap<u32, Vec<u32>> = HashMap::new();
    for (number, bucket) in (0u32..).zip(&buckets.all) {
        for &(lock, _) in buckets.sets.get(bucket.set) {
            holders.entry(lock).or_default().push(number);
        }
    }
    holders
}

/// The parts with more than one bucket, of more than one thread, each ascending; ascending by their first.
pub(super) fn components(buckets: &Buckets, holders: &HashMap<u32, Vec<u32>>) -> Vec<Vec<u32>> {
    let count = buckets.all.len();
    // A lock is a place too: from a bucket to the lock that it takes, from there to all that hold it.
    let mut places: HashMap<u32, usize> = HashMap::new();
    for bucket in &buckets.all {
        let next = count + places.len();
        places.entry(bucket.lock).or_insert(next);
    }
    let mut taken: Vec<u32> = vec![0; places.len()];
    for (&lock, &place) in &places {
        taken[place - count] = lock;
    }
    let next = |place: usize, index: usize| match buckets.all.get(place) {
        Some(bucket) => (index == 0).then(|| places[&bucket.lock]),
        None => {
            let holders = holders.get(&taken[place - count])?;
            holders.get(index).map(|&bucket| bucket as usize)
        }
    };
    let parts = strongly_connected(count + taken.len(), next);
    let mut parts: Vec<Vec<u32>> = parts
        .into_iter()
        .map(|part| {
            let mut part: Vec<u32> = part
                .into_iter()
                .filter(|&place| place < count)
                .map(|place| place as u32)
                .collect();
            part.sort_unstable();
            part
        })
        .filter(|part| {
            let thread = |&bucket: &u32| buckets.all[bucket as usize].thread;
            part.iter()
                .any(|bucket| Some(thread(bucket)) != part.first().map(thread))
        })
        .collect();
    parts.sort_unstable_by_key(|part| part.first().copied());
    parts
}

/// Tarjan's algorithm without recursion: `next` is the successor of a place with this index.
fn strongly_connected(places: usize, next: impl Fn(usize, usize) -> Option<usize>) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let mut number = vec![NEW; places];
    let mut low = vec![NEW; places];
    let mut done = vec![false; places];
    let mut open: Vec<usize> = Vec::new();
    let mut parts = Vec::new();
    let mut counter = 0;
    for root in 0..places {
        if number[root] != NEW {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((place, index)) = path.last_mut() {
            let place = *place;
            if *index == 0 {
                number[place] = counter;
                low[place] = counter;
                counter += 1;
                open.push(place);
            }
            let successor = next(place, *index);
            *index += 1;
            match successor {
                Some(other) if number[other] == NEW => path.push((other, 0)),
                Some(other) if !done[other] => low[place] = low[place].min(number[other]),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some(&(before, _)) = path.last() {
                        low[before] = low[before].min(low[place]);
                    }
                    if low[place] == number[place] {
                        let start = open.iter().rposition(|&other| other == place).unwrap_or(0);
                        let part = open.split_off(start);
                        part.iter().for_each(|&other| done[other] = true);
                        parts.push(part);
                    }
                }
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_what_leads_back() {
        let edges: [&[usize]; 6] = [&[1], &[2, 3], &[0], &[4], &[3], &[0, 4]];
        let mut parts = strongly_connected(6, |place, index| edges[place].get(index).copied());
        parts.iter_mut().for_each(|part| part.sort_unstable());
        parts.sort();
        assert_eq!(parts, [vec![0, 1, 2], vec![3, 4], vec![5]]);
    }
}
