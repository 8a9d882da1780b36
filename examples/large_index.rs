//! Makes an index of many versions, and measures what it takes to find one of them and to add another:
//! `cargo run --release --example large_index -- [VERSIONS]`. Ends with status 1 when a figure is missed.
#![allow(clippy::print_stdout)]

use chartwright::chart::Metadata;
use chartwright::repository::IndexFile;
use chartwright::repository::index::{NewVersion, Overwrite};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// How many charts share the versions.
const CHARTS: usize = 500;

fn main() -> ExitCode {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let path = std::env::temp_dir().join(format!("chartwright-index-{}.yaml", std::process::id()));
    let size = write(&path, count);
    println!("{count} versions, {:.1} bytes each, {:.1} MB", size as f64 / count as f64, size as f64 / 1e6);
    let passed = measure(&path, count, size);
    // It lies in the folder for temporary files.
    let _ = fs::remove_file(&path);
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes an index as Helm would, piece by piece, so that this process does not grow.
fn write(path: &Path, count: usize) -> u64 {
    let mut file = std::io::BufWriter::new(fs::File::create(path).expect("writes"));
    let mut text = String::from("apiVersion: v1\nentries:\n");
    for chart in 0..CHARTS {
        let _ = writeln!(text, "  chart-{chart:05}:");
        for number in (0..count / CHARTS).rev() {
            let about = "a chart of some length whose description says little, again and again; ".repeat(10);
            let digest = format!("{:064x}", chart * 1_000_003 + number);
            let _ = writeln!(
                text,
                "  - apiVersion: v2\n    appVersion: 1.{number}.0\n    created: \"2020-01-01T00:00:00Z\"\n    \
                 description: {about}\n    digest: {digest}\n    name: chart-{chart:05}\n    urls:\n    \
                 - https://charts.example.org/archives/chart-{chart:05}-1.{number}.0.tgz\n    version: 1.{number}.0"
            );
        }
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("writes");
        text.clear();
    }
    std::io::Write::write_all(&mut file, b"generated: \"2020-01-01T00:00:00Z\"\n").expect("writes");
    std::io::Write::flush(&mut file).expect("writes");
    fs::metadata(path).expect("is there").len()
}

fn measure(path: &Path, count: usize, size: u64) -> bool {
    let before = resident();
    let began = Instant::now();
    let mut index = IndexFile::read(path).expect("is an index").expect("is there");
    let version = format!("1.{}.0", count / CHARTS / 2);
    let found = index.find("chart-00250", &version).expect("is an entry");
    let (time, memory) = (began.elapsed().as_secs_f64(), resident().saturating_sub(before));
    assert!(found.is_some_and(|found| found.version == version));
    assert_eq!(index.len(), count / CHARTS * CHARTS);
    let times = memory as f64 / size as f64;
    println!(
        "load and find one: {time:.3} s (must be below 1), {times:.2} times the file in memory (must be below 1.5)"
    );
    let began = Instant::now();
    let mut metadata = Metadata::default();
    (metadata.api_version, metadata.name) = ("v2".into(), "chart-00250".into());
    metadata.version = "9.0.0".into();
    let url = "chart-00250-9.0.0.tgz";
    let new = NewVersion { metadata: &metadata, digest: "00", url, created: "2026-01-01T00:00:00Z" };
    index.insert(&new, Overwrite::Never).expect("adds");
    fs::write(path, index.to_yaml().expect("can be written")).expect("writes");
    let adding = began.elapsed().as_secs_f64();
    println!("add one and write: {adding:.3} s (must be below 2)");
    time < 1.0 && times < 1.5 && adding < 2.0
}

/// The resident size of this process in bytes; 0 where nobody tells.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
