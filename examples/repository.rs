//! Packs a chart into a repository folder: `cargo run --example repository -- charts/hello out/repository`.
#![allow(clippy::print_stdout)]

use chartwright::chart::{Chart, LoadOptions, Notices, pack};
use chartwright::repository::{Archive, PublishOptions, Shelf, publish};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let chart = words.next().unwrap_or_else(|| "charts/hello".to_owned());
    let folder = words.next().unwrap_or_else(|| "out/repository".to_owned());
    let chart = Chart::load(&PathBuf::from(chart), &LoadOptions::default(), &mut Notices::new())?;
    let archive = Archive::new(chart.name(), chart.metadata.version.as_str(), pack::pack(&chart)?);
    let done = publish(&PathBuf::from(&folder), &[(&chart, &archive)], &PublishOptions::new(0))?;
    done.added.iter().for_each(|file| println!("added {file}"));
    done.unchanged.iter().for_each(|file| println!("was there: {file}"));
    // What was published is found by name and version.
    let shelf = Shelf::open(&folder)?;
    let found = shelf.find(chart.name(), &chart.metadata.version, &LoadOptions::default());
    let found = found.map_err(|missing| missing.into_error())?;
    println!("{} sha256:{}", found.archive.file, found.archive.digest);
    Ok(())
}
