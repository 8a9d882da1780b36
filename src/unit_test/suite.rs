//! Suites and tests as they are declared.

use super::assertion::{Assertion, Selector};
use super::data::Data;
use crate::source::Span;
use std::path::PathBuf;

/// One suite: a document of a test file.
#[derive(Clone, Debug)]
pub struct Suite {
    /// What `suite` says, or else the name of the file.
    pub name: String,
    /// The file that declares it.
    pub file: PathBuf,
    /// The subcharts that lead to the chart whose tests these are; none for the chart itself.
    pub route: Vec<String>,
    /// Where it is declared.
    pub span: Span,
    /// What is added to the name of its snapshot file.
    pub snapshot_id: String,
    /// Patterns of the templates that are rendered; all where there are none.
    pub templates: Vec<String>,
    /// Patterns of the templates that are not.
    pub exclude: Vec<String>,
    /// Whether the definitions in `crds/` can be asserted too.
    pub crds: bool,
    /// What every test is rendered with.
    pub settings: Settings,
    /// Why nothing is run.
    pub skip: Option<String>,
    /// The tests.
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Test {
    /// What `it` says.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// What it is rendered with, over what the suite says.
    pub settings: Settings,
    /// The templates that are asserted; those of the suite where there are none.
    pub templates: Vec<String>,
    /// The only document of each template that is asserted.
    pub index: Option<usize>,
    /// The only documents that are asserted.
    pub selector: Option<Selector>,
    /// Why it is not run.
    pub skip: Option<String>,
    /// What has to hold.
    pub assertions: Vec<Assertion>,
}

/// What a chart is rendered with.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Values files, relative to the file that declares the suite.
    pub values: Vec<(String, Span)>,
    /// Values by their paths.
    pub set: Vec<(Vec<SetStep>, Data)>,
    /// The name of the release.
    pub release_name: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its revision; zero is not set.
    pub revision: i64,
    /// Whether it is an upgrade.
    pub upgrade: bool,
    /// The first number of Kubernetes' version.
    pub major: Option<String>,
    /// The second one.
    pub minor: Option<String>,
    /// API versions of the cluster.
    pub api_versions: ApiVersions,
    /// The version that the chart claims.
    pub version: Option<String>,
    /// The version of its application.
    pub app_version: Option<String>,
    /// The objects that `lookup` finds.
    pub objects: Vec<Data>,
}

/// What a declaration says of API versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ApiVersions {
    /// Nothing.
    #[default]
    Unsaid,
    /// That there are none, not even those of the suite.
    None,
    /// These, besides those of the suite.
    These(Vec<String>),
}

/// One step of the path of a set value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetStep {
    /// A key.
    Key(String),
    /// An index.
    Index(usize),
}

/// The largest index in the path of a set value.
const MAX_INDEX: usize = 65_536;

/// The most steps that such a path may have.
const MAX_STEPS: usize = 500;

/// Reads the path of a set value: `image.tag`, `hosts[0].name`, `annotations.[a.b/c]`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn set_path(text: &str) -> Result<Vec<SetStep>, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        if steps.len() > MAX_STEPS {
            return Err(format!("the path has more than {MAX_STEPS} steps"));
        }
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = inner.split_once(']').ok_or("missing `]`")?;
            steps.push(SetStep::Key(checked(key)?));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(SetStep::Key(checked(&rest[..end])?));
            rest = &rest[end..];
        }
        while let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']').ok_or("missing `]`")?;
            let index = index.parse().ok().filter(|index| *index <= MAX_INDEX);
            steps.push(SetStep::Index(index.ok_or("expected an index in `[]`; a key with dots stands behind `.`")?));
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(steps),
            None => return Err(format!("unexpected `{rest}`")),
        }
    }
}

fn checked(key: &str) -> Result<String, String> {
    match key.find([',', '{', '}', '=', ']']) {
        Some(at) => Err(format!("unexpected `{}`", &key[at..=at])),
        None if key.is_empty() => Err("a key is missing".to_owned()),
        None => Ok(key.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_paths_have_keys_and_indexes() {
        let key = |text: &str| SetStep::Key(text.to_owned());
        assert_eq!(set_path("a.b[1].c"), Ok(vec![key("a"), key("b"), SetStep::Index(1), key("c")]));
        assert_eq!(set_path("a.[x.y/z].c"), Ok(vec![key("a"), key("x.y/z"), key("c")]));
        for wrong in ["", "a..b", "a[x.y]", "a=b", "a[0", "a[-1]", "a.", "a[0]b"] {
            assert!(set_path(wrong).is_err(), "{wrong}");
        }
    }
}
