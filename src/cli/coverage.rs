//! The coverage of templates as a table, as LCOV and as a page.

use super::report::harmless;
use super::test::ChartReport;
use super::test_report::attribute;
use crate::source::position;
use crate::template::{Covered, Hits};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How coverage is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A table.
    Text,
    /// LCOV's trace file.
    Lcov,
    /// A page of its own.
    Html,
}

/// The coverage of all charts.
pub(super) struct Measured {
    files: Vec<FileCoverage>,
}

/// The coverage of one template file.
struct FileCoverage {
    name: String,
    text: String,
    /// How often each line with something to execute was executed.
    lines: BTreeMap<usize, u64>,
    blocks: Vec<Block>,
}

/// An `if`, `with` or `range`.
struct Block {
    line: usize,
    taken: u64,
    otherwise: u64,
}

/// How much of something was executed.
#[derive(Clone, Copy, Default)]
struct Share {
    hit: usize,
    all: usize,
}

impl Share {
    fn add(self, other: Share) -> Share {
        Share { hit: self.hit + other.hit, all: self.all + other.all }
    }

    #[allow(clippy::cast_precision_loss)]
    fn percent(self) -> f64 {
        if self.all == 0 { 100.0 } else { self.hit as f64 * 100.0 / self.all as f64 }
    }
}

impl FileCoverage {
    fn of(name: String, text: &[u8], parts: &[Covered]) -> FileCoverage {
        let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
        let mut blocks = Vec::new();
        for part in parts {
            let first = position(text, part.start as usize).line;
            for (line, start) in lines_from(text, part.start as usize, part.end as usize, first) {
                // A blank line within a text is nothing to execute.
                if part.end > part.start && is_blank(text, start, part.end as usize) {
                    continue;
                }
                let count = lines.entry(line).or_default();
                *count = (*count).max(part.hits.count());
            }
            if let Hits::Block { taken, otherwise } = part.hits {
                blocks.push(Block { line: first, taken, otherwise });
            }
        }
        FileCoverage { name, text: String::from_utf8_lossy(text).into_owned(), lines, blocks }
    }

    fn lines(&self) -> Share {
        Share { hit: self.lines.values().filter(|count| **count > 0).count(), all: self.lines.len() }
    }

    fn branches(&self) -> Share {
        let hit = |block: &Block| usize::from(block.taken > 0) + usize::from(block.otherwise > 0);
        Share { hit: self.blocks.iter().map(hit).sum(), all: self.blocks.len() * 2 }
    }

    /// Lines that were never executed, as ranges.
    fn missed(&self) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut open = false;
        for (line, count) in &self.lines {
            match (ranges.last_mut(), *count) {
                (_, 1..) => open = false,
                (Some(range), 0) if open => range.1 = *line,
                _ => {
                    ranges.push((*line, *line));
                    open = true;
                }
            }
        }
        let told = |(first, last): &(usize, usize)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        ranges.iter().map(told).collect::<Vec<_>>().join(", ")
    }
}

/// The lines that bytes `start..end` touch, each with the first byte of them on it.
fn lines_from(text: &[u8], start: usize, end: usize, first: usize) -> Vec<(usize, usize)> {
    let mut lines = vec![(first, start)];
    let inner = text.get(start..end).unwrap_or_default();
    lines.extend(memchr::memchr_iter(b'\n', inner).enumerate().map(|(at, byte)| (first + at + 1, start + byte + 1)));
    lines
}

fn is_blank(text: &[u8], start: usize, end: usize) -> bool {
    let rest = text.get(start..end).unwrap_or_default();
    rest.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii().is_empty()
}

impl Measured {
    /// The files of all charts that have something to execute.
    pub(super) fn of(reports: &[ChartReport]) -> Measured {
        let mut files = Vec::new();
        for chart in reports {
            let Some(coverage) = &chart.report.coverage else { continue };
            for (name, text, parts) in coverage.files() {
                let inner = name.split_once('/').map_or(name, |(_, inner)| inner);
                let path = chart.path.join(inner);
                let shown = if path.is_file() { path.to_string_lossy().into_owned() } else { name.to_owned() };
                files.push(FileCoverage::of(shown, text, parts));
            }
        }
        files.retain(|file| !file.lines.is_empty());
        Measured { files }
    }

    /// How many of a hundred lines were executed.
    pub(super) fn percent(&self) -> f64 {
        self.lines().percent()
    }

