//! The proof of a bundle: what would go wrong at the installation, before anything is installed.
//!
//! What enters is what each release renders to ([`facts`], read once while the bundle is built) and what is known of
//! the clusters; what leaves is findings of rules, through the same interface as those of charts. Everything is looked
//! up by name, so that the cost grows with the number of releases. A release is rendered a second time, with a record
//! of which line wrote what, only where something is wrong with it.

mod blame;
mod capacity;
mod clash;
pub(crate) mod facts;
mod given;
mod index;
mod network;
mod order;
mod pods;
mod read;
mod reader;
mod text;
mod traffic;
mod upgrade;
mod versions;

pub(crate) use blame::{Again, Rerender, Spans};
pub(crate) use read::read;
pub(crate) use upgrade::compare;

use super::{Bundle, Release, Surroundings};
use crate::chart::{Chart, Compat, Notices};
use crate::environment::notes::render_with_notes;
use crate::lint::{Finding, Findings, Level, Levels, Spot};
use crate::render::action::{RenderOptions, SchemaCheck, prepare};
use crate::render::{self, Capabilities, Parses, Tracing};
use crate::source::Sources;
use crate::template::Limits;
use crate::world::FixedWorld;
use crate::yaml;
use facts::{At, Facts};
use index::Index;

/// A function that looks for the findings of one rule.
type Look = fn(&Proof<'_>, &mut Findings<'_>);

/// The rules and who looks; each rule has its manual page in `lint`.
const LOOKS: &[(&str, Look)] = &[
    ("archive-too-large", capacity::archive_too_large),
    ("blocked-connection", network::blocked_connection),
    ("client-conflict", clash::client_conflict),
    ("end-of-life", versions::end_of_life),
    ("gateway-port-conflict", clash::gateway_port_conflict),
    ("hook-deadlock", order::hook_deadlock),
    ("host-conflict", clash::host_conflict),
    ("invalid-object-name", capacity::invalid_object_name),
    ("issuer-mismatch", versions::issuer_mismatch),
    ("late-need", given::late_need),
    ("missing-crd", order::missing_crd),
    ("missing-key", given::missing_key),
    ("missing-namespace", order::missing_namespace),
    ("missing-need", given::missing_need),
    ("missing-reference", given::missing_reference),
    ("node-port-conflict", clash::node_port_conflict),
    ("object-conflict", clash::object_conflict),
    ("over-capacity", capacity::over_capacity),
    ("release-too-large", capacity::release_too_large),
    ("unfrozen-release", versions::unfrozen_release),
    ("unknown-host", network::unknown_host),
    ("unknown-port", network::unknown_port),
    ("unmatched-gateway", clash::unmatched_gateway),
    ("unreadable-needs", given::unreadable_needs),
    ("unready-webhook", order::unready_webhook),
    ("unsupported-combination", versions::unsupported_combination),
];

/// What is looked at.
pub(crate) struct Proof<'a> {
    pub(crate) bundle: &'a Bundle,
    /// What each release renders to, in the order of the bundle; nothing of charts that were not fetched.
    pub(crate) facts: &'a [Facts],
    pub(crate) surroundings: &'a Surroundings,
    /// Where each release was stated.
    pub(crate) spans: &'a [Spans],
    /// Renders a release again, with a record of what wrote what.
    pub(crate) rerender: &'a Rerender<'a>,
    pub(crate) index: Index<'a>,
    pub(crate) traced: std::cell::RefCell<blame::Cache>,
}

impl<'a> Proof<'a> {
    pub(crate) fn new(
        bundle: &'a Bundle,
        facts: &'a [Facts],
        spans: &'a [Spans],
        surroundings: &'a Surroundings,
        rerender: &'a Rerender<'a>,
    ) -> Proof<'a> {
        let index = Index::new(bundle, facts, surroundings);
        let traced = std::cell::RefCell::default();
        Proof { bundle, facts, surroundings, spans, rerender, index, traced }
    }

    /// The findings of all rules, sorted by place.
    pub(crate) fn findings(&self, levels: &Levels, sources: &mut Sources) -> Vec<Finding> {
        let mut findings = Findings::new(sources);
        for (name, look) in LOOKS {
            let Some(rule) = crate::lint::rule(name) else { continue };
            let level = levels.of(rule);
            if level != Level::Off {
                findings.enter(rule, level);
                look(self, &mut findings);
            }
        }
        findings.finish()
    }

    /// The line to change for what a release renders at a place, where `text` stands.
    pub(crate) fn spot(&self, release: usize, at: At, text: &str, findings: &mut Findings<'_>) -> Spot {
        blame::spot(self, release, at, text, findings.sources)
    }

    /// Whether what release `giver` makes is there when release `user` comes.
    pub(crate) fn comes_before(&self, giver: usize, user: usize) -> bool {
        let wave = |at: usize| self.bundle.releases.get(at).map_or(0, |release| release.wave);
        giver == user || wave(giver) < wave(user)
    }

    /// What a release is called in messages.
    pub(crate) fn called(&self, release: usize) -> String {
        self.bundle.releases.get(release).map(|release| release.id()).unwrap_or_default()
    }
}

/// The place of what has none in a render.
pub(crate) const NO_PLACE: At = At { file: u32::MAX, offset: 0 };

/// Renders a release with a record of which line wrote what; none where that fails.
pub(crate) fn rerender(chart: &Chart, release: &Release, shown: String, compat: Compat) -> Option<Again> {
    let user = yaml::from_yaml_map(&release.values).ok()?;
    let mut prepared = prepare(chart.clone(), &user, SchemaCheck::Skip, compat, &mut Notices::new()).ok()?;
    let capabilities = Capabilities::of_helm(compat);
    let options = RenderOptions {
        release: &render::Release::install(release.name.clone(), release.namespace.clone()),
        capabilities: &capabilities,
        limits: Limits::default(),
        tracing: Tracing::On,
    };
    let (rendered, _) =
        render_with_notes(&mut prepared, &options, &FixedWorld::default(), &Parses::new(compat)).ok()?;
    let values = (release.values_path(), release.values.clone());
    Some(Again { rendered, prepared, origins: None, values, shown })
}

/// The names of the rules that are looked for here.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    LOOKS.iter().map(|(name, _)| *name).chain(upgrade::RULES.iter().copied()).chain(["needs-cycle"])
}
