//! The project's own charts: each loads, is linted without a finding, renders to objects that fit Kubernetes' types,
//! passes its unit tests, and has a README and a schema of its present values.
//!
//! What needs Helm, kubeconform or a cluster is in `e2e/charts`.

use chartwright::chart::{Chart, Compat, LoadOptions, Notices};
use chartwright::chart_docs;
use chartwright::dependency::local;
use chartwright::diagnostic::{Diagnostic, Error, Severity};
use chartwright::json;
use chartwright::kubernetes::{Depth, MissingSchemas, NoLocations, Settings, Strictness, Validator, documents};
use chartwright::lint::{self, Levels, Request};
use chartwright::render::action::{Prepared, RenderOptions, SchemaCheck, prepare};
use chartwright::render::{Capabilities, Parses, Release, Rendered, Tracing};
use chartwright::schema_inference::{self, Observed};
use chartwright::source::{SourceId, Sources};
use chartwright::template::Limits;
use chartwright::unit_test::{Options, SnapshotMode, TestFile, TestOutcome, read, run};
use chartwright::value::Map;
use chartwright::world::FixedWorld;
use chartwright::yaml;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const GROUPS: [&str; 4] = ["library", "base-infrastructure", "platform", "modules"];

/// Keys that a schema may know although nothing reads them, because a parent or Helm sets them.
const CONVENTIONAL: [&str; 7] =
    ["global", "enabled", "nameOverride", "fullnameOverride", "namespaceOverride", "commonLabels", "commonAnnotations"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("charts")
}

/// The folders of a folder that hold a chart.
fn charts_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = folders.filter(|path| path.join("Chart.yaml").is_file()).collect();
    found.sort();
    found
}

/// All charts, and the examples of libraries, which hold their unit tests.
fn folders() -> Vec<PathBuf> {
    let groups = GROUPS.iter().flat_map(|group| charts_below(&root().join(group)));
    groups.flat_map(|folder| [vec![folder.clone()], charts_below(&folder)].concat()).collect()
}

/// Judges all charts, on two threads because unoptimised code is slow, and tells all problems at once.
fn judge_all(judge: impl Fn(&Path) -> Vec<String> + Sync) {
    let (folders, next, problems) = (folders(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
            let title = folder.strip_prefix(root()).unwrap_or(folder).display();
            let found = judge(folder).into_iter().map(|problem| format!("{title}: {problem}"));
            problems.lock().expect("no thread panicked").extend(found.collect::<Vec<_>>());
        }
    };
    std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(work));
        threads.into_iter().for_each(|thread| thread.join().expect("judges"));
    });
    let mut problems = problems.into_inner().expect("no thread panicked");
    problems.sort();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// A chart with its `file://` dependencies.
fn load(folder: &Path) -> Result<Chart, Error> {
    let mut chart = Chart::load_folder(folder, &LoadOptions::default(), &mut Notices::new())?;
    local::attach(&mut chart, folder, &LoadOptions::default(), (&mut Notices::new(), &mut Sources::new()))?;
    Ok(chart)
}

fn is_library(chart: &Chart) -> bool {
    chart.metadata.kind == "library"
}

fn is_example(folder: &Path) -> bool {
    folder.ends_with("example")
}

/// The values of each `ci/*-values.yaml` with its name; none at all stand for the defaults.
fn cases(folder: &Path) -> Vec<(String, Map)> {
    let Ok(entries) = std::fs::read_dir(folder.join("ci")) else { return vec![("defaults".to_owned(), Map::new())] };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let paths = paths.filter(|path| path.to_string_lossy().ends_with("-values.yaml"));
    paths
        .map(|path| {
            let text = std::fs::read(&path).expect("reads values");
            let name = path.file_name().expect("has a name").to_string_lossy().into_owned();
            (name, yaml::from_yaml_map(&text).expect("values"))
        })
        .collect()
}