    fn lines(&self) -> Share {
        self.files.iter().map(FileCoverage::lines).fold(Share::default(), Share::add)
    }

    fn branches(&self) -> Share {
        self.files.iter().map(FileCoverage::branches).fold(Share::default(), Share::add)
    }

    /// The coverage in a format.
    pub(super) fn text(&self, format: Format) -> String {
        match format {
            Format::Text => self.table(),
            Format::Lcov => self.lcov(),
            Format::Html => self.page(),
        }
    }

    fn table(&self) -> String {
        let width = self.files.iter().map(|file| file.name.chars().count()).max().unwrap_or(0).max(5);
        let mut out = format!("{:width$}  {:>7}  {:>8}  missed lines\n", "file", "lines", "branches");
        let mut row = |name: &str, lines: Share, branches: Share, missed: &str| {
            let (lines, branches) = (lines.percent(), branches.percent());
            let line = format!("{name:width$}  {lines:>5.1} %  {branches:>6.1} %  {missed}");
            let _ = writeln!(out, "{}", harmless(line.trim_end()));
        };
        for file in &self.files {
            row(&file.name, file.lines(), file.branches(), &file.missed());
        }
        row("total", self.lines(), self.branches(), "");
        out
    }

    fn lcov(&self) -> String {
        let mut out = String::new();
        for file in &self.files {
            let _ = writeln!(out, "TN:\nSF:{}", file.name.replace('\n', " "));
            for (number, block) in file.blocks.iter().enumerate() {
                for (branch, count) in [block.taken, block.otherwise].into_iter().enumerate() {
                    let reached = block.taken + block.otherwise > 0;
                    let count = if reached { count.to_string() } else { "-".to_owned() };
                    let _ = writeln!(out, "BRDA:{},{number},{branch},{count}", block.line);
                }
            }
            let (lines, branches) = (file.lines(), file.branches());
            let _ = writeln!(out, "BRF:{}\nBRH:{}", branches.all, branches.hit);
            for (line, count) in &file.lines {
                let _ = writeln!(out, "DA:{line},{count}");
            }
            let _ = writeln!(out, "LF:{}\nLH:{}\nend_of_record", lines.all, lines.hit);
        }
        out
    }

    fn page(&self) -> String {
        let mut out = String::from(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Template coverage</title><style>\n\
             body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:.2em .8em;\
             text-align:right}td:first-child,th:first-child{text-align:left}pre{border:1px solid #ccc;padding:.5em;\
             overflow:auto}.hit{background:#dfd}.miss{background:#fdd}.part{background:#ffc}.n{color:#888}\n\
             </style></head><body>\n<h1>Template coverage</h1>\n<table><tr><th>file</th><th>lines</th>\
             <th>branches</th></tr>\n",
        );
        for (number, file) in self.files.iter().enumerate() {
            let name = attribute(&file.name);
            let (lines, branches) = (file.lines().percent(), file.branches().percent());
            let _ = writeln!(
                out,
                "<tr><td><a href=\"#f{number}\">{name}</a></td><td>{lines:.1} %</td><td>{branches:.1} %</td></tr>"
            );
        }
        let (lines, branches) = (self.lines().percent(), self.branches().percent());
        let _ = writeln!(out, "<tr><th>total</th><th>{lines:.1} %</th><th>{branches:.1} %</th></tr></table>");
        for (number, file) in self.files.iter().enumerate() {
            let _ = writeln!(out, "<h2 id=\"f{number}\">{}</h2>\n<pre>", attribute(&file.name));
            file.write_lines(&mut out);
            out.push_str("</pre>\n");
        }
        out.push_str("</body></html>\n");
        out
    }
}

impl FileCoverage {
    fn write_lines(&self, out: &mut String) {
        for (at, text) in self.text.lines().enumerate() {
            let line = at + 1;
            let half = |block: &Block| block.line == line && (block.taken == 0) != (block.otherwise == 0);
            let (class, count) = match self.lines.get(&line) {
                None => ("", String::new()),
                Some(0) => ("miss", "0".to_owned()),
                Some(count) if self.blocks.iter().any(half) => ("part", count.to_string()),
                Some(count) => ("hit", count.to_string()),
            };
            let text = attribute(text);
            let _ =
                writeln!(out, "<span class=\"{class}\"><span class=\"n\">{line:>5} {count:>6}</span> {text}</span>");
        }
    }
}
