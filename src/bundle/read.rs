//! Reading a bundle back: every file is compared with the digest that `bundle.yaml` states.

use super::{
    API_VERSION, Bundle, KIND, Origin, Reference, Release, SecretValue, Surroundings, Thing, read_step, secret_value,
    surroundings,
};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::environment::{Fields, Findings, Located, is_label};
use crate::repository::{Archive, sha256};
use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{self, Node, NodeKind};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

const ROOT: &[&str] = &["apiVersion", "kind", "clusters", "environments", "waves"];
const WAVE: &[&str] = &["wave", "steps"];
const RELEASE: &[&str] = &[
    "kind",
    "name",
    "environment",
    "cluster",
    "namespace",
    "chart",
    "version",
    "archive",
    "sha256",
    "repository",
    "provides",
    "values",
    "valuesSha256",
    "secretValues",
    "labels",
    "needs",
    "wait",
    "timeout",
    "readiness",
    "manifests",
];

/// The fields that each part of `bundle.yaml` has, by what messages call the part.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("bundle", ROOT),
    ("wave", WAVE),
    ("release", RELEASE),
    ("hosts step", read_step::HOSTS),
    ("manual step", read_step::MANUAL),
    ("check step", read_step::CHECK),
    ("value", read_step::TYPED),
    ("secret value", secret_value::FIELDS),
    ("external", secret_value::EXTERNAL),
    ("generate", secret_value::GENERATE),
    ("cluster", surroundings::CLUSTER),
    ("node", surroundings::NODE),
    ("environment", surroundings::SPACE),
];

/// The most bytes of a `bundle.yaml`.
const LARGEST: u64 = 64 << 20;
/// The most bytes of one other file of a bundle.
const LARGEST_FILE: u64 = 256 << 20;

impl Bundle {
    /// Reads a bundle and checks the digest of each of its files.
    ///
    /// # Errors
    /// A folder that is no bundle; everything that is wrong with `bundle.yaml`; every file that is not what the bundle
    /// was built with.
    pub fn load(folder: &Path, sources: &mut Sources) -> Result<Bundle, Error> {
        let path = folder.join("bundle.yaml");
        let text = read_file(&path, LARGEST)?;
        let id = sources.add(Source::new(path.to_string_lossy(), text.clone()));
        let wrong = |found: Findings| {
            let message = format!("`{}` is not a bundle that can be used", folder.display());
            Error::new(ErrorKind::Content, message).with(found)
        };
        let node = yaml::parse(&text, id).map_err(|error| {
            let start = error.offset().unwrap_or(0);
            wrong(vec![Diagnostic::error(error.message()).at(Span::new(id, start, start + 1))])
        })?;
        let mut reader = Reader { folder, id, found: Findings::new(), bundle: Bundle::default(), places: Vec::new() };
        reader.root(&node);
        if reader.found.is_empty() { Ok(reader.bundle) } else { Err(wrong(reader.found)) }
    }
}

struct Reader<'f> {
    folder: &'f Path,
    id: SourceId,
    found: Findings,
    bundle: Bundle,
    /// The steps as they were read, by what they are called.
    places: Vec<(String, Span)>,
}

