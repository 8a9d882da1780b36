//! What `show` does, for both command lines.

use super::jsonpath::JsonPath;
use super::locate;
use super::options::{Part, ShowOptions};
use super::run_template::load_chart;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::chart::{Chart, File, Metadata};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{Map, Value};
use crate::yaml;

/// Prints a part of a chart.
pub(super) fn run(options: &ShowOptions, ui: &mut Ui) -> Outcome {
    if options.debug {
        ui.show_debug();
    }
    ui.debug("original chart version", &[("version", &options.chart.version)]);
    let path = locate::locate(&options.path, &options.chart)?;
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
    let text = yaml::to_yaml(&Value::Map(metadata_map(metadata)));
    let mut text = text.map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?;
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    Ok(text)
}

fn metadata_map(metadata: &Metadata) -> Map {
    let maintainers = metadata.maintainers.iter().map(|one| {
        Value::Map(known([("name", text(&one.name)), ("email", text(&one.email)), ("url", text(&one.url))]))
    });
    let dependencies = metadata.dependencies().iter().map(|one| {
        let map = known([
            ("version", text(&one.version)),
            ("condition", text(&one.condition)),
            ("tags", texts(&one.tags)),
            ("enabled", one.enabled.then_some(Value::Bool(true))),
            ("import-values", filled(one.import_values.clone())),
            ("alias", text(&one.alias)),
        ]);
        map.insert("name", Value::str(&one.name));
        map.insert("repository", Value::str(&one.repository));
        Value::Map(map)
    });
    let annotations = metadata.annotations.iter().flatten().map(|(key, value)| (key.as_str(), Value::str(value)));
    let annotations: Map = annotations.collect();
    known([
        ("name", text(&metadata.name)),
        ("home", text(&metadata.home)),
        ("sources", texts(&metadata.sources)),
        ("version", text(&metadata.version)),
        ("description", text(&metadata.description)),
        ("keywords", texts(&metadata.keywords)),
        ("maintainers", filled(maintainers.collect())),
        ("icon", text(&metadata.icon)),
        ("apiVersion", text(&metadata.api_version)),
        ("condition", text(&metadata.condition)),
        ("tags", text(&metadata.tags)),
        ("appVersion", text(&metadata.app_version)),
        ("deprecated", metadata.deprecated.then_some(Value::Bool(true))),
        ("annotations", Some(Value::Map(annotations.clone())).filter(|_| !annotations.is_empty())),
        ("kubeVersion", text(&metadata.kube_version)),
        ("dependencies", filled(dependencies.collect())),
        ("type", text(&metadata.kind)),
    ])
}

fn known<const N: usize>(entries: [(&str, Option<Value>); N]) -> Map {
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::str(text))
}

fn texts(items: &[String]) -> Option<Value> {
    filled(items.iter().map(Value::str).collect())
}

fn filled(items: Vec<Value>) -> Option<Value> {
    (!items.is_empty()).then(|| Value::list(items))
}
