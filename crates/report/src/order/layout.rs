//! Where the boxes of the lock order stand: columns from left to right as locks are taken, boxes of a column so that lines
//! cross little. And which lines are in circles.

/// Times that each column is put in order after its neighbours.
const SWEEPS: usize = 8;

/// The component of each of `nodes` in which each reaches each other (Kosaraju's, without recursion: a trace may have a chain of
/// any length). Components have numbers in the order of the lines: a line leads to a component of the same or a higher number.
pub(super) fn components(nodes: usize, lines: &[(usize, usize)]) -> Vec<usize> {
    let [forth, back] = [false, true].map(|back| {
        let mut next = vec![Vec::new(); nodes];
        for &(from, to) in lines {
            let (from, to) = if back { (to, from) } else { (from, to) };
            next[from].push(to);
        }
        next
    });
    let mut seen = vec![false; nodes];
    let mut finished = Vec::with_capacity(nodes);
    for start in 0..nodes {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut open = vec![(start, 0)];
        while let Some((node, at)) = open.last_mut() {
            if let Some(&next) = forth[*node].get(*at) {
                *at += 1;
                if !std::mem::replace(&mut seen[next], true) {
                    open.push((next, 0));
                }
            } else {
                finished.push(*node);
                open.pop();
            }
        }
    }
    let mut component = vec![usize::MAX; nodes];
    let mut number = 0;
    for &start in finished.iter().rev() {
        if component[start] != usize::MAX {
            continue;
        }
        let mut open = vec![start];
        component[start] = number;
        while let Some(node) = open.pop() {
            for &next in &back[node] {
                if component[next] == usize::MAX {
                    component[next] = number;
                    open.push(next);
                }
            }
        }
        number += 1;
    }
    component
}

/// The column and the row of each box.
pub(super) fn place(nodes: usize, lines: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let component = components(nodes, lines);
    // Within a circle some line leads back: from those that are taken last, as far as that can be said.
    let balance: Vec<i64> = (0..nodes)
        .map(|node| {
            let out = lines
                .iter()
                .filter(|(from, to)| *from == node && to != from)
                .count();
            let into = lines
                .iter()
                .filter(|(from, to)| *to == node && to != from)
                .count();
            into as i64 - out as i64
        })
        .collect();
    let mut order: Vec<usize> = (0..nodes).collect();
    order.sort_by_key(|&node| (component[node], balance[node], node));
    let mut rank = vec![0; nodes];
    for (at, &node) in order.iter().enumerate() {
        rank[node] = at;
    }
    let mut column = vec![0; nodes];
    for &node in &order {
        for &(from, to) in lines {
            if from == node && rank[to] > rank[from] {
                column[to] = column[to].max(column[from] + 1);
            }
        }
    }
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); column.iter().max().map_or(0, |last| last + 1)];
    for &node in &order {
        columns[column[node]].push(node);
    }
    let mut row = vec![0; nodes];
    let number = |columns: &[Vec<usize>], row: &mut Vec<usize>| {
        for boxes in columns {
            for (at, &node) in boxes.iter().enumerate() {
                row[node] = at;
            }
        }
    };
    number(&columns, &mut row);
    for _ in 0..SWEEPS {
        for boxes in &mut columns {
            boxes.sort_by_cached_key(|&node| {
                let near = lines.iter().filter_map(|&(from, to)| match node {
                    node if node == from && node != to => Some(row[to]),
                    node if node == to && node != from => Some(row[from]),
                    _ => None,
                });
                let (sum, count) = near.fold((0, 0), |(sum, count), row| (sum + row, count + 1));
                // Parts of a thousand: whole numbers are the same everywhere.
                let mean = (sum * 1000).checked_div(count).unwrap_or(row[node] * 1000);
                (mean, node)
            });
        }
        number(&columns, &mut row);
    }
    column.into_iter().zip(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn circles_are_components_and_lines_lead_on() {
        let lines = [(0, 1), (1, 2), (2, 1), (2, 3)];
        let component = components(5, &lines);
        assert_eq!(component[1], component[2]);
        let others = [0, 1, 3, 4].map(|node| component[node]);
        assert_eq!(BTreeSet::from(others).len(), 4);
        assert!(component[0] < component[1] && component[2] < component[3]);
    }

    #[test]
    fn a_chain_goes_from_left_to_right() {
        let places = place(4, &[(3, 1), (1, 0), (0, 2)]);
        let columns: Vec<usize> = places.iter().map(|place| place.0).collect();
        assert_eq!(columns, [2, 1, 3, 0]);
    }

    #[test]
    fn no_two_boxes_stand_in_one_place() {
        let lines = [(0, 1), (1, 0), (0, 2), (2, 2), (3, 4), (4, 5), (5, 3), (0, 5)];
        let places = place(7, &lines);
        assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), 7);
    }

    #[test]
    fn a_chain_of_any_length_is_no_trouble() {
        let lines: Vec<_> = (0..200_000).map(|node| (node, node + 1)).collect();
        assert_eq!(components(200_001, &lines)[200_000], 200_000);
    }
}
