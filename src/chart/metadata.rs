//! `Chart.yaml` as Helm's struct, its checks, and what templates see of it.

use super::Compat;
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{List, ListKind, Map, Value, print};
use crate::version;
use std::collections::BTreeMap;

/// The content of `Chart.yaml`. Absent texts are empty, as in Go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// `name`.
    pub name: String,
    /// `home`.
    pub home: String,
    /// `sources`.
    pub sources: Vec<String>,
    /// `version`.
    pub version: String,
    /// `description`.
    pub description: String,
    /// `keywords`.
    pub keywords: Vec<String>,
    /// `maintainers`.
    pub maintainers: Vec<Maintainer>,
    /// `icon`.
    pub icon: String,
    /// `apiVersion`; `v1` where the file has none.
    pub api_version: String,
    /// `condition`.
    pub condition: String,
    /// `tags`.
    pub tags: String,
    /// `appVersion`.
    pub app_version: String,
    /// `deprecated`.
    pub deprecated: bool,
    /// `annotations`; `None` where the file has none.
    pub annotations: Option<BTreeMap<String, String>>,
    /// `kubeVersion`.
    pub kube_version: String,
    /// `dependencies`; `None` where the file has none, which Helm tells from an empty list.
    pub dependencies: Option<Vec<Dependency>>,
    /// `type`.
    pub kind: String,
    /// The first null among the maintainers, which [`Metadata::validate`] refuses.
    pub(super) null_maintainer: Option<usize>,
    /// The first null among the dependencies.
    pub(super) null_dependency: Option<usize>,
}

/// One of `maintainers`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// `name`.
    pub name: String,
    /// `email`.
    pub email: String,
    /// `url`.
    pub url: String,
}

/// One of `dependencies`.
#[derive(Clone, Debug, Default)]
pub struct Dependency {
    /// `name`; while dependencies are processed an alias takes its place.
    pub name: String,
    /// `version`, a constraint.
    pub version: String,
    /// `repository`.
    pub repository: String,
    /// `condition`: paths with commas between them.
    pub condition: String,
    /// `tags`.
    pub tags: Vec<String>,
    /// `enabled`; what the file says is overwritten when dependencies are processed.
    pub enabled: bool,
    /// `import-values`: texts and maps as they stand in the file, or `child` and `parent` once they were processed.
    pub import_values: Vec<Value>,
    /// `alias`.
    pub alias: String,
}

impl PartialEq for Dependency {
    fn eq(&self, other: &Dependency) -> bool {
        let key = |one: &Dependency| {
            (one.name.clone(), one.version.clone(), one.repository.clone(), one.condition.clone(), one.alias.clone())
        };
        key(self) == key(other) && self.tags == other.tags && self.enabled == other.enabled
    }
}

/// `Chart.lock`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// `generated`, a time of RFC 3339; empty where the file has none.
    pub generated: String,
    /// `digest`.
    pub digest: String,
    /// `dependencies`.
    pub dependencies: Vec<Dependency>,
}

impl Metadata {
    /// The dependencies, none where the file has no list.
    pub fn dependencies(&self) -> &[Dependency] {
        self.dependencies.as_deref().unwrap_or_default()
    }

    /// Replaces odd characters and checks what Helm checks, in its order and with its texts.
    pub fn validate(&mut self) -> Result<(), Error> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            sanitize(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(sanitize);
        self.check_identity()?;
        if let Some(at) = self.null_maintainer {
            return Err(invalid("maintainers must not contain empty or null nodes").hint(null_hint("maintainers", at)));
        }
        for one in &mut self.maintainers {
            [&mut one.name, &mut one.email, &mut one.url].into_iter().for_each(sanitize);
        }
        self.check_dependencies()
    }

    fn check_identity(&self) -> Result<(), Error> {
        let (name, version) = (&self.name, &self.version);
        if self.api_version.is_empty() {
            return Err(invalid("chart.metadata.apiVersion is required"));
        }
        if name.is_empty() {
            return Err(invalid("chart.metadata.name is required"));
        }
        if name == "." || name == ".." {
            return Err(invalid(format!("chart.metadata.name {} is not allowed", quoted(name))));
        }
        if name != super::os::base(name) {
            return Err(invalid(format!("chart.metadata.name {} is invalid", quoted(name))));
        }
        if version.is_empty() {
            return Err(invalid("chart.metadata.version is required"));
        }
        if version::Version::parse(version).is_err() {
            let error = invalid(format!("chart.metadata.version {} is invalid", quoted(version)));
            return Err(error.hint("a version looks like 1.2.3 or 1.2.3-rc.1+build.5"));
        }
        match self.kind.as_str() {
            "" | "application" | "library" => Ok(()),
            _ => Err(invalid("chart.metadata.type must be application or library")),
        }
    }

    fn check_dependencies(&mut self) -> Result<(), Error> {
        let mut known: Vec<String> = Vec::new();
        let null_at = self.null_dependency;
        for (at, one) in self.dependencies.iter_mut().flatten().enumerate() {
            if null_at == Some(at) {
                let error = invalid("dependencies must not contain empty or null nodes");
                return Err(error.hint(null_hint("dependencies", at)));
            }
            one.validate()?;
            let key = if one.alias.is_empty() { &one.name } else { &one.alias };
            if known.contains(key) {
                return Err(invalid(format!("more than one dependency with name or alias {}", quoted(key))));
            }
            known.push(key.clone());
        }
        Ok(())
    }

