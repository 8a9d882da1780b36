//! Seeds misspelt, misplaced and dead keys into the values of charts and counts how many lint points at.
//!
//!     cargo run --release --example seeded_typos -- FOLDER_WITH_ARCHIVES 200 [SEED]
//!
//! A map that a template prints whole, or goes over, takes any key. A probe is put into each map, with the chart's own
//! values and with every switch on; where the output changes, or where an action that writes maps names it, the map and
//! all below it are left out.

#![allow(clippy::print_stdout)]

use chartwright::chart::{Chart, Compat, File, LoadOptions, Notices};
use chartwright::lint::{self, Levels, Request};
use chartwright::render::action::{RenderOptions, SchemaCheck, prepare};
use chartwright::render::{Capabilities, Parses, Release, Tracing};
use chartwright::source::Sources;
use chartwright::template::Limits;
use chartwright::value::{Map, Value};
use chartwright::world::{FixedWorld, Lenient};
use chartwright::yaml::{self, Entry, Node, NodeKind};
use std::path::PathBuf;

/// A generator of numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }
}

/// A map of `values.yaml` written in lines: its path, and its entries.
struct Table<'n> {
    path: Vec<String>,
    entries: &'n [Entry],
}

fn key_of(entry: &Entry) -> String {
    entry.key.as_str().map(|key| String::from_utf8_lossy(key).into_owned()).unwrap_or_default()
}

fn tables<'n>(node: &'n Node, path: &[String], found: &mut Vec<Table<'n>>) {
    let entries = node.entries();
    if entries.is_empty() {
        return;
    }
    found.push(Table { path: path.to_vec(), entries });
    for entry in entries {
        let path: Vec<String> = path.iter().cloned().chain([key_of(entry)]).collect();
        tables(&entry.value, &path, found);
    }
}

const PROBE: &str = "chartwrightProbe";

/// Puts a probe into the map at a path.
fn probe(values: &Map, path: &[String]) -> Option<()> {
    let mut table = values.clone();
    for key in path {
        table = table.get(key)?.as_map()?.clone();
    }
    table.insert(PROBE, Value::str(PROBE));
    Some(())
}

/// Turns every switch on.
fn switch_on(values: &Map) {
    let mut todo = vec![values.clone()];
    while let Some(table) = todo.pop() {
        for (key, value) in table.snapshot() {
            match value {
                Value::Bool(false) => drop(table.insert(key, Value::Bool(true))),
                Value::Map(inner) => todo.push(inner),
                _ => {}
            }
        }
    }
}

fn rendered(chart: &Chart, user: &Map) -> Option<Vec<u8>> {
    let mut notices = Notices::new();
    let prepared = prepare(chart.clone(), user, SchemaCheck::Skip, Compat::Helm43, &mut notices).ok()?;
    let (release, capabilities) = (Release::install("release-name", "default"), Capabilities::of_helm(Compat::Helm43));
    let options = RenderOptions {
        release: &release,
        capabilities: &capabilities,
        limits: Limits::default(),
        tracing: Tracing::Off,
    };
    let rendered = prepared.render(&options, &Lenient(&FixedWorld::default())).ok()?;
    Some(rendered.files().flat_map(|(_, text)| text.iter().copied()).collect())
}

/// Whether a template of the chart that a path lies in names the map in an action that writes maps or goes over them.
fn is_written(chart: &Chart, path: &[String]) -> bool {
    let mut chart = chart;
    let mut rest = path;
    while let Some((first, below)) = rest.split_first() {
        let Some(dependency) =
            chart.metadata.dependencies().iter().find(|one| one.name == *first || one.alias == *first)
        else {
            break;
        };
        let Some(sub) = chart.dependencies.iter().find(|sub| sub.name() == dependency.name) else { return true };
        (chart, rest) = (sub, below);
    }
    let named = format!(".Values.{}", rest.join("."));
    chart.templates.iter().any(|file| {
        let text = String::from_utf8_lossy(&file.data);
        text.split("{{").skip(1).filter_map(|action| action.split("}}").next()).any(|action| {
            let writes = ["toYaml", "toJson", "tplvalues", "omit", "range", "merge", "tpl "];
            writes.iter().any(|word| action.contains(word))
                && action.match_indices(&named).any(|(at, _)| {
                    let next = action[at + named.len()..].chars().next().unwrap_or(' ');
                    !(next.is_alphanumeric() || matches!(next, '.' | '_' | '-'))
                })
        })
    })
}