impl Reader<'_> {
    fn root(&mut self, node: &Node) {
        let Some(fields) = Fields::new(node, "bundle", ROOT, &mut self.found) else { return };
        for (name, wanted) in [("apiVersion", API_VERSION), ("kind", KIND)] {
            let Some(text) = fields.text(name, &mut self.found) else { continue };
            if text.text != wanted {
                let message = format!("expected `{name}` `{wanted}`, found `{}`", text.text.escape_debug());
                self.found.push(Diagnostic::error(message).at(text.span));
            }
        }
        let clusters = fields.items("clusters", &mut self.found);
        let environments = fields.items("environments", &mut self.found);
        self.bundle.surroundings = Surroundings::read(clusters, environments, &mut self.found);
        for (number, node) in fields.items("waves", &mut self.found).iter().enumerate() {
            let Some(fields) = Fields::new(node, "wave", WAVE, &mut self.found) else { continue };
            let Some(wave) = fields.count("wave", &mut self.found) else { continue };
            if wave != number {
                let message = format!("expected wave {number}, found {wave}");
                self.found.push(Diagnostic::error(message).at(node.span()));
            }
            for node in fields.items("steps", &mut self.found) {
                self.step(node, wave);
            }
        }
        // Of what could not be read nothing can be said.
        if self.found.is_empty() {
            self.needs();
        }
    }

    fn step(&mut self, node: &Node, wave: usize) {
        let kind = node.get("kind").and_then(|kind| {
            let text = String::from_utf8_lossy(kind.as_str()?).into_owned();
            Some(Located { text, span: kind.span() })
        });
        let Some(kind) = kind else {
            let message = "expected a step as a mapping with `kind`";
            self.found.push(Diagnostic::error(message).at(node.span()));
            return;
        };
        if kind.text == "release" {
            let release = self.release(node, wave);
            if let Some(release) = &release {
                self.places.push((release.id(), node.span()));
            }
            self.bundle.releases.extend(release);
        } else if let Some(step) = read_step::read(node, &kind, wave, &mut self.found) {
            self.places.push((step.id.clone(), node.span()));
            self.bundle.steps.push(step);
        }
    }

    /// Every step has a name of its own, and what it needs stands in an earlier wave.
    fn needs(&mut self) {
        let mut spans: HashMap<&str, Span> = HashMap::new();
        for (id, span) in &self.places {
            if spans.insert(id, *span).is_some() {
                let message = format!("step `{}` stands here twice", id.escape_debug());
                self.found.push(Diagnostic::error(message).at(*span));
            }
        }
        let all = self.bundle.all_steps();
        let waves: HashMap<String, usize> = all.iter().map(|step| (step.id(), step.wave())).collect();
        for step in &all {
            let id = step.id();
            for need in step.needs() {
                let message = match waves.get(need) {
                    Some(wave) if *wave < step.wave() => continue,
                    Some(_) => format!("step `{id}` needs `{need}`, which stands in no earlier wave"),
                    None => format!("step `{id}` needs `{}`, which is not there", need.escape_debug()),
                };
                let span = spans.get(id.as_str()).copied().unwrap_or_default();
                self.found.push(Diagnostic::error(message).at(span).hint("build the bundle again"));
            }
        }
    }

    fn release(&mut self, node: &Node, wave: usize) -> Option<Release> {
        let fields = Fields::new(node, "release", RELEASE, &mut self.found)?;
        let mut text = |name| fields.text(name, &mut self.found);
        let (name, environment) = (text("name"), text("environment"));
        let (cluster, namespace) = (text("cluster"), text("namespace"));
        let (chart, version) = (text("chart"), text("version"));
        let (values, values_digest) = (text("values"), text("valuesSha256"));
        let needs = fields.texts("needs", &mut self.found).into_iter().map(|need| need.text).collect();
        let manifests = fields.count("manifests", &mut self.found)?;
        let (name, cluster, namespace) = (name?, cluster?, namespace?);
        for part in [&name, &cluster, &namespace] {
            self.check(is_label(&part.text), part, "a name of lower-case letters, digits and hyphens");
        }
        let (chart, version) = (chart?, version?);
        let origin = self.origin(&fields, &chart, &version)?;
        let timeout = fields.optional("timeout").and_then(|_| fields.text("timeout", &mut self.found));
        let mut release = Release {
            environment: environment?.text,
            cluster: cluster.text,
            namespace: namespace.text,
            name: name.text,
            chart: chart.text,
            version: version.text,
            origin,
            needs,
            wave,
            values: Vec::new(),
            secret_values: self.secret_values(&fields),
            labels: self.labels(&fields),
            wait: self.flag(&fields, "wait", node.span())?,
            timeout: timeout.map(|timeout| timeout.text),
            readiness: fields.texts("readiness", &mut self.found).into_iter().map(|ready| ready.text).collect(),
            manifests,
        };
        let values = values?;
        if !self.check(values.text == release.values_path(), &values, &format!("`{}`", release.values_path())) {
            return None;
        }
        release.values = self.file(&values, &values_digest?)?;
        Some(release)
    }

    /// Where the chart is: an archive with its digest, or a repository.
    fn origin(&mut self, fields: &Fields<'_>, chart: &Located, version: &Located) -> Option<Origin> {
        if fields.optional("repository").is_some() {
            let repository = fields.text("repository", &mut self.found)?;
            let is_url = ["https://", "oci://"].iter().any(|scheme| repository.text.starts_with(scheme));
            self.check(is_url, &repository, "a repository at `https://` or `oci://`");
            let provides = Thing::list(fields.items("provides", &mut self.found), &mut self.found);
            return Some(Origin::Reference(Reference { repository: repository.text, provides }));
        }
        let (archive, digest) = (fields.text("archive", &mut self.found)?, fields.text("sha256", &mut self.found)?);
        let file = format!("{}-{}.tgz", chart.text, version.text);
        let plain = !file.contains(['/', '\\']) && !file.starts_with('.');
        if !self.check(plain && archive.text == format!("charts/{file}"), &archive, &format!("`charts/{file}`")) {
            return None;
        }
        if !self.bundle.archives.contains_key(&file) {
            let bytes = self.file(&archive, &digest)?;
            let archive = Archive::new(&chart.text, &version.text, bytes);
            self.bundle.archives.insert(archive.file.clone(), archive);
        }
        let have = self.bundle.archives.get(&file).map(|archive| archive.digest.clone()).unwrap_or_default();
        self.check(have == digest.text, &digest, "the digest of the same archive above");
        Some(Origin::Archive(file))
    }

    fn secret_values(&mut self, fields: &Fields<'_>) -> Vec<SecretValue> {
        let nodes = fields.items("secretValues", &mut self.found);
        nodes.iter().filter_map(|node| SecretValue::read(node, &mut self.found)).collect()
    }

    fn labels(&mut self, fields: &Fields<'_>) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::new();
        for (name, node) in fields.entries("labels", &mut self.found) {
            match node.as_str() {
                Some(text) => drop(labels.insert(name.text, String::from_utf8_lossy(text).into_owned())),
                None => {
                    let message = format!("expected label `{}` as a text", name.text.escape_debug());
                    self.found.push(Diagnostic::error(message).at(node.span()));
                }
            }
        }
        labels
    }

    fn flag(&mut self, fields: &Fields<'_>, name: &'static str, around: Span) -> Option<bool> {
        let node = fields.optional(name);
        if let Some(NodeKind::Bool(flag)) = node.map(Node::kind) {
            return Some(*flag);
        }
        let span = node.map_or(around, Node::span);
        self.found.push(Diagnostic::error(format!("expected `{name}` as `true` or `false`")).at(span));
        None
    }

    fn check(&mut self, good: bool, found: &Located, expected: &str) -> bool {
        if !good {
            let message = format!("expected {expected}, found `{}`", found.text.escape_debug());
            self.found.push(Diagnostic::error(message).at(found.span));
        }
        good
    }

    /// The bytes of a file of the bundle, if they have the stated digest.
    fn file(&mut self, name: &Located, digest: &Located) -> Option<Vec<u8>> {
        debug_assert!(name.span.source == self.id);
        let bytes = match read_file(&self.folder.join(&name.text), LARGEST_FILE) {
            Ok(bytes) => bytes,
            Err(error) => {
                let hint = "build the bundle again";
                self.found.push(Diagnostic::error(error.message()).at(name.span).hint(hint));
                return None;
            }
        };
        let have = sha256(&bytes);
        if have == digest.text {
            return Some(bytes);
        }
        let message = format!("`{}` was changed after the bundle was built: its sha256 is {have}", name.text);
        self.found.push(Diagnostic::error(message).at(digest.span).hint("build the bundle again"));
        None
    }
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let about = std::fs::metadata(path).map_err(|error| Error::io("cannot read", path, error))?;
    if !about.is_file() {
        return Err(Error::new(ErrorKind::Io, format!("`{}` is not a file", path.display())));
    }
    if about.len() > limit {
        return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {limit} bytes", path.display())));
    }
    std::fs::read(path).map_err(|error| Error::io("cannot read", path, error))
}
