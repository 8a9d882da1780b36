//! What `show` does, for both command lines.

use super::jsonpath::JsonPath;
use super::locate;
use super::options::{Part, ShowOptions};
use super::run_template::load_chart;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{Chart, File, Metadata};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::Value;

/// Prints a part of a chart.
pub(super) fn run(options: &ShowOptions, ui: &mut Ui) -> Outcome {
    if options.debug {
        ui.show_debug();
    }
    ui.debug("original chart version", &[("version", &options.chart.version)]);
    let path = locate::locate(&options.path, &options.chart, ui)?;
    let chart = load_chart(&path, options.compat, options.limits, ui)?;
    let shows = |part| options.part == part || options.part == Part::All;
    let separator = if options.part == Part::All { "---\n" } else { "" };
    let mut out = Vec::new();
    if shows(Part::Chart) {
        out.extend(metadata_text(&chart.metadata)?);
        out.push(b'\n');
    }
    if shows(Part::Values) {
        out.extend(values_text(&chart, options, separator)?);
    }
    if let Some(readme) = readme(&chart).filter(|_| shows(Part::Readme)) {
        push_lines(&mut out, separator, &readme.data);
    }
    if shows(Part::Crds) {
        for (_, crd) in chart.crds() {
            let separator = if crd.data.starts_with(b"---") { "" } else { "---\n" };
            push_lines(&mut out, separator, &crd.data);
        }
    }
    ui.print(out)?;
    Ok(ExitStatus::Success)
}

fn push_lines(out: &mut Vec<u8>, separator: &str, text: &[u8]) {
    out.extend_from_slice(separator.as_bytes());
    out.extend_from_slice(text);
    out.push(b'\n');
}

fn values_text(chart: &Chart, options: &ShowOptions, separator: &str) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    let Some(values) = &chart.values else { return Ok(out) };
    if !options.jsonpath.is_empty() {
        let path = JsonPath::parse(&options.jsonpath).map_err(|why| {
            let text = format!("error parsing jsonpath {}: {why}", options.jsonpath);
            Error::new(ErrorKind::Usage, text)
        })?;
        out.extend_from_slice(separator.as_bytes());
        out.extend(path.print(&Value::Map(values.clone())));
        return Ok(out);
    }
    out.extend_from_slice(separator.as_bytes());
    for file in chart.raw.iter().filter(|file| &*file.name == "values.yaml") {
        push_lines(&mut out, "", &file.data);
    }
    Ok(out)
}

fn readme(chart: &Chart) -> Option<&File> {
    let is_readme =
        |name: &str| ["readme.md", "readme.txt", "readme"].iter().any(|known| name.eq_ignore_ascii_case(known));
    chart.files.iter().find(|file| is_readme(&file.name))
}

/// `Chart.yaml` as Helm writes it: known keys only, sorted, empty ones left out.
fn metadata_text(metadata: &Metadata) -> Result<Vec<u8>, Stop> {
    let mut text = metadata.to_yaml()?;
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    Ok(text)
}
