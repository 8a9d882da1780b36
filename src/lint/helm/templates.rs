//! `templates/`: the chart is rendered in Helm's lint mode and what comes out is looked through.

use super::object::{Object, keeps_item};
use super::place::Found;
use super::{Linter, Severity, Step, Stream, names};
use crate::chart::{Chart, Level, Notice, Notices, os};
use crate::funcs::crypto::world_of_known_keys;
use crate::lint::deprecated;
use crate::render::action::{SchemaCheck, check_schemas};
use crate::render::release::Operation;
use crate::render::{self, Job, Release, Rendered, Tracing};
use crate::template::Limits;
use crate::value::{Map, Value, print};
use crate::values;
use crate::world::{KeepingWorld, Lookup, Refusal, Search, Timestamp, World};
use std::cell::RefCell;
use std::collections::HashMap;

const FOLDER: &str = "templates/";

/// The name of the release that Helm's lint renders.
const RELEASE: &str = "test-release";

/// The longest line that Go's scanner reads.
const LONGEST_LINE: usize = 64 * 1024;

impl Linter<'_> {
    /// Renders the chart and checks the manifests of its own templates; subcharts are only rendered.
    pub(super) fn check_templates(&mut self, user: &Map) {
        let found = match self.place.find("templates") {
            Found::Nothing => (Severity::Warning, Err("directory does not exist")),
            Found::File => (Severity::Error, Err("not a directory")),
            Found::Folder => (Severity::Error, Ok(())),
        };
        if !self.note(found.0, FOLDER, found.1) {
            return;
        }
        let chart = match self.place.chart(self.notices) {
            Ok(chart) => chart.clone(),
            Err(error) => {
                self.note(Severity::Error, FOLDER, Err(error));
                return;
            }
        };
        // A chart whose values do not fit together is passed over without a word.
        let Some((chart, values)) = self.prepare(chart, user) else { return };
        match self.render(&chart, values) {
            Ok(rendered) => self.check_files(&chart, &rendered),
            Err(error) => drop(self.note(Severity::Error, FOLDER, Err(error))),
        }
    }

    fn prepare(&mut self, mut chart: Chart, user: &Map) -> Option<(Chart, Map)> {
        let compat = self.options.load.compat;
        let mut notices = Notices::new();
        let processed = values::process_dependencies(&mut chart, user, compat, &mut notices);
        // Only the commands that install log why dependencies could not be processed.
        let logged = notices.take().into_iter().filter(|notice| notice.level != Level::Error);
        logged.for_each(|notice| self.notices.push(notice));
        processed.ok()?;
        let values = values::coalesce(&chart, user, compat, self.notices).ok()?;
        // Helm fills the values a second time, which brings back what a null took away.
        let filled = values::coalesce(&chart, &values, compat, self.notices).and_then(|values| {
            if self.options.schema == SchemaCheck::Validate {
                check_schemas(&chart, &values, self.notices)?;
            }
            Ok(values)
        });
        match filled {
            Ok(values) => Some((chart, values)),
            Err(error) => {
                self.note(Severity::Error, FOLDER, Err(error));
                None
            }
        }
    }

    fn render(&mut self, chart: &Chart, values: Map) -> Result<Rendered, String> {
        let compat = self.options.load.compat;
        let namespace = self.options.namespace.to_owned();
        let release = Release { name: RELEASE.to_owned(), namespace, operation: Operation::Lint, revision: 0 };
        let world = LintWorld { inner: self.options.world, keys: world_of_known_keys(), notices: RefCell::default() };
        let job = Job {
            chart,
            values,
            release: &release,
            capabilities: self.options.capabilities,
            compat,
            limits: Limits::default(),
            tracing: Tracing::Off,
        };
        let rendered =
            render::render_parsed(&job, &world, self.options.parses).map_err(|error| error.helm_text(compat));
        world.notices.into_inner().take().into_iter().for_each(|notice| self.notices.push(notice));
        rendered
    }

    fn check_files(&mut self, chart: &Chart, rendered: &Rendered) {
        let texts: HashMap<&str, &[u8]> = rendered.files().collect();
        for file in &chart.templates {
            self.note(Severity::Error, &file.name, check_extension(&file.name));
            let extension = os::extension(&file.name).to_lowercase();
            if extension != ".yaml" && extension != ".yml" {
                continue;
            }
            let text = texts.get(os::join(chart.name(), &file.name).as_str()).copied().unwrap_or_default();
            if is_blank(text) {
                continue;
            }
            self.note(Severity::Warning, &file.name, check_indent(text));
            if !self.check_manifests(&file.name, text) {
                return;
            }
        }
    }

    /// Checks the documents of one file; whether all of them could be read.
    fn check_manifests(&mut self, name: &str, text: &[u8]) -> bool {
        self.each_object(name, text, |linter, object| linter.check_object(name, text, object))
    }

    /// Hands the objects of a file to a check, up to one that cannot be read; whether all of them could.
    pub(super) fn each_object(&mut self, name: &str, text: &[u8], mut check: impl FnMut(&mut Self, &Object)) -> bool {
        let mut stream = Stream::new(text);
        loop {
            match stream.next() {
                Step::End => return true,
                Step::Fault(fault) => {
                    return self.note(Severity::Error, name, Err(format!("unable to parse YAML: {fault}")));
                }
                Step::Object(None) => {}
                Step::Object(Some(object)) => check(self, &object),
            }
        }
    }

    fn check_object(&mut self, name: &str, text: &[u8], object: &Object) {
        self.note(Severity::Warning, name, names::check(&object.kind, &object.name));
        let minor = self.options.capabilities.kube_version();
        // Version 0.0 stands for an unknown one, for which everything counts as deprecated.
        let minor = match (minor.major.as_str(), minor.minor.as_str()) {
            ("1", minor) => minor.parse().unwrap_or(0),
            ("0", minor) if minor != "0" => 0,
            _ => u32::MAX,
        };
        let warning = deprecated::warning(&object.api_version, &object.kind, minor);
        self.note(Severity::Warning, name, warning.map_or(Ok(()), Err));
        self.note(Severity::Error, name, check_selector(object, text));
        self.note(Severity::Error, name, check_list(object, text));
    }
}

