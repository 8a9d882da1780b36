//! Test files become suites; every key has a type, unknown ones are errors that name the nearest.

use super::assertion::{Selector, Written};
use super::data::{Data, DataKind};
use super::path::Path;
use super::read_assertion;
use super::suite::{ApiVersions, Settings, Suite, Test, set_path};
use crate::diagnostic::Diagnostic;
use crate::environment::{Fields, Findings, kind};
use crate::source::{Source, Sources, Span};
use crate::version::Version;
use crate::yaml::{self, Node, NodeKind, Overruled};
use std::path::{Path as FilePath, PathBuf};

/// The version of helm-unittest whose format is read, against which `skip.minimumVersion` counts.
pub const FORMAT_VERSION: &str = "1.1.2";

const SUITE: &[&str] = &[
    "suite",
    "values",
    "set",
    "templates",
    "excludeTemplates",
    "includeCrds",
    "release",
    "capabilities",
    "chart",
    "kubernetesProvider",
    "postRenderer",
    "snapshotId",
    "skip",
    "tests",
];

const TEST: &[&str] = &[
    "it",
    "values",
    "set",
    "template",
    "templates",
    "documentIndex",
    "documentSelector",
    "release",
    "capabilities",
    "chart",
    "kubernetesProvider",
    "postRenderer",
    "skip",
    "asserts",
];

/// Reads the suites of one file; `route` are the subcharts that lead to its chart.
///
/// The text becomes a source of `sources`, which the diagnostics and suites point into.
///
/// # Errors
/// Everything that is wrong with the file, at once.
pub fn read(
    file: &FilePath,
    text: Vec<u8>,
    route: &[String],
    sources: &mut Sources,
) -> Result<Vec<Suite>, Vec<Diagnostic>> {
    let id = sources.add(Source::new(file.to_string_lossy(), text));
    let text = sources.get(id).map(Source::shared_text).unwrap_or_default();
    let (documents, overruled) = yaml::parse_all_noting_duplicates(&text, id).map_err(|error| {
        let at = error.offset().unwrap_or(0);
        vec![Diagnostic::error(format!("not YAML: {}", error.message())).at(Span::new(id, at, at + 1))]
    })?;
    let mut reader = Reader { text: &text, found: Vec::new() };
    let documents = documents.iter().filter(|document| !document.is_null());
    let suites: Vec<Suite> = documents.filter_map(|node| reader.suite(node, file, route)).collect();
    reader.refuse_duplicates(&overruled);
    match reader.found.is_empty() {
        true => Ok(suites),
        false => Err(reader.found),
    }
}

/// The text that is read, and what is wrong with it so far.
pub(super) struct Reader<'t> {
    text: &'t [u8],
    pub(super) found: Findings,
}

