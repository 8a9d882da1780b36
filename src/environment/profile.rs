//! Profiles: the defaults of each kind of environment, as files that people can read.

use super::environments::Kind;
use crate::source::{Source, SourceId, Sources};
use crate::yaml::{self, Node, NodeKind};

const PROFILES: &[(Kind, &str)] = &[
    (Kind::Sandbox, include_str!("../../values/profiles/sandbox.yaml")),
    (Kind::Pilot, include_str!("../../values/profiles/pilot.yaml")),
    (Kind::Production, include_str!("../../values/profiles/production.yaml")),
];

/// The profile of a kind: a YAML file with comments that name the source of each default.
pub fn profile(kind: Kind) -> Source {
    let text = PROFILES.iter().find(|(known, _)| *known == kind).map_or("", |(_, text)| *text);
    Source::new(format!("values/profiles/{}.yaml", kind.name()), text.as_bytes())
}

/// All profiles.
pub fn profiles() -> impl Iterator<Item = Source> {
    PROFILES.iter().map(|(kind, _)| profile(*kind))
}

/// The profile as the lowest layer of an environment. Its text goes to `sources` once.
pub(super) fn layer(kind: Kind, sources: &mut Sources) -> Node {
    let source = profile(kind);
    let id = (0..u32::MAX)
        .map(SourceId)
        .map_while(|id| sources.get(id).map(|known| (id, known.name() == source.name())))
        .find_map(|(id, same)| same.then_some(id));
    let id = id.unwrap_or_else(|| sources.add(source.clone()));
    // A test reads every profile, so that none of them is broken.
    yaml::parse(source.text(), id).unwrap_or_else(|_| Node::new(crate::source::Span::new(id, 0, 0), NodeKind::Null))
}
