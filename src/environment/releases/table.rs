//! `values/releases.yaml`: which releases follow from what is stated.

use super::super::fields::{Fields, Findings, Located, text};
use crate::source::{Source, Sources};
use crate::yaml::{self, Node, NodeKind};

const TABLE: &str = include_str!("../../../values/releases.yaml");
const FIELDS: &[&str] = &[
    "release", "chart", "thirdParty", "version", "namespace", "each", "when", "for", "collects", "needs", "labels", "why",
];

/// A release that may follow.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) release: Located,
    pub(super) chart: Option<Located>,
    pub(super) third_party: Option<Located>,
    pub(super) version: Option<Located>,
    pub(super) namespace: Option<Located>,
    pub(super) each: Option<Located>,
    pub(super) when: Option<Located>,
    pub(super) calls: Vec<Located>,
    pub(super) collects: bool,
    pub(super) needs: Vec<Located>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) why: String,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) cluster: Vec<Entry>,
    pub(super) environment: Vec<Entry>,
}

impl Table {
    pub(super) fn read(sources: &mut Sources) -> Table {
        let id = sources.add(Source::new("values/releases.yaml", TABLE.as_bytes()));
        let Ok(node) = yaml::parse(TABLE.as_bytes(), id) else { return Table::default() };
        // A test reads every entry, so that none is lost here.
        let of = |part: &str| node.get(part).map_or(&[][..], Node::items).iter().filter_map(entry).collect();
        Table { cluster: of("cluster"), environment: of("environment") }
    }
}

fn entry(node: &Node) -> Option<Entry> {
    let mut found = Findings::new();
    let fields = Fields::new(node, "release", FIELDS, &mut found)?;
    let release = fields.text("release", &mut found)?;
    let stated = |name| fields.optional(name).and_then(|_| fields.text(name, &mut Findings::new()));
    let (chart, third_party) = (stated("chart"), stated("thirdParty"));
    let (version, namespace) = (stated("version"), stated("namespace"));
    let (each, when) = (stated("each"), stated("when"));
    let why = stated("why")?.text;
    let calls = fields.texts("for", &mut found);
    let needs = fields.texts("needs", &mut found);
    let labels = fields.optional("labels").map_or(&[][..], Node::entries).iter();
    let labels = labels.map(|label| (text(&label.key), text(&label.value))).collect();
    let collects = matches!(fields.optional("collects").map(Node::kind), Some(NodeKind::Bool(true)));
    Some(Entry { release, chart, third_party, version, namespace, each, when, calls, collects, needs, labels, why })
}

impl Entry {
    /// Whether a thing, as `KIND/NAME`, calls for it.
    pub(super) fn serves(&self, kind: &str, name: &str) -> bool {
        self.calls.iter().any(|call| match call.text.split_once('/') {
            None => call.text == kind,
            Some((wanted, pattern)) => {
                wanted == kind
                    && match pattern.strip_suffix('*') {
                        Some(start) => name == start || name.strip_prefix(start).is_some_and(|rest| rest.starts_with('-')),
                        None => name == pattern,
                    }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{TABLE, Table};
    use crate::source::{SourceId, Sources};
    use crate::yaml;

    #[test]
    fn every_entry_is_read() {
        let node = yaml::parse(TABLE.as_bytes(), SourceId::default()).expect("is YAML");
        let table = Table::read(&mut Sources::new());
        for (part, entries) in [("cluster", &table.cluster), ("environment", &table.environment)] {
            assert_eq!(node.get(part).expect("is there").items().len(), entries.len(), "{part}");
            assert!(entries.iter().all(|entry| entry.chart.is_some() != entry.third_party.is_some()));
        }
    }
}
