//! Seeds misspelt keys into the values of charts and counts how many lint finds.
//!
//!     cargo run --release --example seeded_typos -- FOLDER_WITH_ARCHIVES 200

#![allow(clippy::print_stdout)]

use chartwright::chart::{Chart, Compat, File, LoadOptions, Notices};
use chartwright::lint::{self, Levels, Request};
use chartwright::render::Capabilities;
use chartwright::source::Sources;
use chartwright::value::Map;
use chartwright::world::FixedWorld;
use chartwright::yaml::{self, Node};
use std::path::PathBuf;

/// A key of `values.yaml`: its bytes, and its dotted path.
struct Seed {
    start: usize,
    end: usize,
    path: String,
}

/// The keys of maps, those inside of lists left out.
fn keys(node: &Node, path: &str, found: &mut Vec<Seed>) {
    for entry in node.entries() {
        let Some(key) = entry.key.as_str().map(|key| String::from_utf8_lossy(key).into_owned()) else { continue };
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let (start, end) = (entry.key.span().start as usize, entry.key.span().end as usize);
        if key.len() >= 4 && end - start == key.len() && key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            found.push(Seed { start, end, path: path.clone() });
        }
        keys(&entry.value, &path, found);
    }
}

/// What lint says of values nobody reads, and of values that fit nowhere.
fn messages(files: Vec<File>) -> Option<Vec<String>> {
    let chart = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).ok()?;
    let (values, capabilities) = (Map::new(), Capabilities::of_helm(Compat::Helm43));
    let (world, levels) = (FixedWorld::default(), Levels::default());
    let request = Request {
        values: &values,
        compat: Compat::Helm43,
        capabilities: &capabilities,
        namespace: "default",
        world: &world,
        levels: &levels,
        previous: None,
        name: &str::to_owned,
    };
    let findings = lint::lint(&chart, &request, &mut Sources::new());
    let told = findings.into_iter().filter(|finding| {
        matches!(finding.diagnostic.rule, Some("unused-value" | "undefined-value" | "render-failure" | "unfit-values"))
    });
    Some(told.map(|finding| finding.diagnostic.message).collect())
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder of archives"));
    let wanted: usize = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(200);
    let mut archives: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("reads the folder").flatten().map(|entry| entry.path()).collect();
    archives.retain(|path| path.extension().is_some_and(|end| end == "tgz"));
    archives.sort();
    let (mut seeded, mut found, mut state) = (0, 0, 7_u64);
    let per_chart = wanted.div_ceil(archives.len().max(1));
    for path in archives {
        let bytes = std::fs::read(&path).expect("reads an archive");
        let Ok(chart) = Chart::from_archive(&path, &bytes, &LoadOptions::default(), &mut Notices::new()) else {
            continue;
        };
        let Some(values) = chart.raw_file("values.yaml").cloned() else { continue };
        let (Ok(node), Some(before)) = (yaml::parse(&values.data, Default::default()), messages(chart.raw.clone()))
        else {
            continue;
        };
        let mut seeds = Vec::new();
        keys(&node, "", &mut seeds);
        for _ in 0..per_chart.min(seeds.len()) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let seed = &seeds[usize::try_from(state >> 33).unwrap_or(0) % seeds.len()];
            let mut text = values.data.to_vec();
            text.swap(seed.start + 1, seed.start + 2);
            if text[seed.start..seed.end] == values.data[seed.start..seed.end] {
                continue;
            }
            let mut files = chart.raw.clone();
            files
                .iter_mut()
                .filter(|file| &*file.name == "values.yaml")
                .for_each(|file| file.data = text.clone().into());
            let Some(after) = messages(files) else { continue };
            seeded += 1;
            let told = after.iter().any(|message| !before.contains(message));
            found += usize::from(told);
            if !told {
                println!("not found: {} {}", path.file_name().unwrap_or_default().to_string_lossy(), seed.path);
            }
        }
    }
    println!("{found} of {seeded} found");
}