/// The paths of maps that take any key.
fn open_paths(chart: &Chart, values: &[u8], tables: &[Table<'_>]) -> Option<Vec<Vec<String>>> {
    let written = tables.iter().filter(|table| !table.path.is_empty() && is_written(chart, &table.path));
    let mut open: Vec<Vec<String>> = written.map(|table| table.path.clone()).collect();
    for change in [|_: &Map| (), switch_on as fn(&Map)] {
        // Templates may change values, so that each render gets its own.
        let fresh = || {
            let values = yaml::from_yaml_map(values).ok()?;
            change(&values);
            Some(values)
        };
        let before = rendered(chart, &fresh()?);
        for table in tables {
            if open.iter().any(|known| table.path.starts_with(known)) {
                continue;
            }
            let user = fresh()?;
            if probe(&user, &table.path).is_some() && rendered(chart, &user) != before {
                open.push(table.path.clone());
            }
        }
    }
    Some(open)
}

/// The lines of `values.yaml` that lint's findings about values point at, with their messages.
fn findings(files: Vec<File>) -> Option<Vec<(usize, String)>> {
    let chart = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).ok()?;
    let (values, capabilities) = (Map::new(), Capabilities::of_helm(Compat::Helm43));
    let (world, levels) = (FixedWorld::default(), Levels::default());
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
    let mut told = Vec::new();
    for finding in lint::lint(&chart, &request, &mut sources) {
        told.extend(finding.diagnostic.primary.map(|span| (span, finding.diagnostic.message)));
        told.extend(finding.implied);
    }
    let found = told.into_iter().filter_map(|(span, message)| {
        let (source, at) = sources.locate(span)?;
        (source.name() == "values.yaml").then_some((at.line, message))
    });
    Some(found.collect())
}

/// A changed text, the line of the seeded key, and what was done.
struct Seed {
    text: Vec<u8>,
    line: usize,
    told: String,
}

fn line_start(text: &[u8], at: usize) -> usize {
    text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1)
}

fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |found| at + found + 1)
}

