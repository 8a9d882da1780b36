//! Charts of other projects, as `charts/third-party.yaml` lists them.

use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{self, Node, NodeKind};

const LIST: &str = include_str!("../../../charts/third-party.yaml");

/// The list with its place.
pub(super) struct ThirdParties {
    list: Node,
}

impl ThirdParties {
    pub(super) fn read(sources: &mut Sources) -> ThirdParties {
        let id = sources.add(Source::new("charts/third-party.yaml", LIST.as_bytes()));
        // A test reads the list, so that it is never broken.
        let node = yaml::parse(LIST.as_bytes(), id).ok();
        let nothing = || Node::new(Span::new(SourceId::default(), 0, 0), NodeKind::Null);
        ThirdParties { list: node.and_then(|node| node.get("charts").cloned()).unwrap_or_else(nothing) }
    }

    /// The entry of a name.
    pub(super) fn find(&self, name: &str) -> Option<&Node> {
        self.list.items().iter().find(|entry| entry.get("name").and_then(Node::as_str) == Some(name.as_bytes()))
    }
}
