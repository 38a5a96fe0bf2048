//! Draws curves, both axes logarithmic.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

const SIZE: (u32, u32) = (640, 400);
const COLOURS: [RGBColor; 2] = [RGBColor(0x1b, 0x5e, 0xa8), RGBColor(0xd0, 0x6b, 0x12)];

/// One curve.
pub(super) struct Line {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

impl Line {
    pub(super) fn new(name: &'static str) -> Line {
        Line {
            name,
            points: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, across: u64, up: f64) {
        // Nothing has no logarithm.
        self.points.push((across as f64, up.max(1e-3)));
    }
}

/// Some curves.
pub(super) struct Picture {
    pub(super) file: &'static str,
    pub(super) title: String,
    pub(super) across: &'static str,
    pub(super) up: &'static str,
    pub(super) lines: Vec<Line>,
}

impl Picture {
    pub(super) fn draw(&self, folder: &Path) -> Result<(), String> {
        let path = folder.join(self.file);
        self.try_draw(&path)
            .map_err(|error| format!("cannot draw {}: {error}", path.display()))
    }

    fn try_draw(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let range = |of: fn(&(f64, f64)) -> f64| {
            let (least, most) = points()
                .map(of)
                .fold((f64::MAX, f64::MIN), |(least, most), value| {
                    (least.min(value), most.max(value))
                });
            // Whole powers of ten.
            10_f64.powf(least.log10().floor())..10_f64.powf((most * 1.01).log10().ceil())
        };
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(&self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(
                range(|point| point.0).log_scale(),
                range(|point| point.1).log_scale(),
            )?;
        chart
            .configure_mesh()
            .x_desc(self.across)
            .y_desc(self.up)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            chart
                .draw_series(
                    LineSeries::new(line.points.iter().copied(), colour.stroke_width(2)).point_size(3),
                )?
                .label(line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .border_style(BLACK.mix(0.3))
            .background_style(WHITE)
            .draw()?;
        area.present()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_curves() {
        let folder = std::env::temp_dir().join(format!("threadlink-curves-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut line = Line::new("a name");
        line.push(1, 2.0);
        line.push(1_000, 0.0);
        let picture = Picture {
            file: "test.svg",
            title: "a title".to_owned(),
            across: "things",
            up: "ms",
            lines: vec![line],
        };
        picture.draw(&folder).expect("it can be drawn");
        let text = std::fs::read_to_string(folder.join("test.svg")).expect("it is there");
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        assert!(text.contains("<svg") && text.contains("a name") && text.contains("<polyline"));
    }
}
