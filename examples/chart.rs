//! Loads a chart: `cargo run --example chart -- charts/hello`.
#![allow(clippy::print_stdout)]

use chartwright::chart::{Chart, LoadOptions, Notices};
use std::path::PathBuf;

fn main() -> Result<(), chartwright::diagnostic::Error> {
    let path = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("charts/hello"), PathBuf::from);
    let mut notices = Notices::new();
    let chart = Chart::load(&path, &LoadOptions::default(), &mut notices)?;
    println!("{} {}", chart.name(), chart.metadata.version);
    chart.templates.iter().for_each(|file| println!("  {} ({} bytes)", &*file.name, file.data.len()));
    notices.iter().for_each(|notice| println!("{notice}"));
    Ok(())
}
