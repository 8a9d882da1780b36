//! Hooks: manifests that run around an installation instead of being part of it.

use super::manifest::Manifest;

/// The annotation that makes a manifest a hook.
pub const HOOK: &str = "helm.sh/hook";
/// The annotation with the weight of a hook.
pub const WEIGHT: &str = "helm.sh/hook-weight";
/// The annotation that says when a hook is deleted.
pub const DELETE_POLICY: &str = "helm.sh/hook-delete-policy";

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum HookEvent {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

impl HookEvent {
    /// The event of this name; `test-success` is Helm 2's name of `test`.
    pub fn named(name: &str) -> Option<HookEvent> {
        Some(match name {
            "pre-install" => HookEvent::PreInstall,
            "post-install" => HookEvent::PostInstall,
            "pre-delete" => HookEvent::PreDelete,
            "post-delete" => HookEvent::PostDelete,
            "pre-upgrade" => HookEvent::PreUpgrade,
            "post-upgrade" => HookEvent::PostUpgrade,
            "pre-rollback" => HookEvent::PreRollback,
            "post-rollback" => HookEvent::PostRollback,
            "test" | "test-success" => HookEvent::Test,
            _ => return None,
        })
    }

    /// The events of a comma separated list in any case; `None` where one of them is unknown.
    pub(super) fn list(names: &str) -> Option<Vec<HookEvent>> {
        names.split(',').map(|name| HookEvent::named(&name.trim().to_lowercase())).collect()
    }
}

/// A manifest that runs at certain events.
#[derive(Clone, Debug)]
pub struct Hook<'a> {
    /// The manifest.
    pub manifest: Manifest<'a>,
    /// When it runs, in the order of its annotation.
    pub events: Vec<HookEvent>,
}

impl Hook<'_> {
    /// Whether it runs on `helm test` (among other events).
    pub fn is_test(&self) -> bool {
        self.events.contains(&HookEvent::Test)
    }

    /// Its weight; what is no number counts as 0.
    pub fn weight(&self) -> i64 {
        self.manifest.head.annotation(WEIGHT).and_then(|weight| weight.parse().ok()).unwrap_or(0)
    }

    /// When it is deleted, in lower case, as its annotation says.
    pub fn delete_policies(&self) -> Vec<String> {
        let policies = self.manifest.head.annotation(DELETE_POLICY);
        policies.map(|list| list.split(',').map(|policy| policy.trim().to_lowercase()).collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_events_are_read_in_any_case() {
        let events = HookEvent::list(" Pre-Install,test-success ");
        assert_eq!(events, Some(vec![HookEvent::PreInstall, HookEvent::Test]));
        assert_eq!(HookEvent::list("pre-install,"), None);
        assert_eq!(HookEvent::list("nope"), None);
    }
}
