//! A bundle as a picture: waves from left to right, arrows from what is needed to what needs it.

use super::{AnyStep, Bundle};
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
    /// Draws the steps with their waves and needs.
    pub fn graph(&self, picture: Picture) -> String {
        match picture {
            Picture::Text => self.text(),
            Picture::Mermaid => self.mermaid(),
            Picture::Svg => self.svg(),
        }
    }

    /// The numbers of the steps that each step needs.
    fn arrows(&self) -> Vec<(usize, usize)> {
        let steps = self.all_steps();
        let numbers: HashMap<String, usize> = steps.iter().enumerate().map(|(at, step)| (step.id(), at)).collect();
        let needed = |step: &AnyStep<'_>| step.needs().iter().filter_map(|need| numbers.get(need).copied()).collect();
        let needs: Vec<Vec<usize>> = steps.iter().map(needed).collect();
        needs.into_iter().enumerate().flat_map(|(to, from)| from.into_iter().map(move |from| (from, to))).collect()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut wave = None;
        for step in self.all_steps() {
            if wave != Some(step.wave()) {
                wave = Some(step.wave());
                let _ = writeln!(text, "wave {}", step.wave());
            }
            let home = match step {
                AnyStep::Release(release) => format!("{}/{}/", release.cluster, release.namespace),
                AnyStep::Other(_) => String::new(),
            };
            let needs: Vec<&str> = step.needs().iter().map(|need| need.strip_prefix(&home).unwrap_or(need)).collect();
            let arrow = if needs.is_empty() { "" } else { "  <- " };
            let _ = writeln!(text, "  {}{arrow}{}", titled(&step), needs.join(", "));
        }
        text
    }

    fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        let mut number = 0;
        for wave in 0..self.wave_count() {
            let _ = writeln!(text, "  subgraph wave{wave} [wave {wave}]");
            for step in self.wave(wave) {
                let (open, close) = if matches!(step, AnyStep::Release(_)) { ("[", "]") } else { ("([", "])") };
                let _ = writeln!(text, "    r{number}{open}\"{}<br>{}\"{close}", step.id(), about(&step));
                number += 1;
            }
            text.push_str("  end\n");
        }
        for (from, to) in self.arrows() {
            let _ = writeln!(text, "  r{from} --> r{to}");
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
        for (from, to) in self.arrows() {
            text.push_str(&arrow(places[from], places[to]));
        }
        for (step, place) in self.all_steps().iter().zip(places) {
            text.push_str(&drawn(step, place));
        }
        text.push_str("</svg>\n");
        text
    }

    /// The upper left corner of each step's box, in the order of the steps.
    fn places(&self) -> Vec<(usize, usize)> {
        let mut rows: HashMap<usize, usize> = HashMap::new();
        let steps = self.all_steps();
        let place = |step: &AnyStep<'_>| {
            let row = rows.entry(step.wave()).or_insert(0);
            *row += 1;
            (MARGIN + step.wave() * (BOX.0 + GAP.0), MARGIN + TITLE + (*row - 1) * (BOX.1 + GAP.1))
        };
        steps.iter().map(place).collect()
    }
}

/// The name of a step, with what kind of step it is where it is no release.
fn titled(step: &AnyStep<'_>) -> String {
    match step {
        AnyStep::Release(release) => release.id(),
        AnyStep::Other(step) => format!("{} ({})", step.id, step.work.kind()),
    }
}

/// What a step is about.
fn about(step: &AnyStep<'_>) -> String {
    match step {
        AnyStep::Release(release) => format!("{} {}", release.chart, release.version),
        AnyStep::Other(step) => step.title.clone(),
    }
}

const STYLE: &str = "<style>rect{fill:#f4f7fa;stroke:#47607a}.wave{fill:#47607a}.chart{fill:#5a6b7b;font-size:11px}\
                     path{fill:none;stroke:#8aa0b5}.manual rect{fill:#fdf3df}.hosts rect{fill:#e9f3e6}.check rect{fill:#fff}</style>\n";

fn arrow(from: (usize, usize), to: (usize, usize)) -> String {
    let (x1, y1) = (from.0 + BOX.0, from.1 + BOX.1 / 2);
    let (x2, y2) = (to.0, to.1 + BOX.1 / 2);
    let bend = GAP.0 / 2;
    let (c1, c2) = (x1 + bend, x2.saturating_sub(bend));
    format!("<path d=\"M{x1} {y1} C{c1} {y1} {c2} {y2} {x2} {y2}\"/>\n")
}

fn drawn(step: &AnyStep<'_>, (x, y): (usize, usize)) -> String {
    let left = x + 10;
    let (name, line, class) = match step {
        AnyStep::Release(release) => {
            let chart = cut(&format!("{} {}", release.chart, release.version));
            let space = cut(&format!("{} / {}", release.cluster, release.namespace));
            (release.name.clone(), format!("{chart}, {space}"), "release")
        }
        AnyStep::Other(step) => (step.id.clone(), cut(&step.title), step.work.kind()),
    };
    let (title, name, line) = (escaped(&step.id()), escaped(&cut(&name)), escaped(&line));
    format!(
        "<g class=\"{class}\"><title>{title}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\
         <text x=\"{left}\" y=\"{}\">{name}</text><text class=\"chart\" x=\"{left}\" y=\"{}\">{line}</text></g>\n",
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