fn quoted(text: &[u8]) -> String {
    String::from_utf8_lossy(&print::quote(text)).into_owned()
}

fn is_blank(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).trim().is_empty()
}

fn check_extension(name: &str) -> Result<(), String> {
    match os::extension(name) {
        ".yaml" | ".yml" | ".tpl" | ".txt" => Ok(()),
        other => Err(format!("file extension '{other}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt")),
    }
}

/// Refuses a text whose first line with content is indented.
fn check_indent(text: &[u8]) -> Result<(), String> {
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        if end.unwrap_or(rest.len()) >= LONGEST_LINE {
            return Err("bufio.Scanner: token too long".to_owned());
        }
        let (line, below) = rest.split_at(end.unwrap_or(rest.len()));
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        rest = below.strip_prefix(b"\n").unwrap_or(below);
        if is_blank(line) {
            continue;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            let line = quoted(line);
            return Err(format!("document starts with an illegal indent: {line}, which may cause parsing problems"));
        }
        return Ok(());
    }
    Ok(())
}

/// Refuses workloads in a file that has no selector anywhere.
fn check_selector(object: &Object, text: &[u8]) -> Result<(), String> {
    let wants = matches!(object.kind.as_str(), "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet");
    let has = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    if !wants || has("matchLabels") || has("matchExpressions") {
        return Ok(());
    }
    let (kind, name) = (&object.kind, quoted(object.name.as_bytes()));
    Err(format!("a {kind} must contain matchLabels or matchExpressions, and {name} does not"))
}

fn check_list(object: &Object, text: &[u8]) -> Result<(), String> {
    if object.kind != "List" {
        return Ok(());
    }
    match keeps_item(text) {
        Ok(false) => Ok(()),
        Ok(true) => Err("annotation 'helm.sh/resource-policy' within List objects are ignored".to_owned()),
        Err(fault) => Err(format!("unable to parse YAML: {fault}")),
    }
}

/// A world in which `required` and `fail` are only noted, and no cluster answers.
struct LintWorld<'a> {
    inner: &'a dyn World,
    /// Nobody sees the keys.
    keys: KeepingWorld,
    notices: RefCell<Notices>,
}

impl World for LintWorld<'_> {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn random(&self, out: &mut [u8]) {
        self.inner.random(out);
    }

    fn costly(&self, name: &str, search: Search<'_>) -> Vec<u8> {
        self.keys.costly(name, search)
    }

    fn lookup(&self, _: &Lookup) -> Option<Value> {
        None
    }

    fn lookup_host(&self, _: &str) -> Option<String> {
        None
    }

    fn overlooks(&self, refusal: Refusal, message: &str) -> bool {
        let (level, text) = match refusal {
            Refusal::Missing => (Level::Warn, "missing required value"),
            Refusal::Empty => (Level::Warn, "missing required values"),
            Refusal::Failed => (Level::Info, "funcMap fail"),
        };
        self.notices.borrow_mut().push(Notice::new(level, text).with("message", message));
        true
    }

    fn time_zone(&self) -> Option<String> {
        self.inner.time_zone()
    }
}
