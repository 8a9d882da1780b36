//! A bundle as a picture: waves from left to right, arrows from what is needed to what needs it.

use super::{Bundle, Release};
use std::collections::HashMap;
use std::fmt::Write;

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// Lines for a terminal.
    Text,
    /// <https://mermaid.js.org>, which GitHub and GitLab draw.
    Mermaid,
    /// A drawing that stands alone.
    Svg,
}

impl Picture {
    /// All of them.
    pub const ALL: [Picture; 3] = [Picture::Text, Picture::Mermaid, Picture::Svg];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Picture::Text => "text",
            Picture::Mermaid => "mermaid",
            Picture::Svg => "svg",
        }
    }
}

/// Width and height of a box, the room between boxes, and the height of a wave's title, in pixels.
const BOX: (usize, usize) = (230, 46);
const GAP: (usize, usize) = (90, 18);
const TITLE: usize = 34;
const MARGIN: usize = 16;
/// The most letters of a line in a box.
const LETTERS: usize = 30;

impl Bundle {
    /// Draws the releases with their waves and needs.
    pub fn graph(&self, picture: Picture) -> String {
        match picture {
            Picture::Text => self.text(),
            Picture::Mermaid => self.mermaid(),
            Picture::Svg => self.svg(),
        }
    }

    fn wave(&self, wave: usize) -> impl Iterator<Item = (usize, &Release)> {
        self.releases.iter().enumerate().filter(move |(_, release)| release.wave == wave)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for wave in 0..self.wave_count() {
            let _ = writeln!(text, "wave {wave}");
            for (_, release) in self.wave(wave) {
                let needs = if release.needs.is_empty() { "" } else { "  <- " };
                let _ = writeln!(text, "  {}{needs}{}", place(release), release.needs.join(", "));
            }
        }
        text
    }

    fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for wave in 0..self.wave_count() {
            let _ = writeln!(text, "  subgraph wave{wave} [wave {wave}]");
            for (number, release) in self.wave(wave) {
                let _ =
                    writeln!(text, "    r{number}[\"{}<br>{} {}\"]", place(release), release.chart, release.version);
            }
            text.push_str("  end\n");
        }
        for (number, release) in self.releases.iter().enumerate() {
            for needed in self.needed(release) {
                let _ = writeln!(text, "  r{needed} --> r{number}");
            }
        }
        text
    }

    fn svg(&self) -> String {
        let places = self.places();
        let rows = (0..self.wave_count()).map(|wave| self.wave(wave).count()).max().unwrap_or(0);
        let width = 2 * MARGIN + self.wave_count() * (BOX.0 + GAP.0);
        let height = 2 * MARGIN + TITLE + rows * (BOX.1 + GAP.1);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n{STYLE}"
        );
        for wave in 0..self.wave_count() {
            let (x, y) = (MARGIN + wave * (BOX.0 + GAP.0), MARGIN + TITLE / 2);
            let _ = writeln!(text, "<text class=\"wave\" x=\"{x}\" y=\"{y}\">wave {wave}</text>");
        }
        for (number, release) in self.releases.iter().enumerate() {
            for needed in self.needed(release) {
                text.push_str(&arrow(places[&needed], places[&number]));
            }
        }
        for (number, release) in self.releases.iter().enumerate() {
            text.push_str(&drawn(release, places[&number]));
        }
        text.push_str("</svg>\n");
        text
    }

    /// The upper left corner of each release's box.
    fn places(&self) -> HashMap<usize, (usize, usize)> {
        let columns = (0..self.wave_count()).flat_map(|wave| {
            self.wave(wave).enumerate().map(move |(row, (number, _))| {
                let x = MARGIN + wave * (BOX.0 + GAP.0);
                (number, (x, MARGIN + TITLE + row * (BOX.1 + GAP.1)))
            })
        });
        columns.collect()
    }
}

const STYLE: &str = "<style>rect{fill:#f4f7fa;stroke:#47607a}.wave{fill:#47607a}.chart{fill:#5a6b7b;font-size:11px}\
                     path{fill:none;stroke:#8aa0b5}</style>\n";

fn place(release: &Release) -> String {
    format!("{}/{}/{}", release.cluster, release.namespace, release.name)
}

fn arrow(from: (usize, usize), to: (usize, usize)) -> String {
    let (x1, y1) = (from.0 + BOX.0, from.1 + BOX.1 / 2);
    let (x2, y2) = (to.0, to.1 + BOX.1 / 2);
    let bend = GAP.0 / 2;
    let (c1, c2) = (x1 + bend, x2.saturating_sub(bend));
    format!("<path d=\"M{x1} {y1} C{c1} {y1} {c2} {y2} {x2} {y2}\"/>\n")
}

fn drawn(release: &Release, (x, y): (usize, usize)) -> String {
    let chart = format!("{} {}", release.chart, release.version);
    let (whole, left) = (place(release), x + 10);
    let (title, name, chart) = (escaped(&whole), escaped(&cut(&release.name)), escaped(&cut(&chart)));
    let space = escaped(&cut(&format!("{} / {}", release.cluster, release.namespace)));
    format!(
        "<g><title>{title}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\
         <text x=\"{left}\" y=\"{}\">{name}</text><text class=\"chart\" x=\"{left}\" y=\"{}\">{chart}, {space}</text></g>\n",
        BOX.0,
        BOX.1,
        y + 19,
        y + 36
    )
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
