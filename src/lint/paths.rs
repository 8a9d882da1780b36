//! Where the template files of a chart lie, whatever name an alias gave their subchart.

use crate::chart::Chart;
use crate::render::{self, TemplateFile};

/// A template file, and its path in the folder of the chart.
pub(super) struct Placed {
    pub(super) file: TemplateFile,
    pub(super) path: String,
}

/// The template files of a chart and its subcharts, which may bear aliases.
pub(super) fn templates(chart: &Chart) -> Vec<Placed> {
    let mut folders = Vec::new();
    add_folders(chart, (chart.name().to_owned(), String::new()), &mut folders);
    let files = render::template_files(chart).into_iter();
    let placed = files.map(|file| {
        let (named, folder) = folders.get(file.chart).map_or(("", ""), |(named, folder)| (named, folder));
        let inner = file.name.strip_prefix(named).unwrap_or(&file.name).trim_start_matches('/');
        let path = format!("{folder}{inner}");
        Placed { file, path }
    });
    placed.collect()
}

/// The path that Helm makes up for each chart, and that of its folder, each chart before its subcharts.
fn add_folders(chart: &Chart, (named, folder): (String, String), folders: &mut Vec<(String, String)>) {
    folders.push((named.clone(), folder.clone()));
    for sub in &chart.dependencies {
        let place = if sub.place.is_empty() { sub.name() } else { &sub.place };
        add_folders(sub, (format!("{named}/charts/{}", sub.name()), format!("{folder}charts/{place}/")), folders);
    }
}
