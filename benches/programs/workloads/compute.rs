//! Computing, with threads that have nothing to do with each other.

use crate::platform::thread;

const STEPS: u32 = 200;

/// The Mandelbrot set on `side` by `side` points, the rows shared out to the threads in turn.
pub(crate) fn mandelbrot(side: u64, threads: u64) -> u64 {
    let rows = move |first: u64| -> u64 {
        (first..side)
            .step_by(threads as usize)
            .map(|row| (0..side).map(|column| escape(row, column, side)).sum::<u64>())
            .sum()
    };
    let others: Vec<_> = (1..threads)
        .map(|first| thread::spawn(move || rows(first)))
        .collect();
    let mut total = rows(0);
    for other in others {
        total += other.join().expect("the thread returns");
    }
    total
}

fn escape(row: u64, column: u64, side: u64) -> u64 {
    let at = |place: u64, from: f64, span: f64| from + span * place as f64 / side as f64;
    let (re, im) = (at(column, -2.1, 3.0), at(row, -1.5, 3.0));
    let (mut x, mut y) = (0.0_f64, 0.0_f64);
    for step in 0..STEPS {
        let (xx, yy) = (x * x, y * y);
        if xx + yy > 4.0 {
            return u64::from(step);
        }
        y = 2.0 * x * y + im;
        x = xx - yy + re;
    }
    u64::from(STEPS)
}