fn number_of(text: &[u8], at: usize) -> usize {
    text[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Whether an entry stands on lines of its own.
fn is_block(text: &[u8], entry: &Entry) -> bool {
    let (start, end) = (entry.key.span().start as usize, entry.key.span().end as usize);
    let key = entry.key.as_str().map_or(0, <[u8]>::len);
    text[line_start(text, start)..start].iter().all(|byte| *byte == b' ') && key >= 4 && end - start == key
}

fn misspelt(text: &[u8], table: &Table<'_>, numbers: &mut Numbers) -> Option<Seed> {
    let entry = &table.entries[numbers.below(table.entries.len())];
    let key = key_of(entry);
    if !is_block(text, entry) || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let mut letters = key.clone().into_bytes();
    let at = 1 + numbers.below(letters.len() - 2);
    match numbers.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = if letters[at] == b'x' { b'z' } else { b'x' },
    }
    let other = String::from_utf8_lossy(&letters).into_owned();
    if table.entries.iter().any(|entry| key_of(entry) == other) {
        return None;
    }
    let (start, end) = (entry.key.span().start as usize, entry.key.span().end as usize);
    let text = [&text[..start], &letters, &text[end..]].concat();
    let line = number_of(&text, start);
    Some(Seed { text, line, told: format!("misspelt {} as {other}", [&table.path[..], &[key]].concat().join(".")) })
}

fn misplaced(text: &[u8], tables: &[&Table<'_>], numbers: &mut Numbers) -> Option<Seed> {
    let from = tables[numbers.below(tables.len())];
    let entry = &from.entries[numbers.below(from.entries.len())];
    let to = tables[numbers.below(tables.len())];
    let key = key_of(entry);
    let target = to.entries.first()?;
    let scalar = !matches!(entry.value.kind(), NodeKind::Map(_) | NodeKind::Seq(_));
    let near = to.path.starts_with(&from.path) || from.path.starts_with(&to.path);
    let taken = to.entries.iter().any(|entry| key_of(entry) == key);
    if !scalar || !near || taken || !is_block(text, entry) || !is_block(text, target) {
        return None;
    }
    let (start, end) = (entry.key.span().start as usize, entry.value.span().end as usize);
    if text[start..end].contains(&b'\n') {
        return None;
    }
    let line = (line_start(text, start), line_end(text, end));
    let goal = target.key.span().start as usize;
    let indent = goal - line_start(text, goal);
    let moved = [" ".repeat(indent).as_bytes(), &text[start..end], b"\n"].concat();
    let at = line_start(text, goal);
    let (text, at) = match at < line.0 {
        true => ([&text[..at], &moved, &text[at..line.0], &text[line.1..]].concat(), at),
        false if at >= line.1 => {
            let text = [&text[..line.0], &text[line.1..at], &moved, &text[at..]].concat();
            (text, at - (line.1 - line.0))
        }
        false => return None,
    };
    let line = number_of(&text, at);
    Some(Seed { text, line, told: format!("moved {}.{key} into {}", from.path.join("."), to.path.join(".")) })
}

const WORDS: &[&str] =
    &["legacyMode", "retryPolicy", "colour", "debugLevel", "oldEndpoint", "featureFlags", "timeoutMs"];

fn dead(text: &[u8], table: &Table<'_>, numbers: &mut Numbers) -> Option<Seed> {
    let word = WORDS[numbers.below(WORDS.len())];
    let target = table.entries.first().filter(|entry| is_block(text, entry))?;
    let goal = target.key.span().start as usize;
    let at = line_start(text, goal);
    let new = format!("{}{word}: 1\n", " ".repeat(goal - at));
    let text = [&text[..at], new.as_bytes(), &text[at..]].concat();
    let line = number_of(&text, at);
    Some(Seed { text, line, told: format!("dead {}.{word}", table.path.join(".")) })
}

/// How many seeds of one chart were made and found.
fn count(chart: &Chart, name: &str, wanted: usize, numbers: &mut Numbers) -> Option<(usize, usize)> {
    let file = chart.raw_file("values.yaml")?.clone();
    let node = yaml::parse(&file.data, Default::default()).ok()?;
    let before = findings(chart.raw.clone())?;
    let mut all = Vec::new();
    tables(&node, &[], &mut all);
    let open = open_paths(chart, &file.data, &all)?;
    let closed: Vec<&Table<'_>> =
        all.iter().filter(|table| !open.iter().any(|known| table.path.starts_with(known))).collect();
    let (mut made, mut found, mut tries) = (0, 0, 0);
    while made < wanted && tries < wanted * 50 && !closed.is_empty() {
        tries += 1;
        let table = closed[numbers.below(closed.len())];
        let seed = match numbers.below(3) {
            0 => misspelt(&file.data, table, numbers),
            1 => misplaced(&file.data, &closed, numbers),
            _ => dead(&file.data, table, numbers),
        };
        let Some(seed) = seed else { continue };
        let mut files = chart.raw.clone();
        let own = files.iter_mut().filter(|file| &*file.name == "values.yaml");
        own.for_each(|file| file.data = seed.text.clone().into());
        let Some(after) = findings(files) else { continue };
        made += 1;
        let is_new = |message: &String| before.iter().all(|(_, known)| known != message);
        if after.iter().any(|(line, message)| *line == seed.line && is_new(message)) {
            found += 1;
        } else {
            println!("not found in {name}: {}", seed.told);
        }
    }
    Some((made, found))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder of archives"));
    let wanted: usize = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(200);
    let mut numbers = Numbers(arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(7));
    let mut archives: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("reads the folder").flatten().map(|entry| entry.path()).collect();
    archives.retain(|path| path.extension().is_some_and(|end| end == "tgz"));
    archives.sort();
    let (mut seeded, mut found) = (0, 0);
    for (at, path) in archives.iter().enumerate() {
        let bytes = std::fs::read(path).expect("reads an archive");
        let Ok(chart) = Chart::from_archive(path, &bytes, &LoadOptions::default(), &mut Notices::new()) else {
            continue;
        };
        let share = (wanted - seeded).div_ceil(archives.len() - at);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some((made, told)) = count(&chart, &name, share, &mut numbers) else { continue };
        (seeded, found) = (seeded + made, found + told);
    }
    println!("{found} of {seeded} found");
}