fn render(chart: Chart, values: &Map, check: SchemaCheck, tracing: Tracing) -> Result<(Prepared, Rendered), String> {
    let prepared = prepare(chart, values, check, Compat::Helm43, &mut Notices::new()).map_err(|one| one.to_string())?;
    let (release, capabilities) = (Release::install("checked", "charts"), Capabilities::of_helm(Compat::Helm43));
    let options = RenderOptions { release: &release, capabilities: &capabilities, limits: Limits::default(), tracing };
    let rendered = prepared.render(&options, &FixedWorld::default()).map_err(|failure| format!("{failure:?}"))?;
    Ok((prepared, rendered))
}

#[test]
fn there_are_charts_and_each_loads() {
    assert!(!folders().is_empty());
    judge_all(|folder| load(folder).err().map(|error| error.to_string()).into_iter().collect());
}

#[test]
fn lint_finds_nothing() {
    judge_all(|folder| {
        let Ok(chart) = load(folder) else { return Vec::new() };
        let (levels, values) = (Levels::default(), Map::new());
        let (capabilities, world) = (Capabilities::of_helm(Compat::Helm43), FixedWorld::default());
        let request = Request {
            values: &values,
            compat: Compat::Helm43,
            capabilities: &capabilities,
            namespace: "charts",
            world: &world,
            parses: &Parses::new(Compat::Helm43),
            values_files: &[],
            levels: &levels,
            previous: None,
            name: &str::to_owned,
        };
        let mut sources = Sources::new();
        let findings = lint::lint(&chart, &request, &mut sources);
        let own = findings.into_iter().map(|finding| finding.diagnostic);
        own.filter(|found| found.severity >= Severity::Warning).map(|found| told(&found, &sources)).collect()
    });
}

fn told(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = diagnostic.primary.and_then(|span| sources.locate(span));
    let place = place.map_or(String::new(), |(source, at)| format!("{}:{}: ", source.name(), at.line));
    format!("{place}{} ({})", diagnostic.message, diagnostic.rule.unwrap_or("no rule"))
}

#[test]
fn every_case_renders_to_valid_objects() {
    judge_all(|folder| match load(folder) {
        Ok(chart) if !is_library(&chart) => {
            let cases = cases(folder);
            let judged = cases.iter().flat_map(|(name, values)| {
                invalid(chart.clone(), values).into_iter().map(move |problem| format!("{name}: {problem}"))
            });
            judged.collect()
        }
        _ => Vec::new(),
    });
}

/// What is wrong with the objects of one case.
fn invalid(chart: Chart, values: &Map) -> Vec<String> {
    let (_, rendered) = match render(chart, values, SchemaCheck::Validate, Tracing::Off) {
        Ok(done) => done,
        Err(problem) => return vec![problem],
    };
    let settings =
        Settings { minor: 36, strictness: Strictness::Strict, depth: Depth::Server, missing: MissingSchemas::Refuse };
    let validator = Validator::new(settings, &NoLocations).expect("a known version");
    let manifests = rendered.files().filter(|(path, _)| !path.ends_with("NOTES.txt"));
    let mut problems = Vec::new();
    for (path, text) in manifests {
        for document in documents(text) {
            let checked = validator.check(&document, SourceId::default()).expect("no locations");
            let findings = checked.iter().flat_map(|one| &one.findings);
            problems.extend(findings.map(|finding| format!("{path}: {}", finding.message)));
        }
    }
    problems
}

#[test]
fn unit_tests_pass() {
    judge_all(|folder| {
        let mut files = Vec::new();
        for path in test_files(folder) {
            let (mut sources, text) = (Sources::new(), std::fs::read(&path).expect("reads a test file"));
            match read(&path, text, &[], &mut sources) {
                Ok(suites) => files.push(TestFile { path, suites, sources }),
                Err(found) => return found.iter().map(|one| told(one, &sources)).collect(),
            }
        }
        let is_tested_elsewhere = folder.join("example").exists();
        if files.is_empty() && !is_tested_elsewhere {
            return vec!["has no unit tests".to_owned()];
        }
        failures(folder, &files)
    });
}

fn test_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("tests")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with("_test.yaml"));
    paths.sort();
    paths
}

