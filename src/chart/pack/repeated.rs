//! Copies of library charts that need not be packed.

use crate::chart::Chart;
use std::collections::HashMap;

/// The files of one copy of a library chart: names below its folder, and contents.
type Copied<'a> = Vec<(&'a str, &'a [u8])>;

/// Takes out what subcharts carry of library charts that stand, file by file the same, above them.
///
/// The templates of all charts of a tree share their names, so the copy at the top serves them all: a chart that gathers
/// others holds its library once. `files` are those of the chart's archive, sorted by name.
pub(super) fn leave_out_repeated(chart: &Chart, files: &mut Vec<(&str, &[u8])>) {
    for library in chart.dependencies.iter().filter(|sub| sub.is_library()) {
        let folder = format!("charts/{}/", library.name());
        let own: Copied<'_> = below(files, &folder).collect();
        let inner = format!("/{folder}");
        let mut copies: HashMap<&str, Copied<'_>> = HashMap::new();
        for (name, data) in files.iter() {
            if let Some(at) = name.find(&inner) {
                let (place, rest) = name.split_at(at + inner.len());
                copies.entry(place).or_default().push((rest, data));
            }
        }
        copies.retain(|_, copy| !own.is_empty() && *copy == own);
        files.retain(|(name, _)| name.find(&inner).is_none_or(|at| !copies.contains_key(&name[..at + inner.len()])));
    }
}

fn below<'a>(files: &[(&'a str, &'a [u8])], folder: &str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    files.iter().filter_map(move |(name, data)| Some((name.strip_prefix(folder)?, *data)))
}
