//! Checks over whole charts that a finding in rendered output names the template line that wrote it.
//!
//!     cargo run --release --example marked_lines -- FOLDER_WITH_ARCHIVES
//!
//! Every line that a finding names gets a marker before and behind it, and the chart is rendered again. The finding's
//! output line has to carry the second marker, or, where one template line wrote several, lie between the two.

#![allow(clippy::print_stdout)]

use chartwright::chart::{Chart, Compat, File, LoadOptions, Notices};
use chartwright::lint::{self, Level, Levels, Request};
use chartwright::render::action::{RenderOptions, SchemaCheck, prepare};
use chartwright::render::{Capabilities, Parses, Release, Tracing};
use chartwright::source::Sources;
use chartwright::template::Limits;
use chartwright::value::Map;
use chartwright::world::{FixedWorld, Lenient};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A finding in rendered output.
struct Found {
    rule: &'static str,
    /// The file of the chart and its line, from 1.
    place: (String, usize),
    /// The rendered file and its line, from 1.
    output: (String, usize),
}

fn findings(chart: &Chart) -> Vec<Found> {
    let (values, capabilities) = (Map::new(), Capabilities::of_helm(Compat::Helm43));
    let (world, mut levels) = (FixedWorld::default(), Levels::default());
    lint::rules().for_each(|rule| levels.set(rule.name, Level::Error).expect("a rule"));
    let request = Request {
        values: &values,
        compat: Compat::Helm43,
        capabilities: &capabilities,
        namespace: "default",
        world: &world,
        parses: &Parses::new(Compat::Helm43),
        values_files: &[],
        levels: &levels,
        previous: None,
        name: &str::to_owned,
    };
    let mut sources = Sources::new();
    let all = lint::lint(chart, &request, &mut sources);
    let found = all.into_iter().filter_map(|finding| {
        let output = finding.output?;
        let (source, at) = sources.locate(finding.diagnostic.primary?)?;
        // Markers are put where the defaults render; further cases go the same way.
        output.case.is_empty().then(|| Found {
            rule: finding.diagnostic.rule.unwrap_or_default(),
            place: (source.name().to_owned(), at.line),
            output: (output.file, output.line),
        })
    });
    found.collect()
}

/// The rendered files by name, each as its lines.
fn rendered(files: Vec<File>) -> Option<BTreeMap<String, Vec<String>>> {
    let chart = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).ok()?;
    let prepared = prepare(chart, &Map::new(), SchemaCheck::Skip, Compat::Helm43, &mut Notices::new()).ok()?;
    let (release, capabilities) = (Release::install("release-name", "default"), Capabilities::of_helm(Compat::Helm43));
    let options = RenderOptions {
        release: &release,
        capabilities: &capabilities,
        limits: Limits::default(),
        tracing: Tracing::Off,
    };
    let rendered = prepared.render(&options, &Lenient(&FixedWorld::default())).ok()?;
    let lines = |text: &[u8]| String::from_utf8_lossy(text).lines().map(str::to_owned).collect();
    Some(rendered.files().map(|(name, text)| (name.to_owned(), lines(text))).collect())
}

fn marker(number: usize, end: char) -> String {
    format!("MK{number:05}{end}")
}

/// Which markers a line gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Both,
    /// A marker before `{{-` would keep the blanks that this takes away, line breaks too.
    Last,
}

/// The files with markers around the lines of these places.
fn marked(files: &[File], places: &[(usize, &(String, usize))], ends: Ends) -> Vec<File> {
    let mut files = files.to_vec();
    for file in &mut files {
        let own: Vec<_> = places.iter().filter(|(_, (name, _))| **name == *file.name).collect();
        if own.is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(&file.data).into_owned();
        let mut out = String::new();
        for (at, line) in text.lines().enumerate() {
            match own.iter().find(|(_, (_, number))| *number == at + 1) {
                Some((number, _)) => {
                    let indent = line.len() - line.trim_start().len();
                    let (indent, line) = line.split_at(indent);
                    let first = if ends == Ends::Both { marker(*number, 'a') } else { String::new() };
                    out.push_str(&format!("{indent}{first}{line} {}\n", marker(*number, 'z')));
                }
                None => out.push_str(&format!("{line}\n")),
            }
        }
        file.data = out.into_bytes().into();
    }
    files
}

/// Where a finding's line lies beside the markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Nowhere,
    Between,
    OnLine,
}

fn seen(files: &BTreeMap<String, Vec<String>>, number: usize, found: &Found) -> Seen {
    let Some(lines) = files.get(&found.output.0) else { return Seen::Nowhere };
    let line = found.output.1 - 1;
    let (first, last) = (marker(number, 'a'), marker(number, 'z'));
    if lines.get(line).is_some_and(|text| text.contains(&last)) {
        return Seen::OnLine;
    }
    let begun = lines.iter().take(line + 1).rposition(|text| text.contains(&first));
    let ended = lines.iter().skip(line).position(|text| text.contains(&last)).map(|at| at + line);
    let between = begun.zip(ended).is_some_and(|(begun, ended)| {
        // No other turn of the same line may lie between.
        !lines[begun..=ended].iter().skip(1).any(|text| text.contains(&first))
            && !lines[begun..ended].iter().any(|text| text.contains(&last))
    });
    if between { Seen::Between } else { Seen::Nowhere }
}

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder of archives"));
    let mut archives: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("reads the folder").flatten().map(|entry| entry.path()).collect();
    archives.retain(|path| path.extension().is_some_and(|end| end == "tgz"));
    archives.sort();
    let mut counts: BTreeMap<Seen, usize> = BTreeMap::new();
    for path in archives {
        let bytes = std::fs::read(&path).expect("reads an archive");
        let Ok(chart) = Chart::from_archive(&path, &bytes, &LoadOptions::default(), &mut Notices::new()) else {
            continue;
        };
        let found = findings(&chart);
        let mut places: Vec<(String, usize)> = found.iter().map(|found| found.place.clone()).collect();
        places.sort();
        places.dedup();
        let numbered: Vec<(usize, &(String, usize))> = places.iter().enumerate().collect();
        let together = rendered(marked(&chart.raw, &numbered, Ends::Both)).unwrap_or_default();
        for found in &found {
            let Some(number) = places.iter().position(|place| *place == found.place) else { continue };
            let mut verdict = seen(&together, number, found);
            // Markers of other lines may have led the templates another way.
            for ends in [Ends::Both, Ends::Last] {
                if verdict == Seen::Nowhere {
                    let alone = marked(&chart.raw, &[(number, &found.place)], ends);
                    verdict = seen(&rendered(alone).unwrap_or_default(), number, found);
                }
            }
            *counts.entry(verdict).or_default() += 1;
            if verdict == Seen::Nowhere {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let ((file, line), (output, at)) = (&found.place, &found.output);
                println!("{name}: {} names {file}:{line}, not seen at {output}:{at}", found.rule);
            }
        }
    }
    println!("{counts:?}");
}
