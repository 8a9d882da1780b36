//! Which releases a release waits for, also where it needs a step that needs them.

use super::super::{AnyStep, Bundle, Release};
use std::collections::{BTreeSet, HashMap};

/// The releases that each release needs.
pub(super) struct Needs<'b> {
    bundle: &'b Bundle,
    /// The numbers of releases by their ids.
    releases: HashMap<String, usize>,
    /// The releases behind each step that is none.
    behind: HashMap<&'b str, BTreeSet<usize>>,
}

impl<'b> Needs<'b> {
    pub(super) fn new(bundle: &'b Bundle) -> Needs<'b> {
        let releases = bundle.releases.iter().enumerate().map(|(at, release)| (release.id(), at)).collect();
        let mut needs = Needs { bundle, releases, behind: HashMap::new() };
        // Steps come in the order of their waves, so what a step needs was seen before it.
        for step in bundle.all_steps() {
            if let AnyStep::Other(step) = step {
                let behind = needs.direct(&step.needs);
                needs.behind.insert(&step.id, behind);
            }
        }
        needs
    }

    fn direct(&self, ids: &[String]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for id in ids {
            match self.releases.get(id) {
                Some(at) => drop(found.insert(*at)),
                None => found.extend(self.behind.get(id.as_str()).into_iter().flatten()),
            }
        }
        found
    }

    /// The releases that must be there first, in the order of the bundle.
    pub(super) fn of(&self, release: &Release) -> Vec<&'b Release> {
        self.direct(&release.needs).into_iter().filter_map(|at| self.bundle.releases.get(at)).collect()
    }
}