fn failures(folder: &Path, files: &[TestFile]) -> Vec<String> {
    let options = Options {
        compat: Compat::Helm43,
        limits: Limits::default(),
        root: folder,
        load: &|| load(folder),
        values: Vec::new(),
        snapshots: SnapshotMode::Check,
        fail_fast: false,
        coverage: false,
    };
    let report = match run(files, &options) {
        Ok(report) => report,
        Err(error) => return vec![error.to_string()],
    };
    let mut problems = Vec::new();
    for file in &report.files {
        problems.extend(file.error.iter().map(ToString::to_string));
        for test in file.tests() {
            let TestOutcome::Failed(diagnostics) = &test.outcome else { continue };
            problems.extend(diagnostics.iter().map(|one| told(one, &file.sources)));
        }
    }
    problems
}

#[test]
fn readmes_are_current() {
    judge_all(|folder| match load(folder) {
        Ok(chart) if !is_library(&chart) && !is_example(folder) => {
            let written = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default();
            match chart_docs::update(&chart, &written) {
                Ok(made) if made == written => Vec::new(),
                Ok(_) => vec!["README.md is out of date: run `chartwright docs`".to_owned()],
                Err(error) => vec![error.to_string()],
            }
        }
        _ => Vec::new(),
    });
}

/// The fields of an entry of payloads.yaml, and the forms in which a site brings it; docs/content.md describes both.
const PAYLOAD_FIELDS: [&str; 9] = ["name", "what", "for", "source", "form", "value", "goes", "required", "without"];
const PAYLOAD_FORMS: [&str; 7] = ["configMap", "claim", "bucket", "image", "artifacts", "values", "chart"];

#[test]
fn payloads_are_described() {
    let page = std::fs::read_to_string(root().join("../docs/content.md")).expect("reads docs/content.md");
    judge_all(|folder| {
        let Ok(text) = std::fs::read(folder.join("payloads.yaml")) else { return Vec::new() };
        let (stated, values) = (plain(&text), std::fs::read(folder.join("values.yaml")).expect("reads values.yaml"));
        let entries = stated["payloads"].as_array().cloned().unwrap_or_default();
        let mut problems: Vec<String> = Vec::new();
        if entries.is_empty() {
            problems.push("payloads.yaml names nothing".to_owned());
        }
        let place = folder.strip_prefix(root()).expect("lies below").display().to_string();
        for entry in &entries {
            let row = payload_row(&place, entry);
            if !page.contains(&row) {
                problems.push(format!("docs/content.md lacks the row\n{row}"));
            }
            problems.extend(payload_faults(entry, &plain(&values)));
        }
        problems
    });
}

/// The row of a payload in docs/content.md.
fn payload_row(place: &str, entry: &Value) -> String {
    let chart = place.rsplit('/').next().unwrap_or_default();
    let (name, source) = (text(&entry["name"]), text(&entry["source"]));
    let values: Vec<String> = texts(&entry["value"]).iter().map(|path| format!("`{path}`")).collect();
    let (forms, values) = (texts(&entry["form"]).join(", "), values.join(", "));
    format!("| [{chart}](../charts/{place}) | `{name}` | {source} | {forms} | {values} |")
}

fn payload_faults(entry: &Value, values: &Value) -> Vec<String> {
    let name = text(&entry["name"]);
    let keys = entry.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let strange = keys.filter(|key| *key != "fetch" && !PAYLOAD_FIELDS.contains(key));
    let mut problems: Vec<String> = strange.map(|key| format!("payload `{name}`: strange field `{key}`")).collect();
    let missing = PAYLOAD_FIELDS.into_iter().filter(|field| entry[*field].is_null());
    problems.extend(missing.map(|field| format!("payload `{name}` has no `{field}`")));
    let forms = texts(&entry["form"]);
    let strange = forms.iter().filter(|form| !PAYLOAD_FORMS.contains(form));
    problems.extend(strange.map(|form| format!("payload `{name}`: strange form `{form}`")));
    let paths = texts(&entry["value"]).into_iter().chain(entry["fetch"].as_str());
    // `extensions.NAME.url`: names that a site chooses stand in capitals.
    let known = |path: &str| {
        let mut keys = path.split('.').take_while(|key| *key != "NAME");
        keys.try_fold(values, |at, key| at.get(key)).is_some()
    };
    let unknown = paths.filter(|path| !known(path));
    problems.extend(unknown.map(|path| format!("payload `{name}`: values.yaml has no `{path}`")));
    problems
}