impl Reader<'_> {
    /// Of two keys that are equal one counts for nothing, and nobody sees which.
    fn refuse_duplicates(&mut self, overruled: &[Overruled]) {
        for key in overruled.iter().map(|overruled| &overruled.entry.key) {
            let name = key.key_text().unwrap_or_default();
            let message = format!("key `{}` stands twice in this map", String::from_utf8_lossy(&name));
            let wrong = Diagnostic::error(message).at(key.span()).caption("stands again below");
            self.found.push(wrong.hint("take one of them away"));
        }
    }

    fn suite(&mut self, node: &Node, file: &FilePath, route: &[String]) -> Option<Suite> {
        let fields = Fields::new(node, "a suite", SUITE, &mut self.found)?;
        self.refuse_post_renderer(&fields);
        let tests = fields.items("tests", &mut self.found);
        if tests.is_empty() {
            let message = "the suite has no tests";
            self.found.push(Diagnostic::error(message).at(node.span()).hint("add `tests:` with a list of tests"));
        }
        let tests: Vec<Test> = tests.iter().filter_map(|test| self.test(test)).collect();
        let name = self.text_of(&fields, "suite");
        let skip = fields.optional("skip").and_then(|skip| self.skip(skip));
        let stem = || file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Some(Suite {
            name: name.unwrap_or_else(stem),
            file: PathBuf::from(file),
            route: route.to_vec(),
            span: node.span(),
            snapshot_id: self.text_of(&fields, "snapshotId").unwrap_or_default(),
            templates: self.texts_of(&fields, "templates"),
            exclude: self.texts_of(&fields, "excludeTemplates"),
            crds: self.flag_of(&fields, "includeCrds"),
            settings: self.settings(&fields),
            skip,
            tests,
        })
    }

    fn test(&mut self, node: &Node) -> Option<Test> {
        let fields = Fields::new(node, "a test", TEST, &mut self.found)?;
        self.refuse_post_renderer(&fields);
        let mut templates = self.texts_of(&fields, "templates");
        if templates.is_empty() {
            templates.extend(self.text_of(&fields, "template"));
        }
        let asserts = fields.items("asserts", &mut self.found);
        if asserts.is_empty() {
            let message = "the test asserts nothing";
            self.found
                .push(Diagnostic::error(message).at(node.span()).hint("add `asserts:` with a list of assertions"));
        }
        let assertions = asserts.iter().filter_map(|assert| read_assertion::assertion(self, assert));
        let assertions = assertions.collect();
        Some(Test {
            name: self.text_of(&fields, "it").unwrap_or_default(),
            span: fields.optional("it").map_or(node.span(), Node::span),
            settings: self.settings(&fields),
            templates,
            index: self.index_of(&fields),
            selector: fields.optional("documentSelector").and_then(|selector| self.selector(selector)),
            skip: fields.optional("skip").and_then(|skip| self.skip(skip)),
            assertions,
        })
    }

    fn refuse_post_renderer(&mut self, fields: &Fields<'_>) {
        if let Some(node) = fields.optional("postRenderer") {
            let message = "`postRenderer` is not run: a test file may not start programs here";
            let hint = "assert what the chart renders, and test the post-renderer on its own";
            self.found.push(Diagnostic::error(message).at(node.span()).hint(hint));
        }
    }

    fn settings(&mut self, fields: &Fields<'_>) -> Settings {
        let mut settings = Settings { set: self.set(fields), ..Settings::default() };
        for item in fields.items("values", &mut self.found) {
            match self.scalar(item, "values") {
                Some(name) => settings.values.push((name, item.span())),
                None => continue,
            }
        }
        if let Some(node) = fields.optional("release") {
            self.release(node, &mut settings);
        }
        if let Some(node) = fields.optional("capabilities") {
            self.capabilities(node, &mut settings);
        }
        if let Some(node) = fields.optional("chart")
            && let Some(chart) = Fields::new(node, "`chart`", &["version", "appVersion"], &mut self.found)
        {
            settings.version = self.text_of(&chart, "version");
            settings.app_version = self.text_of(&chart, "appVersion");
        }
        if let Some(node) = fields.optional("kubernetesProvider") {
            self.provider(node, &mut settings);
        }
        settings
    }

    fn set(&mut self, fields: &Fields<'_>) -> Vec<(Vec<super::suite::SetStep>, Data)> {
        let mut set = Vec::new();
        for (key, value) in fields.entries("set", &mut self.found) {
            match (set_path(&key.text), self.data(value)) {
                (Ok(path), Some(value)) => set.push((path, value)),
                (Err(why), _) => self.found.push(Diagnostic::error(format!("`{}`: {why}", key.text)).at(key.span)),
                _ => {}
            }
        }
        set
    }

    fn release(&mut self, node: &Node, settings: &mut Settings) {
        let known = &["name", "namespace", "revision", "upgrade"];
        let Some(fields) = Fields::new(node, "`release`", known, &mut self.found) else { return };
        settings.release_name = self.text_of(&fields, "name");
        settings.namespace = self.text_of(&fields, "namespace");
        settings.revision = self.integer_of(&fields, "revision").unwrap_or(0);
        settings.upgrade = self.flag_of(&fields, "upgrade");
    }

    fn capabilities(&mut self, node: &Node, settings: &mut Settings) {
        let known = &["majorVersion", "minorVersion", "apiVersions"];
        let Some(fields) = Fields::new(node, "`capabilities`", known, &mut self.found) else { return };
        settings.major = self.text_of(&fields, "majorVersion");
        settings.minor = self.text_of(&fields, "minorVersion");
        settings.api_versions = match node.get("apiVersions") {
            None => ApiVersions::Unsaid,
            Some(node) if node.is_null() => ApiVersions::None,
            Some(_) => ApiVersions::These(self.texts_of(&fields, "apiVersions")),
        };
    }

    fn provider(&mut self, node: &Node, settings: &mut Settings) {
        let known = &["scheme", "objects"];
        let Some(fields) = Fields::new(node, "`kubernetesProvider`", known, &mut self.found) else { return };
        for (kind, properties) in fields.entries("scheme", &mut self.found) {
            let known = &["gvr", "namespaced", "should_err"];
            if !kind.text.contains('/') {
                let message = format!("expected `version/Kind`, found `{}`", kind.text);
                self.found.push(Diagnostic::error(message).at(kind.span));
            }
            let Some(fields) = Fields::new(properties, "a kind", known, &mut self.found) else { continue };
            let known = &["group", "version", "resource"];
            if let Some(resource) = fields.optional("gvr") {
                Fields::new(resource, "`gvr`", known, &mut self.found);
            }
        }
        for object in fields.items("objects", &mut self.found) {
            match self.data(object) {
                Some(data) if matches!(data.kind, DataKind::Map(_)) => settings.objects.push(data),
                _ => self.found.push(Diagnostic::error("expected an object as a mapping").at(object.span())),
            }
        }
    }

    fn skip(&mut self, node: &Node) -> Option<String> {
        let fields = Fields::new(node, "`skip`", &["reason", "minimumVersion"], &mut self.found)?;
        if let Some(reason) = self.text_of(&fields, "reason").filter(|reason| !reason.is_empty()) {
            return Some(reason);
        }
        let minimum = self.text_of(&fields, "minimumVersion")?;
        let Ok(wanted) = Version::parse(&minimum) else {
            let message = format!("expected `minimumVersion` as a version, found `{minimum}`");
            self.found.push(Diagnostic::error(message).at(node.span()));
            return None;
        };
        let too_new = Version::parse(FORMAT_VERSION).is_ok_and(|own| own < wanted);
        too_new.then(|| format!("the suite needs helm-unittest {minimum}; its format is read as of {FORMAT_VERSION}"))
    }

    /// Reads `documentSelector`.
    pub(super) fn selector(&mut self, node: &Node) -> Option<Selector> {
        let known = &["path", "value", "matchMany", "skipEmptyTemplates"];
        let fields = Fields::new(node, "`documentSelector`", known, &mut self.found)?;
        let many = self.flag_of(&fields, "matchMany");
        let skip_empty = self.flag_of(&fields, "skipEmptyTemplates");
        let value = fields.optional("value").and_then(|value| self.data(value));
        if fields.optional("path").is_none() {
            let diagnostic = Diagnostic::error("`documentSelector` has no `path`").at(node.span());
            self.found.push(diagnostic.hint("add `path:`"));
            return None;
        }
        Some(Selector { path: self.path_of(&fields, "path")?, value, many, skip_empty })
    }

    /// Reads `documentIndex`; `-1` is none.
    pub(super) fn index_of(&mut self, fields: &Fields<'_>) -> Option<usize> {
        let index = self.integer_of(fields, "documentIndex")?;
        usize::try_from(index).ok()
    }

    /// A path; the whole document where there is none.
    pub(super) fn path_of(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<Written<Path>> {
        let Some(node) = fields.optional(name) else {
            return Some(Written { text: String::new(), parsed: Path::parse("").ok()? });
        };
        let text = self.scalar(node, name)?;
        self.path(text, node)
    }

    /// Reads the text of a path.
    pub(super) fn path(&mut self, text: String, node: &Node) -> Option<Written<Path>> {
        match Path::parse(&text) {
            Ok(parsed) => Some(Written { text, parsed }),
            Err(why) => {
                self.found.push(Diagnostic::error(format!("`{text}` is not a path: {why}")).at(node.span()));
                None
            }
        }
    }

    /// Any value.
    pub(super) fn data(&mut self, node: &Node) -> Option<Data> {
        Data::of_node(node, self.text).map_err(|why| self.found.push(Diagnostic::error(why).at(node.span()))).ok()
    }

    /// A scalar as it was written.
    pub(super) fn scalar(&mut self, node: &Node, name: &str) -> Option<String> {
        let text = match node.kind() {
            NodeKind::Str(text) => text.to_vec(),
            NodeKind::Seq(_) | NodeKind::Map(_) | NodeKind::Null => {
                let message = format!("expected `{name}` as a text, found {}", kind(node));
                self.found.push(Diagnostic::error(message).at(node.span()));
                return None;
            }
            _ => self.text.get(node.span().start as usize..node.span().end as usize).unwrap_or_default().to_vec(),
        };
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    pub(super) fn text_of(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<String> {
        let node = fields.optional(name)?;
        self.scalar(node, name)
    }

    pub(super) fn texts_of(&mut self, fields: &Fields<'_>, name: &'static str) -> Vec<String> {
        let items = fields.items(name, &mut self.found);
        items.iter().filter_map(|item| self.scalar(item, name)).collect()
    }

    pub(super) fn flag_of(&mut self, fields: &Fields<'_>, name: &'static str) -> bool {
        let Some(node) = fields.optional(name) else { return false };
        if let NodeKind::Bool(flag) = node.kind() {
            return *flag;
        }
        let message = format!("expected `{name}` as a bool, found {}", kind(node));
        self.found.push(Diagnostic::error(message).at(node.span()));
        false
    }

    pub(super) fn integer_of(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<i64> {
        let node = fields.optional(name)?;
        if let NodeKind::Int(number) = node.kind() {
            return Some(*number);
        }
        let message = format!("expected `{name}` as a whole number, found {}", kind(node));
        self.found.push(Diagnostic::error(message).at(node.span()));
        None
    }
}