    /// `.Chart` of Helm 4: a fresh map with the names of Go's struct fields. The caller adds `IsRoot`.
    pub fn to_map(&self) -> Map {
        struct_map([
            ("APIVersion", Value::str(&self.api_version)),
            ("Annotations", Value::Map(self.annotations_map())),
            ("AppVersion", Value::str(&self.app_version)),
            ("Condition", Value::str(&self.condition)),
            ("Dependencies", Value::list(self.dependencies().iter().map(|one| Value::Map(one.to_map())).collect())),
            ("Deprecated", Value::Bool(self.deprecated)),
            ("Description", Value::str(&self.description)),
            ("Home", Value::str(&self.home)),
            ("Icon", Value::str(&self.icon)),
            ("Keywords", texts(&self.keywords)),
            ("KubeVersion", Value::str(&self.kube_version)),
            ("Maintainers", Value::list(self.maintainers.iter().map(|one| Value::Map(one.to_map())).collect())),
            ("Name", Value::str(&self.name)),
            ("Sources", texts(&self.sources)),
            ("Tags", Value::str(&self.tags)),
            ("Type", Value::str(&self.kind)),
            ("Version", Value::str(&self.version)),
        ])
    }
}

impl Maintainer {
    fn to_map(&self) -> Map {
        struct_map([
            ("Email", Value::str(&self.email)),
            ("Name", Value::str(&self.name)),
            ("URL", Value::str(&self.url)),
        ])
    }
}

impl Dependency {
    fn validate(&mut self) -> Result<(), Error> {
        let texts = [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition];
        texts.into_iter().for_each(sanitize);
        self.tags.iter_mut().for_each(sanitize);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if self.alias.bytes().all(allowed) {
            return Ok(());
        }
        Err(invalid(format!("dependency {} has disallowed characters in the alias", quoted(&self.name))))
    }

    fn to_map(&self) -> Map {
        struct_map([
            ("Alias", Value::str(&self.alias)),
            ("Condition", Value::str(&self.condition)),
            ("Enabled", Value::Bool(self.enabled)),
            ("ImportValues", Value::List(List::new(ListKind::Any, self.import_values.clone()))),
            ("Name", Value::str(&self.name)),
            ("Repository", Value::str(&self.repository)),
            ("Tags", texts(&self.tags)),
            ("Version", Value::str(&self.version)),
        ])
    }
}

fn struct_map<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().collect()
}

fn texts(items: &[String]) -> Value {
    Value::list(items.iter().map(Value::str).collect())
}

fn invalid(message: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::Content, format!("validation: {}", message.as_ref()))
}

fn null_hint(list: &str, at: usize) -> String {
    format!("entry {} of `{list}` in Chart.yaml is empty", at + 1)
}

/// `%q`.
pub(super) fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

/// Makes white space plain spaces and drops what cannot be printed.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return;
    }
    let letters = text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter });
    *text = letters.filter(|letter| print::is_printable(*letter)).collect();
}

/// The Go package that the types of a chart live in, as error texts name it.
pub(super) fn package(compat: Compat) -> &'static str {
    if compat == Compat::Helm3 { "chart" } else { "v2" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid() -> Metadata {
        let text = |text: &str| text.to_owned();
        Metadata { api_version: text("v2"), name: text("c"), version: text("1.2.3"), ..Metadata::default() }
    }

    #[test]
    fn metadata_is_checked_in_helms_order() {
        type Change = fn(&mut Metadata);
        let cases: [(Change, &str); 7] = [
            (|one| one.api_version.clear(), "validation: chart.metadata.apiVersion is required"),
            (|one| one.name = "..".into(), "validation: chart.metadata.name \"..\" is not allowed"),
            (|one| one.name = "a/b".into(), "validation: chart.metadata.name \"a/b\" is invalid"),
            (|one| one.version.clear(), "validation: chart.metadata.version is required"),
            (|one| one.kind = "Library".into(), "validation: chart.metadata.type must be application or library"),
            (
                |one| one.dependencies = Some(vec![alias("a b")]),
                "validation: dependency \"d\" has disallowed characters in the alias",
            ),
            (
                |one| one.dependencies = Some(vec![alias("x"), alias("x")]),
                "validation: more than one dependency with name or alias \"x\"",
            ),
        ];
        for (change, want) in cases {
            let mut metadata = valid();
            change(&mut metadata);
            assert_eq!(metadata.validate().map_err(|error| error.to_string()), Err(want.to_owned()));
        }
    }

    fn alias(alias: &str) -> Dependency {
        Dependency { name: "d".to_owned(), alias: alias.to_owned(), ..Dependency::default() }
    }

    #[test]
    fn texts_are_sanitized() {
        let mut metadata = Metadata { description: "a\nb\u{7}\u{200b}\u{a0}ü".to_owned(), ..valid() };
        metadata.validate().expect("valid");
        assert_eq!(metadata.description, "a b ü");
    }
}
