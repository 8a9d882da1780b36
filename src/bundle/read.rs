//! Reading a bundle back: every file is compared with the digest that `bundle.yaml` states.

use super::{API_VERSION, Bundle, ImageList, KIND, Release};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::environment::{Fields, Findings, Located, is_label};
use crate::repository::{Archive, sha256};
use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{self, Node};
use std::path::Path;

const ROOT: &[&str] = &["apiVersion", "kind", "waves"];
const WAVE: &[&str] = &["wave", "releases"];
const RELEASE: &[&str] = &[
    "name",
    "environment",
    "cluster",
    "namespace",
    "chart",
    "version",
    "archive",
    "sha256",
    "values",
    "valuesSha256",
    "needs",
    "manifests",
];

/// The fields that each part of `bundle.yaml` has, by what messages call the part.
pub const FIELDS: &[(&str, &[&str])] = &[("bundle", ROOT), ("wave", WAVE), ("release", RELEASE)];

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
        let mut reader = Reader { folder, id, found: Findings::new(), bundle: Bundle::default() };
        reader.root(&node);
        reader.bundle.images = ImageList::read(folder)?;
        if reader.found.is_empty() { Ok(reader.bundle) } else { Err(wrong(reader.found)) }
    }
}

struct Reader<'f> {
    folder: &'f Path,
    id: SourceId,
    found: Findings,
    bundle: Bundle,
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
        for (number, node) in fields.items("waves", &mut self.found).iter().enumerate() {
            let Some(fields) = Fields::new(node, "wave", WAVE, &mut self.found) else { continue };
            let Some(wave) = fields.count("wave", &mut self.found) else { continue };
            if wave != number {
                let message = format!("expected wave {number}, found {wave}");
                self.found.push(Diagnostic::error(message).at(node.span()));
            }
            for node in fields.items("releases", &mut self.found) {
                if let Some(release) = self.release(node, wave) {
                    self.bundle.releases.push(release);
                }
            }
        }
    }

    fn release(&mut self, node: &Node, wave: usize) -> Option<Release> {
        let fields = Fields::new(node, "release", RELEASE, &mut self.found)?;
        let mut text = |name| fields.text(name, &mut self.found);
        let (name, environment) = (text("name"), text("environment"));
        let (cluster, namespace) = (text("cluster"), text("namespace"));
        let (chart, version) = (text("chart"), text("version"));
        let (archive, digest) = (text("archive"), text("sha256"));
        let (values, values_digest) = (text("values"), text("valuesSha256"));
        let needs = fields.texts("needs", &mut self.found).into_iter().map(|need| need.text).collect();
        let manifests = fields.count("manifests", &mut self.found)?;
        let (name, cluster, namespace) = (name?, cluster?, namespace?);
        for part in [&name, &cluster, &namespace] {
            self.check(is_label(&part.text), part, "a name of lower-case letters, digits and hyphens");
        }
        let (chart, version) = (chart?, version?);
        let file = format!("{}-{}.tgz", chart.text, version.text);
        let archive = archive?;
        let plain = !file.contains(['/', '\\']) && !file.starts_with('.');
        if !self.check(plain && archive.text == format!("charts/{file}"), &archive, &format!("`charts/{file}`")) {
            return None;
        }
        let mut release = Release {
            environment: environment?.text,
            cluster: cluster.text,
            namespace: namespace.text,
            name: name.text,
            chart: chart.text,
            version: version.text,
            archive: file,
            needs,
            wave,
            values: Vec::new(),
            manifests,
        };
        let values = values?;
        if !self.check(values.text == release.values_path(), &values, &format!("`{}`", release.values_path())) {
            return None;
        }
        release.values = self.file(&values, &values_digest?)?;
        if !self.bundle.archives.contains_key(&release.archive) {
            let bytes = self.file(&archive, digest.as_ref()?)?;
            let archive = Archive::new(&release.chart, &release.version, bytes);
            self.bundle.archives.insert(archive.file.clone(), archive);
        }
        let stated = &digest?;
        let have = self.bundle.archives.get(&release.archive).map(|archive| archive.digest.clone()).unwrap_or_default();
        self.check(have == stated.text, stated, "the digest of the same archive above");
        Some(release)
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
