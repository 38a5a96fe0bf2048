//! The Mandelbrot set, computed by rayon on all cores and written to the standard output as a PNG.
//!
//! `threadlink run mandelbrot.wasm > set.png` makes a picture of 480 by 320 pixels; two arguments give another width
//! and height, as in `threadlink run mandelbrot.wasm -- 1920 1280 > set.png`. The one line that rayon needs on wasm is
//! `main`; how many threads there are changes nothing in the picture, nor does running it natively.
//!
//! After `--rows` it writes each row when it is done instead: its number and its pixels, in whatever order. The page beside this
//! draws them as they come:
//!
//! ```sh
//! threadlink build -p mandelbrot --web --release -o examples/mandelbrot/pkg
//! threadlink serve examples/mandelbrot
//! ```

use std::error::Error;
use std::io::{BufWriter, Write};

use rayon::prelude::*;
use threadlink::process::ExitCode;

/// The largest width and height: a picture is kept in memory as a whole.
const LARGEST: u32 = 8_192;
/// A point that has not gone astray after so many steps counts as one of the set.
const STEPS: u32 = 400;
/// The part of the plane that is shown: its middle, and the height of it.
const MIDDLE: (f64, f64) = (-0.65, 0.0);
const HEIGHT: f64 = 2.5;

#[threadlink::main]
fn main() -> ExitCode {
    let mut arguments: Vec<String> = threadlink::env::args().skip(1).collect();
    let in_rows = arguments.first().is_some_and(|word| word == "--rows");
    if in_rows {
        arguments.remove(0);
    }
    let Some((width, height)) = size(&arguments) else {
        threadlink::eprintln!("usage: mandelbrot [--rows] [WIDTH HEIGHT], each from 1 to {LARGEST}");
        return ExitCode::from(2);
    };
    let threads = threadlink::rayon::build_global().map_err(Into::into);
    let draw = if in_rows { draw_rows } else { draw_picture };
    match threads.and_then(|()| draw(width, height)) {
        Ok(()) => {
            threadlink::eprintln!(
                "{width} x {height} pixels, computed by {} threads",
                rayon::current_num_threads()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            threadlink::eprintln!("mandelbrot: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the arguments say of the picture's size; `None` if that makes no sense.
fn size(arguments: &[String]) -> Option<(u32, u32)> {
    let number = |text: &String| text.parse().ok().filter(|number| (1..=LARGEST).contains(number));
    match arguments {
        [] => Some((480, 320)),
        [width, height] => Some((number(width)?, number(height)?)),
        _ => None,
    }
}

/// Writes the picture when it is done.
fn draw_picture(width: u32, height: u32) -> Result<(), Box<dyn Error>> {
    let mut pixels = vec![0; width as usize * height as usize * 3];
    pixels
        .par_chunks_exact_mut(width as usize * 3)
        .enumerate()
        .for_each(|(row, pixels)| compute(row, (width, height), pixels));

    let mut out = BufWriter::new(threadlink::io::stdout().lock());
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    out.flush()?;
    Ok(())
}

/// Writes each row when it is done.
fn draw_rows(width: u32, height: u32) -> Result<(), Box<dyn Error>> {
    (0..height).into_par_iter().try_for_each(|row| {
        let mut record = row.to_le_bytes().to_vec();
        record.resize(4 + 3 * width as usize, 0);
        compute(row as usize, (width, height), &mut record[4..]);
        threadlink::io::stdout().lock().write_all(&record)
    })?;
    threadlink::io::stdout().flush()?;
    Ok(())
}

/// The pixels of a row, three bytes each.
fn compute(row: usize, (width, height): (u32, u32), pixels: &mut [u8]) {
    for (column, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let step = HEIGHT / f64::from(height);
        let re = MIDDLE.0 + (column as f64 + 0.5 - f64::from(width) / 2.0) * step;
        let im = MIDDLE.1 + (row as f64 + 0.5 - f64::from(height) / 2.0) * step;
        pixel.copy_from_slice(&colour(escape(re, im)));
    }
}

/// After how many steps the point leaves the circle of radius 2; `None` if it hasn't after [`STEPS`].
fn escape(re: f64, im: f64) -> Option<u32> {
    let (mut x, mut y) = (0.0, 0.0);
    (0..STEPS).find(|_| {
        (x, y) = (x * x - y * y + re, 2.0 * x * y + im);
        x * x + y * y > 4.0
    })
}

/// Black for the set itself; around it, blue that turns white, and the faster a point leaves the darker.
fn colour(steps: Option<u32>) -> [u8; 3] {
    let Some(steps) = steps else { return [0; 3] };
    // Integers throughout, so that every machine rounds alike.
    let level = |factor: u32| u8::try_from(((steps + 1) * factor).min(255)).unwrap_or(u8::MAX);
    [level(3), level(6), level(12)]
}