fn plain(text: &[u8]) -> Value {
    let read = yaml::from_yaml_map(text).map(chartwright::value::Value::Map).expect("is YAML");
    serde_json::from_slice(&json::to_raw_json(&read).expect("JSON")).expect("JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// People make the schemas stricter than they are inferred, but both have to know the same keys.
#[test]
fn schemas_know_the_keys_of_the_values() {
    judge_all(|folder| match load(folder) {
        Ok(chart) if !is_library(&chart) && !is_example(folder) => {
            let Some(written) = chart.schema.as_deref().map(schema_of) else {
                return vec!["has no values.schema.json".to_owned()];
            };
            let mut problems = Vec::new();
            let values = std::fs::read(folder.join("values.yaml")).expect("reads values.yaml");
            let values = yaml::from_yaml_map(&values).map(chartwright::value::Value::Map).expect("values");
            let values = json::to_raw_json(&values).expect("JSON");
            undescribed(&schema_of(&values), (&written, &written), "", &mut |key| {
                problems.push(format!("values.schema.json does not know `{key}` of values.yaml"));
            });
            let inferred = inferred(&chart);
            unread((&written, &written), (&inferred, &inferred), "", &mut |key| {
                problems.push(format!("values.schema.json knows `{key}`, which nothing reads"));
            });
            problems
        }
        _ => Vec::new(),
    });
}

fn schema_of(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("a schema")
}

/// The schema that `chartwright schema` would write.
fn inferred(chart: &Chart) -> Value {
    let seen = render(chart.clone(), &Map::new(), SchemaCheck::Skip, Tracing::On).ok();
    let observed = seen
        .as_ref()
        .and_then(|(prepared, rendered)| Some(Observed { trace: rendered.trace.as_ref()?, values: &prepared.values }));
    schema_of(schema_inference::infer(chart, observed).expect("a schema").as_bytes())
}

/// A part of a schema with its root.
type Part<'a> = (&'a Value, &'a Value);

/// Tells the keys of values that a schema does not name in a map whose keys it names.
fn undescribed(values: &Value, schema: Part<'_>, path: &str, tell: &mut dyn FnMut(String)) {
    let known = properties(schema);
    for (key, value) in values.as_object().into_iter().flatten().filter(|_| !known.is_empty()) {
        let place = format!("{path}{key}");
        match known.iter().find(|(name, _)| name == key) {
            Some((_, inner)) => undescribed(value, (inner, schema.1), &format!("{place}."), tell),
            None => tell(place),
        }
    }
}

/// Tells the keys that one schema names and the other one, closed at that place, refuses.
fn unread(written: Part<'_>, inferred: Part<'_>, path: &str, tell: &mut dyn FnMut(String)) {
    let read = properties(inferred);
    let is_closed = resolved(inferred)["additionalProperties"] == false;
    for (key, schema) in properties(written) {
        let place = format!("{path}{key}");
        match read.iter().find(|(name, _)| *name == key) {
            Some((_, other)) => unread((schema, written.1), (other, inferred.1), &format!("{place}."), tell),
            None if is_closed && !CONVENTIONAL.contains(&key) => tell(place),
            None => {}
        }
    }
}

/// What a schema says of the keys of a map, through its references.
fn properties<'a>((schema, root): Part<'a>) -> Vec<(&'a str, &'a Value)> {
    let schema = resolved((schema, root));
    let own = schema["properties"].as_object().into_iter().flatten().map(|(key, inner)| (key.as_str(), inner));
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.chain(parts.flat_map(|part| properties((part, root)))).collect()
}

fn resolved<'a>((schema, root): Part<'a>) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).map_or(schema, |target| resolved((target, root)))
}
