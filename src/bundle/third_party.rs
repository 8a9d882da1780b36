//! The charts of other projects that an installation needs, as `charts/third-party.yaml` lists them.

use crate::environment::Thing;
use crate::environment::{Fields, Findings};
use crate::source::SourceId;
use crate::value::Map;
use crate::yaml::{self, Node, NodeKind};
use std::sync::OnceLock;

const LIST: &str = include_str!("../../charts/third-party.yaml");

/// A chart of another project.
#[derive(Clone, Debug)]
pub struct ThirdParty {
    /// The name by which other entries speak of it.
    pub name: String,
    /// The chart.
    pub chart: String,
    /// The URL of its repository.
    pub repository: String,
    /// The exact version.
    pub version: String,
    /// `management`, `workload` or `both`.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
    /// The release.
    pub release: String,
    /// Whether an installation can do without it.
    pub optional: bool,
    /// What comes first.
    pub needs: Vec<Thing>,
    /// What is there once it is installed.
    pub provides: Vec<Thing>,
    /// The versions of Kubernetes that its publisher names.
    pub kubernetes: String,
    /// The versions of Rancher that its publisher names, if any.
    pub rancher: Option<String>,
    /// The values that every installation gives it, as YAML.
    pub values: Vec<u8>,
}

/// All of them, in an order in which each stands behind what it needs.
pub fn third_party() -> &'static [ThirdParty] {
    static CHARTS: OnceLock<Vec<ThirdParty>> = OnceLock::new();
    // A test reads the list and compares it with its schema, so that nothing of it is lost here.
    CHARTS.get_or_init(|| {
        let node = yaml::parse(LIST.as_bytes(), SourceId::default()).ok();
        let charts = node.as_ref().and_then(|node| node.get("charts")).map(Node::items).unwrap_or_default();
        charts.iter().filter_map(read).collect()
    })
}

const FIELDS: &[&str] = &[
    "name",
    "chart",
    "repository",
    "version",
    "cluster",
    "namespace",
    "release",
    "optional",
    "needs",
    "provides",
    "supports",
    "values",
    "notes",
    "source",
];

fn read(node: &Node) -> Option<ThirdParty> {
    let mut found = Findings::new();
    let fields = Fields::new(node, "chart", FIELDS, &mut found)?;
    let mut text = |name| fields.text(name, &mut found).map(|text| text.text);
    let texts = (text("name")?, text("chart")?, text("repository")?, text("version")?);
    let places = (text("cluster")?, text("namespace")?, text("release")?);
    let needs = Thing::list(fields.items("needs", &mut found), &mut found);
    let provides = Thing::list(fields.items("provides", &mut found), &mut found);
    let range = |name: &str| {
        let text = node.at(&["supports", name]).and_then(Node::to_text);
        text.map(|text| String::from_utf8_lossy(&text).into_owned())
    };
    let values = match fields.optional("values") {
        Some(values) => yaml::to_yaml(&values.to_value()).ok()?,
        None => yaml::to_yaml(&crate::value::Value::Map(Map::new())).ok()?,
    };
    Some(ThirdParty {
        name: texts.0,
        chart: texts.1,
        repository: texts.2,
        version: texts.3,
        cluster: places.0,
        namespace: places.1,
        release: places.2,
        optional: matches!(fields.optional("optional").map(Node::kind), Some(NodeKind::Bool(true))),
        needs,
        provides,
        kubernetes: range("kubernetes")?,
        rancher: range("rancher"),
        values,
    })
}
